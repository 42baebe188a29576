// Where a hand holds: between two fingertips, or within a fist.

import { ROOT_JOINT, TIP_JOINTS, WRIST } from "../hand/joints";
import { rotate } from "../hand/quaternion";
import { norm3 } from "../hand/norm";

const THUMB_TIP = TIP_JOINTS[0];
const INDEX_TIP = TIP_JOINTS[1];
/** The middle of what a fist holds lies this far from the middle knuckle toward the palm, as a fraction of its length. */
const FIST_DEPTH = 0.35;

const back = new Float32Array(3);

/** Between the tips of thumb and index finger; any space, 25 x 3 joints. */
export function pinchPoint(joints: Float32Array, out: Float32Array): void {
    for (let k = 0; k < 3; k++) {
        out[k] = (joints[THUMB_TIP * 3 + k] + joints[INDEX_TIP * 3 + k]) / 2;
    }
}

/** Under the middle knuckle: it moves with the palm, whatever the fingers do. Any space, 25 x 3 joints and 25 x 4 rotations. */
export function fistPoint(joints: Float32Array, rotations: Float32Array, out: Float32Array): void {
    // +y of a joint points out of the back of the hand.
    back[0] = back[2] = 0;
    back[1] = 1;
    rotate(rotations, WRIST * 4, back, 0, back, 0);
    const palm = norm3(
        joints[ROOT_JOINT * 3] - joints[WRIST * 3],
        joints[ROOT_JOINT * 3 + 1] - joints[WRIST * 3 + 1],
        joints[ROOT_JOINT * 3 + 2] - joints[WRIST * 3 + 2]
    );
    for (let k = 0; k < 3; k++) {
        out[k] = joints[ROOT_JOINT * 3 + k] - FIST_DEPTH * palm * back[k];
    }
}
