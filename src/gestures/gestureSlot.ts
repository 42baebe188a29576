// How one of the plugin's gestures stands, and where it is made.

import type { HandState } from "../hand/handState";
import { TIP_JOINTS } from "../hand/joints";
import { fistPoint } from "./holdingPoint";
import type { GestureTransition } from "./hysteresis";
import { palmPoint } from "./motionDetectors";

const INDEX_TIP = TIP_JOINTS[1];

/** A gesture of the plugin's own, as it stands after the last frame. */
export interface GestureSlot {
    name: string;
    isActive: boolean;
    strength: number;
    transition: GestureTransition;
    /** Where it was last made, camera space, metres. */
    point: Float32Array;
    place: (state: HandState, out: Float32Array) => void;
}

export const atIndexTip = ({ joints }: HandState, out: Float32Array): void => {
    for (let k = 0; k < 3; k++) {
        out[k] = joints[INDEX_TIP * 3 + k];
    }
};
export const atPalm = ({ joints }: HandState, out: Float32Array): void => palmPoint(joints, out);
export const inFist = ({ joints, rotations }: HandState, out: Float32Array): void => fistPoint(joints, rotations, out);
export const betweenTips =
    (finger: number) =>
    ({ joints }: HandState, out: Float32Array): void => {
        for (let k = 0; k < 3; k++) {
            out[k] = (joints[TIP_JOINTS[0] * 3 + k] + joints[TIP_JOINTS[finger] * 3 + k]) / 2;
        }
    };

export const slotOf = (name: string, place: GestureSlot["place"]): GestureSlot => ({
    name,
    isActive: false,
    strength: 0,
    transition: "none",
    point: new Float32Array(3),
    place,
});
