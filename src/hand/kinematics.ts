// Forward kinematics of the hand rig, with the axes that the fit differentiates along.

import { DEGREES_OF_FREEDOM } from "./degreesOfFreedom";
import { JOINT_RADII, REST_POSITIONS, REST_ROTATIONS } from "./genericHand";
import { ANGLE_COUNT, type HandPose } from "./handPose";
import type { HandState } from "./handState";
import { JOINT_COUNT, JOINT_PARENTS, KEYPOINT_COUNT, KEYPOINT_JOINTS, TIP_JOINTS, type HandSide } from "./joints";
import { multiply, multiplyConjugate, normalise, rotate, type NumberArray } from "./quaternion";

/**
 * The rig's tip joints lie inside the finger; networks mark its end, this much further along the bone (at size 1, metres;
 * the mesh ends 9 to 10 mm beyond the joint).
 */
export const TIP_EXTENSION = 0.009;

// Each joint's rest offset and rotation in its parent's frame.
const LOCAL_OFFSETS = new Float64Array(JOINT_COUNT * 3);
const LOCAL_ROTATIONS = new Float64Array(JOINT_COUNT * 4);
// First angle of each joint (they are consecutive) and how many it has.
const FIRST_ANGLE = new Int8Array(JOINT_COUNT).fill(-1);
const ANGLES_OF = new Int8Array(JOINT_COUNT);
// Axis code of each angle: 0 is -x, 1 is y, 2 is z.
const AXIS = new Int8Array(ANGLE_COUNT);
const AXIS_VECTORS = Float64Array.of(-1, 0, 0, 0, 1, 0, 0, 0, 1);

/** 1 at [joint * ANGLE_COUNT + angle] where the angle moves the joint's position. */
export const MOVES = new Uint8Array(JOINT_COUNT * ANGLE_COUNT);

{
    const inverse = new Float64Array(4);
    const offset = new Float64Array(3);
    for (let joint = 1; joint < JOINT_COUNT; joint++) {
        const parent = JOINT_PARENTS[joint];
        for (let k = 0; k < 3; k++) {
            offset[k] = REST_POSITIONS[joint * 3 + k] - REST_POSITIONS[parent * 3 + k];
            inverse[k] = -REST_ROTATIONS[parent * 4 + k];
        }
        inverse[3] = REST_ROTATIONS[parent * 4 + 3];
        rotate(inverse, 0, offset, 0, LOCAL_OFFSETS, joint * 3);
        multiplyConjugate(REST_ROTATIONS, parent * 4, REST_ROTATIONS, joint * 4, LOCAL_ROTATIONS, joint * 4);
    }
    DEGREES_OF_FREEDOM.forEach((dof, angle) => {
        if (FIRST_ANGLE[dof.joint] < 0) {
            FIRST_ANGLE[dof.joint] = angle;
        }
        ANGLES_OF[dof.joint]++;
        AXIS[angle] = dof.axis === "flexion" ? 0 : dof.axis === "abduction" ? 1 : 2;
        for (let joint = dof.joint + 1; joint < JOINT_COUNT && JOINT_PARENTS[joint] === joint - 1; joint++) {
            MOVES[joint * ANGLE_COUNT + angle] = 1;
        }
    });
}

/** Everything about a posed rig; positions and axes are in the pose's camera space. */
export interface PosedRig {
    /** 25 x 3, metres */
    joints: Float64Array;
    /** 25 x 4 (x, y, z, w) */
    rotations: Float64Array;
    /** 22 x 3, unit axis that each angle turns about, through the position of its joint */
    axes: Float64Array;
}

export function createPosedRig(): PosedRig {
    return {
        joints: new Float64Array(JOINT_COUNT * 3),
        rotations: new Float64Array(JOINT_COUNT * 4),
        axes: new Float64Array(ANGLE_COUNT * 3),
    };
}

const turn = new Float64Array(4);
const scaled = new Float64Array(3);

