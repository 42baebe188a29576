// What a hand does, as numbers: how near thumb and index finger are, how curled each finger is.

import type { HandState } from "../hand/handState";
import { METACARPAL_JOINTS, ROOT_JOINT, TIP_JOINTS, WRIST } from "../hand/joints";

/** Joint indices that pinching is about. */
const THUMB_TIP = TIP_JOINTS[0];
const INDEX_TIP = TIP_JOINTS[1];
/** 2D keypoints of the two tips. */
const THUMB_TIP_KEYPOINT = 4;
const INDEX_TIP_KEYPOINT = 8;
/**
 * A gap that points along the viewing direction is mostly the network's guess: from this angle to the viewing direction
 * on (cosine of 55 degrees), what is seen across it counts, wholly so from the second (cosine of 30 degrees).
 */
const BLEND_START = Math.cos((55 * Math.PI) / 180);
const BLEND_FULL = Math.cos((30 * Math.PI) / 180);
/** Straight-line length of a finger over its bones' when it is wholly curled. */
const CURLED_REACH = 0.4;
/** ...and when it counts as straight: relaxed fingers are never quite. */
const STRAIGHT_REACH = 0.97;

function distance(joints: Float32Array, a: number, b: number): number {
    return Math.hypot(
        joints[a * 3] - joints[b * 3],
        joints[a * 3 + 1] - joints[b * 3 + 1],
        joints[a * 3 + 2] - joints[b * 3 + 2]
    );
}

/** Wrist to middle knuckle, metres. */
export function palmLength(state: HandState): number {
    return distance(state.joints, WRIST, ROOT_JOINT);
}

/**
 * Distance of thumb and index tip over the palm's length: 0 at contact, above 0.6 when open. Where the gap points along
 * the viewing direction, its depth is discounted.
 */
export function pinchDistance(state: HandState): number {
    const { joints } = state;
    let square = 0;
    let dot = 0;
    let reach = 0;
    for (let k = 0; k < 3; k++) {
        const gap = joints[THUMB_TIP * 3 + k] - joints[INDEX_TIP * 3 + k];
        const middle = (joints[THUMB_TIP * 3 + k] + joints[INDEX_TIP * 3 + k]) / 2;
        square += gap * gap;
        dot += gap * middle;
        reach += middle * middle;
    }
    const gap = Math.sqrt(square);
    reach = Math.sqrt(reach);
    const cosine = gap > 0 && reach > 0 ? Math.abs(dot) / (gap * reach) : 0;
    const lateral = Math.min(gap * Math.sqrt(Math.max(0, 1 - cosine * cosine)), seenDistance(state, reach));
    const blend = Math.min(Math.max((cosine - BLEND_START) / (BLEND_FULL - BLEND_START), 0), 1);
    return (gap + blend * (lateral - gap)) / palmLength(state);
}

/** Distance of the two tips as the picture shows it, metres at `depth`; infinite where there is no picture. */
function seenDistance(state: HandState, depth: number): number {
    const px = state.keypointsPx;
    const tips = Math.hypot(
        px[THUMB_TIP_KEYPOINT * 2] - px[INDEX_TIP_KEYPOINT * 2],
        px[THUMB_TIP_KEYPOINT * 2 + 1] - px[INDEX_TIP_KEYPOINT * 2 + 1]
    );
    // px a metre at the hand, from the palm as the picture and as the joints show it.
    const palmPx = Math.hypot(px[0] - px[18], px[1] - px[19]);
    const { joints } = state;
    const palm = Math.hypot(joints[0] - joints[ROOT_JOINT * 3], joints[1] - joints[ROOT_JOINT * 3 + 1]);
    return Number.isFinite(tips) && palmPx > 0 && depth > 0 ? (tips * palm) / palmPx : Infinity;
}

/** Curl of a finger (0 thumb .. 4 pinky): 0 straight, 1 tip at the palm. */
export function fingerCurl(state: HandState, finger: number): number {
    const knuckle = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
    const tip = TIP_JOINTS[finger];
    let bones = 0;
    for (let joint = knuckle; joint < tip; joint++) {
        bones += distance(state.joints, joint, joint + 1);
    }
    const reach = distance(state.joints, knuckle, tip) / bones;
    return Math.min(Math.max((STRAIGHT_REACH - reach) / (STRAIGHT_REACH - CURLED_REACH), 0), 1);
}

/** Mean curl of the four fingers: 0 open hand, 1 fist. */
export function grabStrength(state: HandState): number {
    return (fingerCurl(state, 1) + fingerCurl(state, 2) + fingerCurl(state, 3) + fingerCurl(state, 4)) / 4;
}
