// What a recoverer says about one crop: the `state` output of every network, decoded.

import { KEYPOINT_COUNT } from "./joints";

/** Number of floats in a network's `state` output: 21x3 keypoints, 21x2 crop positions, 21 log sigma, log W, two logits. */
export const STATE_LENGTH = KEYPOINT_COUNT * 6 + 3;

/**
 * A recovered hand in the frame of its crop (x right, y down, z forward, after the window's rotation and mirroring):
 * always a right hand.
 */
export interface RecoveredHand {
    /** 21 x (x, y, z), metres for a hand of reference size, relative to keypoint 9. */
    keypoints: Float32Array;
    /** 21 x (u, v), fractions of the crop's side from its centre, -0.5..0.5 inside. */
    crop: Float32Array;
    /** 21 natural logarithms of a keypoint's standard deviation, metres. */
    logSigma: Float32Array;
    /** Natural logarithm of the window's width at the root's depth, metres; NaN where the recoverer has none. */
    logWindowWidth: number;
    /** 0..1, that the crop shows a hand. */
    presence: number;
    /** 0..1, that the crop as the network saw it shows a right hand. */
    rightness: number;
    /**
     * 1159 x (x, y, z), the welded vertices of the rig's mesh (`weldedHandMesh`) in the space of `keypoints`; null where none
     * were asked for or the recoverer has none. Valid until the network runs again.
     */
    vertices: Float32Array | null;
}

export function createRecoveredHand(): RecoveredHand {
    return {
        keypoints: new Float32Array(KEYPOINT_COUNT * 3),
        crop: new Float32Array(KEYPOINT_COUNT * 2),
        logSigma: new Float32Array(KEYPOINT_COUNT),
        logWindowWidth: NaN,
        presence: 0,
        rightness: 0.5,
        vertices: null,
    };
}
