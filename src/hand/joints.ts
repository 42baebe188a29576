// The 25 WebXR hand joints, their tree, and the 21-keypoint subset that networks predict.

/** Left or right, as the person whose hand it is would say. */
export type HandSide = "left" | "right";

/** Joint names and order of the WebXR Hand Input specification. */
export const JOINT_NAMES = [
    "wrist",
    "thumb-metacarpal",
    "thumb-phalanx-proximal",
    "thumb-phalanx-distal",
    "thumb-tip",
    "index-finger-metacarpal",
    "index-finger-phalanx-proximal",
    "index-finger-phalanx-intermediate",
    "index-finger-phalanx-distal",
    "index-finger-tip",
    "middle-finger-metacarpal",
    "middle-finger-phalanx-proximal",
    "middle-finger-phalanx-intermediate",
    "middle-finger-phalanx-distal",
    "middle-finger-tip",
    "ring-finger-metacarpal",
    "ring-finger-phalanx-proximal",
    "ring-finger-phalanx-intermediate",
    "ring-finger-phalanx-distal",
    "ring-finger-tip",
    "pinky-finger-metacarpal",
    "pinky-finger-phalanx-proximal",
    "pinky-finger-phalanx-intermediate",
    "pinky-finger-phalanx-distal",
    "pinky-finger-tip",
] as const;

export type JointName = (typeof JOINT_NAMES)[number];

/** Number of joints of the rig. */
export const JOINT_COUNT = 25;

/** Number of keypoints a recoverer predicts: wrist, then 4 a finger from thumb to pinky. */
export const KEYPOINT_COUNT = 21;

/** Index of the wrist in the joint list. */
export const WRIST = 0;

/** Keypoint that coordinates are relative to: the middle finger's knuckle. */
export const ROOT_KEYPOINT = 9;
/** Keypoint of the wrist. */
export const WRIST_KEYPOINT = 0;

/** Joint of the rig at `ROOT_KEYPOINT`. */
export const ROOT_JOINT = 11;

/** Joint indices of the five finger tips, thumb to pinky. */
export const TIP_JOINTS = [4, 9, 14, 19, 24] as const;

/** Joint index of each finger's metacarpal, thumb to pinky: a finger is this joint and those up to its tip. */
export const METACARPAL_JOINTS = [1, 5, 10, 15, 20] as const;

/** Parent of every joint; -1 for the wrist. */
export const JOINT_PARENTS = new Int8Array([
    -1, 0, 1, 2, 3, 0, 5, 6, 7, 8, 0, 10, 11, 12, 13, 0, 15, 16, 17, 18, 0, 20, 21, 22, 23,
]);

/** Joint of the rig at each of the 21 keypoints: all joints but the four finger metacarpals. */
export const KEYPOINT_JOINTS = new Uint8Array([
    0, 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 21, 22, 23, 24,
]);
