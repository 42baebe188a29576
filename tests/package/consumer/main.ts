// A user's program: what README shows, against the installed package.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Scene } from "@babylonjs/core/scene";
import { HandTrackingBehavior, type TrackedHand } from "babylon-hand-tracking";

const scene = new Scene(new NullEngine());
new FreeCamera("camera", Vector3.Zero(), scene);
const hands = HandTrackingBehavior.attachToScene(scene, { modelBaseUrl: "/models/" });
hands.onPinchStartObservable.add((hand: TrackedHand) => console.log(hand.side, hand.worldJoints.length));
hands.onErrorObservable.add((error) => console.warn(error.code, error.message));
