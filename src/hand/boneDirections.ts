// Rebuilds a network's skeleton with this person's bone lengths: its directions are good, its lengths wander.

import { KEYPOINT_COUNT, ROOT_KEYPOINT } from "./joints";
import type { NumberArray } from "./quaternion";
import { norm3 } from "./norm";

/** Keypoint at the other end of each keypoint's bone; the palm's bones start at the wrist. */
export const BONE_STARTS = Int8Array.of(-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19);

/** Length of every keypoint's bone, metres, from 21 x 3 keypoints; 0 for the wrist. */
export function boneLengthsOf(keypoints: NumberArray, out: NumberArray): void {
    for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
        const start = BONE_STARTS[keypoint] * 3;
        out[keypoint] = norm3(
            keypoints[keypoint * 3] - keypoints[start],
            keypoints[keypoint * 3 + 1] - keypoints[start + 1],
            keypoints[keypoint * 3 + 2] - keypoints[start + 2]
        );
    }
}

const rebuilt = new Float64Array(KEYPOINT_COUNT * 3);

/**
 * Keeps the direction of every bone and gives it the length `lengths[keypoint]`; the result is relative to the root.
 * A bone of length zero keeps its zero length.
 * @param keypoints 21 x 3, changed in place
 */
export function imposeBoneLengths(keypoints: NumberArray, lengths: NumberArray): void {
    rebuilt.fill(0, 0, 3);
    for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
        const start = BONE_STARTS[keypoint] * 3;
        const at = keypoint * 3;
        const x = keypoints[at] - keypoints[start];
        const y = keypoints[at + 1] - keypoints[start + 1];
        const z = keypoints[at + 2] - keypoints[start + 2];
        const length = norm3(x, y, z);
        const factor = length > 0 ? lengths[keypoint] / length : 0;
        rebuilt[at] = rebuilt[start] + x * factor;
        rebuilt[at + 1] = rebuilt[start + 1] + y * factor;
        rebuilt[at + 2] = rebuilt[start + 2] + z * factor;
    }
    for (let i = 0; i < rebuilt.length; i++) {
        keypoints[i] = rebuilt[i] - rebuilt[ROOT_KEYPOINT * 3 + (i % 3)];
    }
}
