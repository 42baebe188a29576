// The generic hand's joints: the rig that is fitted, skinned and given colliders.

export { JOINT_RADII, REST_POSITIONS, REST_ROTATIONS } from "./genericHand.generated";

/** Wrist to middle knuckle of the rig at size 1, metres: the reference palm. */
export const REFERENCE_PALM = 0.0918;
