// Orientations of all joints from their positions alone: for poses that were recorded without rotations.

import { REST_POSITIONS, REST_ROTATIONS } from "../hand/genericHand";
import {
    JOINT_COUNT,
    JOINT_PARENTS,
    KEYPOINT_COUNT,
    KEYPOINT_JOINTS,
    TIP_JOINTS,
    WRIST,
    type HandSide,
} from "../hand/joints";
import { palmRotation } from "../hand/palmFrame";
import { multiply, multiplyConjugate, normalise, rotate, type NumberArray } from "../hand/quaternion";

/** 1 + cosine of two directions below which they are opposite, and the axis between them is rounding error. */
const OPPOSITE = 1e-6;

// Of the rig at rest: each joint's rotation in its parent's frame, and its bone's direction in its own frame (-z but for a
// degree or two; a metacarpal's up to 6 degrees). Tips have no bone, the wrist has several.
const LOCAL_ROTATIONS = new Float64Array(JOINT_COUNT * 4);
const BONE_DIRECTIONS = new Float64Array(JOINT_COUNT * 3);
const HAS_BONE = new Uint8Array(JOINT_COUNT).fill(1);
{
    HAS_BONE[WRIST] = 0;
    for (const tip of TIP_JOINTS) {
        HAS_BONE[tip] = 0;
    }
    const inverse = new Float64Array(4);
    for (let joint = 1; joint < JOINT_COUNT; joint++) {
        multiplyConjugate(
            REST_ROTATIONS,
            JOINT_PARENTS[joint] * 4,
            REST_ROTATIONS,
            joint * 4,
            LOCAL_ROTATIONS,
            joint * 4
        );
        if (!HAS_BONE[joint]) {
            continue;
        }
        boneDirection(REST_POSITIONS, joint, BONE_DIRECTIONS, joint * 3);
        for (let k = 0; k < 4; k++) {
            inverse[k] = REST_ROTATIONS[joint * 4 + k] * (k < 3 ? -1 : 1);
        }
        rotate(inverse, 0, BONE_DIRECTIONS, joint * 3, BONE_DIRECTIONS, joint * 3);
    }
}

/** Unit vector from a joint to the next of its finger; false where they coincide. */
function boneDirection(joints: NumberArray, joint: number, out: NumberArray, o: number): boolean {
    let square = 0;
    for (let k = 0; k < 3; k++) {
        out[o + k] = joints[joint * 3 + 3 + k] - joints[joint * 3 + k];
        square += out[o + k] * out[o + k];
    }
    const length = Math.sqrt(square);
    for (let k = 0; k < 3; k++) {
        out[o + k] /= length;
    }
    return length > 0;
}

const X_AXIS = Float64Array.of(1, 0, 0);
const mirrored = new Float64Array(JOINT_COUNT * 3);
const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
const found = new Float64Array(JOINT_COUNT * 4);
const expectedBone = new Float64Array(3);
const seenBone = new Float64Array(3);
const axis = new Float64Array(3);
const swing = new Float64Array(4);

/**
 * The wrist's orientation from the palm, then joint by joint outwards: the rig's rest orientation in the parent's frame,
 * turned by the smallest rotation that takes the rig's bone to the one that is seen. Fingers are hinges, so the twist that
 * this leaves out is small. A bone without length keeps its rest orientation.
 * @param joints 25 x 3 in camera space, any unit
 * @param out 25 x (x, y, z, w), joint space to camera space
 * @returns false where wrist and knuckles lie on a line or are not finite; `out` is unchanged then
 */
export function rotationsFromPositions(joints: NumberArray, side: HandSide, out: NumberArray): boolean {
    const sign = side === "left" ? -1 : 1;
    for (let i = 0; i < mirrored.length; i++) {
        mirrored[i] = i % 3 === 0 ? joints[i] * sign : joints[i];
    }
    for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
        const joint = KEYPOINT_JOINTS[keypoint] * 3;
        for (let k = 0; k < 3; k++) {
            keypoints[keypoint * 3 + k] = mirrored[joint + k];
        }
    }
    if (!palmRotation(keypoints, found)) {
        return false;
    }
    for (let joint = 1; joint < JOINT_COUNT; joint++) {
        multiply(found, JOINT_PARENTS[joint] * 4, LOCAL_ROTATIONS, joint * 4, found, joint * 4);
        if (HAS_BONE[joint] && boneDirection(mirrored, joint, seenBone, 0)) {
            swingTo(joint);
        }
        normalise(found, joint * 4);
    }
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        // Reflection across x = 0 takes a rotation (x, y, z, w) to (x, -y, -z, w).
        out[joint * 4] = found[joint * 4];
        out[joint * 4 + 1] = found[joint * 4 + 1] * sign;
        out[joint * 4 + 2] = found[joint * 4 + 2] * sign;
        out[joint * 4 + 3] = found[joint * 4 + 3];
    }
    return true;
}

/** Turns a joint of `found` so that its bone points along `seenBone`. */
function swingTo(joint: number): void {
    rotate(found, joint * 4, BONE_DIRECTIONS, joint * 3, expectedBone, 0);
    const [ax, ay, az] = expectedBone;
    const [bx, by, bz] = seenBone;
    const versine = 1 + ax * bx + ay * by + az * bz;
    if (versine > OPPOSITE) {
        // (a x b, 1 + a.b) is twice the half-angle quaternion of the rotation from a to b.
        swing[0] = ay * bz - az * by;
        swing[1] = az * bx - ax * bz;
        swing[2] = ax * by - ay * bx;
        swing[3] = versine;
    } else {
        // Folded right back: fingers fold about their x axis.
        rotate(found, joint * 4, X_AXIS, 0, axis, 0);
        swing.set(axis);
        swing[3] = 0;
    }
    normalise(swing, 0);
    multiply(swing, 0, found, joint * 4, found, joint * 4);
}
