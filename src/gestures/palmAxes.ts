// Axes of a palm from four joints, alike for left and right hands: what poses are described in.

import { ROOT_JOINT, WRIST, type HandSide } from "../hand/joints";
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
    let square = 0;
    for (let k = 0; k < 3; k++) {
        out[k] = joints[ROOT_JOINT * 3 + k] - joints[WRIST * 3 + k];
        out[3 + k] = joints[INDEX_KNUCKLE * 3 + k] - joints[PINKY_KNUCKLE * 3 + k];
        square += out[k] * out[k];
    }
    const length = Math.sqrt(square);
    let dot = 0;
    for (let k = 0; k < 3; k++) {
        out[k] /= length;
        dot += out[k] * out[3 + k];
    }
    let across = 0;
    for (let k = 0; k < 3; k++) {
        out[3 + k] -= dot * out[k];
        across += out[3 + k] * out[3 + k];
    }
    across = Math.sqrt(across);
    for (let k = 0; k < 3; k++) {
        out[3 + k] /= across;
    }
    const sign = side === "left" ? -1 : 1;
    out[6] = sign * (out[1] * out[5] - out[2] * out[4]);
    out[7] = sign * (out[2] * out[3] - out[0] * out[5]);
    out[8] = sign * (out[0] * out[4] - out[1] * out[3]);
}
