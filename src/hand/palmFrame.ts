// Orientation of a hand from its palm alone: the first guess of the fit.

import { KEYPOINT_JOINTS, WRIST_KEYPOINT } from "./joints";
import { REST_POSITIONS, REST_ROTATIONS } from "./genericHand";
import { fromColumns, multiply, normalise, type NumberArray } from "./quaternion";
import { norm3 } from "./norm";

const INDEX_KNUCKLE = 5;
const MIDDLE_KNUCKLE = 9;
const PINKY_KNUCKLE = 17;

const columns = new Float64Array(9);

/**
 * Columns of the palm's frame: along the palm [0..2], across it made perpendicular [3..5], and their cross product [6..8].
 * @param points x, y, z of each; the other numbers say which of them
 * @param out 9 numbers; not finite where the points lie on a line
 * @returns false there
 */
export function palmColumns(
    points: NumberArray,
    wrist: number,
    index: number,
    middle: number,
    pinky: number,
    out: NumberArray
): boolean {
    let square = 0;
    for (let k = 0; k < 3; k++) {
        out[k] = points[middle * 3 + k] - points[wrist * 3 + k];
        out[3 + k] = points[index * 3 + k] - points[pinky * 3 + k];
        square += out[k] * out[k];
    }
    const along = Math.sqrt(square);
    let dot = 0;
    for (let k = 0; k < 3; k++) {
        out[k] /= along;
        dot += out[k] * out[3 + k];
    }
    for (let k = 0; k < 3; k++) {
        out[3 + k] -= dot * out[k];
    }
    const across = norm3(out[3], out[4], out[5]);
    for (let k = 0; k < 3; k++) {
        out[3 + k] /= across;
    }
    out[6] = out[1] * out[5] - out[2] * out[4];
    out[7] = out[2] * out[3] - out[0] * out[5];
    out[8] = out[0] * out[4] - out[1] * out[3];
    return along > 0 && across > 0;
}

// From the rig's palm frame to its wrist: conj(palm) * wrist.
const palmToWrist = new Float64Array(4);
{
    const rest = Float64Array.from(KEYPOINT_JOINTS, (joint) => joint);
    palmColumns(
        REST_POSITIONS,
        rest[WRIST_KEYPOINT],
        rest[INDEX_KNUCKLE],
        rest[MIDDLE_KNUCKLE],
        rest[PINKY_KNUCKLE],
        columns
    );
    const palm = new Float64Array(4);
    fromColumns(columns, palm, 0);
    palm[0] = -palm[0];
    palm[1] = -palm[1];
    palm[2] = -palm[2];
    multiply(palm, 0, REST_ROTATIONS, 0, palmToWrist, 0);
}

/**
 * Wrist orientation (x, y, z, w) of a right hand from its 21 keypoints (21 x 3, any origin and scale).
 * @returns false where wrist and knuckles lie on a line or are not finite
 */
export function palmRotation(keypoints: NumberArray, out: NumberArray): boolean {
    if (!palmColumns(keypoints, WRIST_KEYPOINT, INDEX_KNUCKLE, MIDDLE_KNUCKLE, PINKY_KNUCKLE, columns)) {
        return false;
    }
    fromColumns(columns, out, 0);
    multiply(out, 0, palmToWrist, 0, out, 0);
    normalise(out, 0);
    return Number.isFinite(out[3]);
}
