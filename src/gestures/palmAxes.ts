// Axes of a palm from four joints, alike for left and right hands: what poses are described in.

import { ROOT_JOINT, WRIST, type HandSide } from "../hand/joints";
import { palmColumns } from "../hand/palmFrame";
import type { NumberArray } from "../hand/quaternion";

const INDEX_KNUCKLE = 6;
const PINKY_KNUCKLE = 21;

/**
 * Unit axes in the joints' space: from the wrist along the palm [0..2], from the pinky's knuckle to the index finger's [3..5],
 * out of the palm's face or back [6..8] - the same one for both sides, as a left hand's is mirrored.
 * @param joints 25 x 3 in camera space
 * @param out 9 numbers; not finite where wrist and knuckles lie on a line
 */
export function palmAxes(joints: Float32Array, side: HandSide, out: NumberArray): void {
    palmColumns(joints, WRIST, INDEX_KNUCKLE, ROOT_JOINT, PINKY_KNUCKLE, out);
    if (side === "left") {
        for (let k = 6; k < 9; k++) {
            out[k] = -out[k];
        }
    }
}
