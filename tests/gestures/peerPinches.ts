// Pinch rules of other libraries, as they are published, to compare with on the same hands.

import { PinchDetector } from "../../src/gestures/pinchDetector";
import { GrabDetector } from "../../src/gestures/grabDetector";
import type { HandState } from "../../src/hand/handState";
import { TIP_JOINTS } from "../../src/hand/joints";

/** Judges one frame of one hand; returns whether the hand pinches. */
export type PinchRule = (state: HandState) => boolean;

function tipDistance({ joints }: HandState): number {
    const [thumb, index] = [TIP_JOINTS[0] * 3, TIP_JOINTS[1] * 3];
    return Math.hypot(
        joints[thumb] - joints[index],
        joints[thumb + 1] - joints[index + 1],
        joints[thumb + 2] - joints[index + 2]
    );
}

/** Two fixed distances, metres. */
function betweenDistances(enter: number, exit: number): PinchRule {
    let pinches = false;
    return (state) => {
        const distance = tipDistance(state);
        pinches = pinches ? distance <= exit : distance <= enter;
        return pinches;
    };
}

export const PINCH_RULES: Record<string, () => PinchRule> = {
    // This plugin: pinch is not judged while the hand grabs.
    "this plugin": () => {
        const pinch = new PinchDetector();
        const grab = new GrabDetector();
        return (state) => {
            grab.update(state);
            pinch.update(state, !grab.isActive);
            return pinch.isActive;
        };
    },
    // aframevr/aframe at 06f1685, src/components/hand-tracking-controls.js: PINCH_START_DISTANCE 0.015 m, and it ends 10 %
    // (PINCH_END_PERCENTAGE) above the distance at which it started.
    "A-Frame": () => {
        let started = NaN;
        return (state) => {
            const distance = tipDistance(state);
            if (Number.isNaN(started)) {
                started = distance < 0.015 ? distance : NaN;
            } else if (distance > started * 1.1) {
                started = NaN;
            }
            return !Number.isNaN(started);
        };
    },
    // mrdoob/three.js at 04a2ae7, src/renderers/webxr/WebXRController.js: 0.02 m -+ 0.005 m.
    "three.js": () => betweenDistances(0.015, 0.025),
    // ultraleap/UnityPlugin, PinchDetector.
    Ultraleap: () => betweenDistances(0.025, 0.03),
};
