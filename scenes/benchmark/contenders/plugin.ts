// What the benchmark takes of this plugin, as a module that can be loaded when it is needed.

export { createHandObservation, HandTrackingBehavior, OBSERVATION_LENGTH, unpackObservation } from "../../../src/index";
