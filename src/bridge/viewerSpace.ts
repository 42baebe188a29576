// Hands in the emulated viewer's space: pure maths between camera space and WebXR's.

import type { HandState } from "../hand/handState";
import { JOINT_COUNT } from "../hand/joints";
import { multiplyConjugate, rotate, type NumberArray } from "../hand/quaternion";
import type { BridgeView } from "./bridgeOptions";

/** Numbers of a column-major 4x4 matrix. */
export const MATRIX_LENGTH = 16;

/** A place and an orientation. */
export interface Pose {
    /** x, y, z, metres */
    position: Float64Array;
    /** x, y, z, w */
    rotation: Float64Array;
}

export function createPose(): Pose {
    return { position: new Float64Array(3), rotation: Float64Array.of(0, 0, 0, 1) };
}

/** The joints of a hand in the viewer's space: metres, right-handed, x right, y up, z back (WebXR's). */
export interface ViewerJoints {
    /** 25 x (x, y, z) */
    positions: Float64Array;
    /** 25 x (x, y, z, w), -z along the bone to the tip, +y out of the back of the hand */
    rotations: Float64Array;
}

export function createViewerJoints(): ViewerJoints {
    const rotations = new Float64Array(JOINT_COUNT * 4);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        rotations[joint * 4 + 3] = 1;
    }
    return { positions: new Float64Array(JOINT_COUNT * 3), rotations };
}

/**
 * Joints of a state (camera space: x right, y down, z forward) before the viewer.
 * @param facingDistance metres before the viewer at which a camera that faces it stands; not used by the `camera` view
 */
export function toViewerSpace(state: HandState, view: BridgeView, facingDistance: number, out: ViewerJoints): void {
    const { joints, rotations } = state;
    const isFacing = view === "facing";
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const p = joint * 3;
        out.positions[p] = isFacing ? -joints[p] : joints[p];
        out.positions[p + 1] = -joints[p + 1];
        out.positions[p + 2] = isFacing ? joints[p + 2] - facingDistance : -joints[p + 2];
        const q = joint * 4;
        const x = rotations[q];
        const y = rotations[q + 1];
        const z = rotations[q + 2];
        const w = rotations[q + 3];
        // Half a turn about x takes y down, z forward to y up, z back: (1, 0, 0, 0) * q. A camera that faces the viewer turns
        // by half about the vertical too, which makes half a turn about z of the two: (0, 0, 1, 0) * q.
        out.rotations[q] = isFacing ? -y : w;
        out.rotations[q + 1] = isFacing ? x : -z;
        out.rotations[q + 2] = isFacing ? w : y;
        out.rotations[q + 3] = isFacing ? -z : -x;
    }
}

/** Column-major 4x4 matrix of the pose at `positions[p..]`, `rotations[q..]`, written to `out[o..o+15]`. */
export function writeMatrix(
    positions: NumberArray,
    p: number,
    rotations: NumberArray,
    q: number,
    out: NumberArray,
    o: number
): void {
    const x = rotations[q];
    const y = rotations[q + 1];
    const z = rotations[q + 2];
    const w = rotations[q + 3];
    out[o] = 1 - 2 * (y * y + z * z);
    out[o + 1] = 2 * (x * y + z * w);
    out[o + 2] = 2 * (x * z - y * w);
    out[o + 3] = 0;
    out[o + 4] = 2 * (x * y - z * w);
    out[o + 5] = 1 - 2 * (x * x + z * z);
    out[o + 6] = 2 * (y * z + x * w);
    out[o + 7] = 0;
    out[o + 8] = 2 * (x * z + y * w);
    out[o + 9] = 2 * (y * z - x * w);
    out[o + 10] = 1 - 2 * (x * x + y * y);
    out[o + 11] = 0;
    out[o + 12] = positions[p];
    out[o + 13] = positions[p + 1];
    out[o + 14] = positions[p + 2];
    out[o + 15] = 1;
}

/**
 * All joints as matrices of the viewer's space, as `XRFrame.fillPoses` gives them against a `viewer` reference space.
 * @param out 25 x 16, column-major
 */
export function writeJointMatrices({ positions, rotations }: ViewerJoints, out: NumberArray): void {
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        writeMatrix(positions, joint * 3, rotations, joint * 4, out, joint * MATRIX_LENGTH);
    }
}

const inverse = new Float64Array(4);
const place = new Float64Array(3);
const turn = new Float64Array(4);

/** Column-major 4x4 matrix of a pose as seen from another one: inverse(from) * pose, written to `out[0..15]`. */
export function writeRelativeMatrix(
    from: Pose,
    positions: NumberArray,
    p: number,
    rotations: NumberArray,
    q: number,
    out: NumberArray
): void {
    for (let k = 0; k < 3; k++) {
        inverse[k] = -from.rotation[k];
        place[k] = positions[p + k] - from.position[k];
    }
    inverse[3] = from.rotation[3];
    rotate(inverse, 0, place, 0, place, 0);
    multiplyConjugate(from.rotation, 0, rotations, q, turn, 0);
    writeMatrix(place, 0, turn, 0, out, 0);
}
