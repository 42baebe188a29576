// A hand at one moment: what rig, colliders and gestures read, whatever source it comes from.

import { JOINT_COUNT, KEYPOINT_COUNT, type HandSide } from "./joints";

/**
 * A hand in camera space: metres, right-handed, x right, y down, z forward.
 * Joint orientations follow WebXR: -z points along the bone to the tip, +y out of the back of the hand.
 */
export interface HandState {
    /** The same number as long as the hand stays tracked. */
    id: number;
    side: HandSide;
    /** The moment that the state describes, ms on the clock of the frame's capture. */
    timeMs: number;
    /** 0..1, how sure the recoverer is that this is a hand. */
    confidence: number;
    /** 25 x (x, y, z), metres. */
    joints: Float32Array;
    /** 25 x (x, y, z, w), unit quaternions from joint space to camera space. */
    rotations: Float32Array;
    /** 25 radii of the joints, metres. */
    radii: Float32Array;
    /** Size of the hand relative to the rig's rest pose; 1 is a palm (wrist to middle knuckle) of 92 mm. */
    size: number;
    /** One standard deviation of a joint's position across the viewing direction, metres. */
    sigma: number;
    /** One standard deviation of the hand's position along the viewing direction, metres. */
    depthSigma: number;
    /** 21 x (u, v) in pixels of the source image, for drawing; NaN where the source has no image. */
    keypointsPx: Float32Array;
}

/** A new state with all arrays allocated and everything at rest at the origin. */
export function createHandState(side: HandSide): HandState {
    const rotations = new Float32Array(JOINT_COUNT * 4);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        rotations[joint * 4 + 3] = 1;
    }
    return {
        id: 0,
        side,
        timeMs: 0,
        confidence: 0,
        joints: new Float32Array(JOINT_COUNT * 3),
        rotations,
        radii: new Float32Array(JOINT_COUNT),
        size: 1,
        sigma: 0,
        depthSigma: 0,
        keypointsPx: new Float32Array(KEYPOINT_COUNT * 2).fill(NaN),
    };
}

/** Copies everything of a state. */
export function copyHandState(from: HandState, to: HandState): void {
    to.id = from.id;
    to.side = from.side;
    to.timeMs = from.timeMs;
    to.confidence = from.confidence;
    to.joints.set(from.joints);
    to.rotations.set(from.rotations);
    to.radii.set(from.radii);
    to.size = from.size;
    to.sigma = from.sigma;
    to.depthSigma = from.depthSigma;
    to.keypointsPx.set(from.keypointsPx);
}
