// From an observed hand to the hand at the moment that is drawn.

import { createHandPose } from "../hand/handPose";
import type { HandState } from "../hand/handState";
import { forwardKinematics } from "../hand/kinematics";
import { fromRotationVector, multiply } from "../hand/quaternion";
import type { HandObservation } from "./handObservation";

/** A hand is not carried further than this beyond its last frame: motion changes sooner, ms. */
export const MAX_PREDICTION_MS = 60;

const pose = createHandPose();
const turn = new Float64Array(4);

/**
 * The hand of an observation at `timeMs`, by constant velocity from the capture time.
 * @param state receives everything of a HandState
 */
export function predictHandState(observation: HandObservation, timeMs: number, state: HandState): void {
    const aheadMs = Math.min(Math.max(timeMs - observation.timeMs, 0), MAX_PREDICTION_MS);
    const ahead = aheadMs / 1000;
    const { pose: seen, velocity, angularVelocity, angleVelocities } = observation;
    pose.size = seen.size;
    pose.proportions.set(seen.proportions);
    for (let k = 0; k < 3; k++) {
        pose.translation[k] = seen.translation[k] + velocity[k] * ahead;
    }
    for (let angle = 0; angle < pose.angles.length; angle++) {
        pose.angles[angle] = seen.angles[angle] + angleVelocities[angle] * ahead;
    }
    fromRotationVector(angularVelocity[0] * ahead, angularVelocity[1] * ahead, angularVelocity[2] * ahead, turn, 0);
    multiply(turn, 0, seen.rotation, 0, pose.rotation, 0);
    forwardKinematics(pose, observation.side, state);
    state.id = observation.id;
    state.timeMs = observation.timeMs + aheadMs;
    state.confidence = observation.presence;
    state.sigma = observation.sigma;
    state.depthSigma = observation.depthSigma;
    state.keypointsPx.set(observation.keypointsPx);
}
