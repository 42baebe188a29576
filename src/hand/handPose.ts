// The rig's degrees of freedom: where the wrist is, how it is turned, how the fingers bend, how long the bones are.

import { JOINT_COUNT } from "./joints";

/** Number of finger angles; `kinematics.ts` names them. */
export const ANGLE_COUNT = 22;

/**
 * A pose of the right-hand rig in camera space (metres, x right, y down, z forward).
 * A left hand is posed as its mirror image: every x negated; `forwardKinematics` turns it back.
 */
export interface HandPose {
    /** Wrist position, metres. */
    translation: Float32Array;
    /** Wrist orientation (x, y, z, w), joint space to camera space. */
    rotation: Float32Array;
    /** 22 finger angles, radians. */
    angles: Float32Array;
    /** Size of the hand relative to the rig. */
    size: number;
    /** 25 factors on the length of the bone that ends in each joint, on top of `size`. */
    proportions: Float32Array;
}

export function createHandPose(): HandPose {
    return {
        translation: new Float32Array(3),
        rotation: Float32Array.of(0, 0, 0, 1),
        angles: new Float32Array(ANGLE_COUNT),
        size: 1,
        proportions: new Float32Array(JOINT_COUNT).fill(1),
    };
}

/** Copies everything of a pose. */
export function copyHandPose(from: HandPose, to: HandPose): void {
    to.translation.set(from.translation);
    to.rotation.set(from.rotation);
    to.angles.set(from.angles);
    to.size = from.size;
    to.proportions.set(from.proportions);
}