/** Poses the right-hand rig. */
export function poseRig(pose: HandPose, out: PosedRig): void {
    const { joints, rotations, axes } = out;
    joints.set(pose.translation, 0);
    rotations.set(pose.rotation, 0);
    for (let joint = 1; joint < JOINT_COUNT; joint++) {
        const parent = JOINT_PARENTS[joint];
        const factor = pose.size * pose.proportions[joint];
        for (let k = 0; k < 3; k++) {
            scaled[k] = LOCAL_OFFSETS[joint * 3 + k] * factor;
        }
        rotate(rotations, parent * 4, scaled, 0, joints, joint * 3);
        for (let k = 0; k < 3; k++) {
            joints[joint * 3 + k] += joints[parent * 3 + k];
        }
        multiply(rotations, parent * 4, LOCAL_ROTATIONS, joint * 4, rotations, joint * 4);
        const first = FIRST_ANGLE[joint];
        for (let angle = first; angle < first + ANGLES_OF[joint]; angle++) {
            const axis = AXIS[angle] * 3;
            rotate(rotations, joint * 4, AXIS_VECTORS, axis, axes, angle * 3);
            const sine = Math.sin(pose.angles[angle] / 2);
            turn[0] = AXIS_VECTORS[axis] * sine;
            turn[1] = AXIS_VECTORS[axis + 1] * sine;
            turn[2] = AXIS_VECTORS[axis + 2] * sine;
            turn[3] = Math.cos(pose.angles[angle] / 2);
            multiply(rotations, joint * 4, turn, 0, rotations, joint * 4);
        }
    }
}

const Z_AXIS = Float64Array.of(0, 0, 1);
const direction = new Float64Array(3);

/** Moves the five tip joints from inside the finger to its end, in place: from joints to what a network marks. @param size negative for back */
export function extendTips(joints: NumberArray, rotations: NumberArray, size: number): void {
    for (const tip of TIP_JOINTS) {
        // A bone points along its joint's -z; the tip's own orientation is the end joint's up to a few degrees.
        rotate(rotations, tip * 4, Z_AXIS, 0, direction, 0);
        for (let k = 0; k < 3; k++) {
            joints[tip * 3 + k] -= direction[k] * TIP_EXTENSION * size;
        }
    }
}

const keypointRig = createPosedRig();

/**
 * The 21 keypoints of a pose in camera space, 21 x 3 metres.
 * @param side `left` turns the pose's mirror image back
 */
export function poseKeypoints(pose: HandPose, side: HandSide, out: NumberArray): void {
    poseRig(pose, keypointRig);
    extendTips(keypointRig.joints, keypointRig.rotations, pose.size);
    const sign = side === "left" ? -1 : 1;
    for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
        const joint = KEYPOINT_JOINTS[keypoint] * 3;
        out[keypoint * 3] = keypointRig.joints[joint] * sign;
        out[keypoint * 3 + 1] = keypointRig.joints[joint + 1];
        out[keypoint * 3 + 2] = keypointRig.joints[joint + 2];
    }
}

const stateRig = createPosedRig();

/** Writes joints, rotations, radii, size and side of a state from a pose; a left hand's pose is its mirror image. */
export function forwardKinematics(pose: HandPose, side: HandSide, out: HandState): void {
    poseRig(pose, stateRig);
    const sign = side === "left" ? -1 : 1;
    out.side = side;
    out.size = pose.size;
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        normalise(stateRig.rotations, joint * 4);
        out.joints[joint * 3] = stateRig.joints[joint * 3] * sign;
        out.joints[joint * 3 + 1] = stateRig.joints[joint * 3 + 1];
        out.joints[joint * 3 + 2] = stateRig.joints[joint * 3 + 2];
        // Reflection across x = 0 takes a rotation (x, y, z, w) to (x, -y, -z, w).
        out.rotations[joint * 4] = stateRig.rotations[joint * 4];
        out.rotations[joint * 4 + 1] = stateRig.rotations[joint * 4 + 1] * sign;
        out.rotations[joint * 4 + 2] = stateRig.rotations[joint * 4 + 2] * sign;
        out.rotations[joint * 4 + 3] = stateRig.rotations[joint * 4 + 3];
        out.radii[joint] = JOINT_RADII[joint] * pose.size;
    }
}
