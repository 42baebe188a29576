// What a hand does, as numbers: how near thumb and index finger are, how curled each finger is.

import type { HandState } from "../hand/handState";
import {
    KEYPOINT_COUNT,
    KEYPOINT_JOINTS,
    METACARPAL_JOINTS,
    ROOT_JOINT,
    ROOT_KEYPOINT,
    TIP_JOINTS,
    WRIST,
} from "../hand/joints";
import { jointDistance, norm2 } from "../hand/norm";

/** Joint indices that pinching is about. */
const THUMB_TIP = TIP_JOINTS[0];
const INDEX_TIP = TIP_JOINTS[1];
/** 2D keypoint of the thumb's tip, and keypoints a finger: the tip of finger f is keypoint 4 (f + 1). */
const THUMB_TIP_KEYPOINT = 4;
const KEYPOINTS_A_FINGER = 4;
/**
 * Depth between the tips is mostly the network's guess where the gap points along the viewing direction: from this angle
 * to it on (cosine of 55 degrees) depth weighs less, least from the second on (cosine of 30 degrees). Never nothing: thumb
 * and index finger of an open hand may lie behind each other.
 */
const BLEND_START = Math.cos((55 * Math.PI) / 180);
const BLEND_FULL = Math.cos((30 * Math.PI) / 180);
const DEPTH_WEIGHT = 0.5;
/** Straight-line length of a finger over its bones' when it is wholly curled. */
const CURLED_REACH = 0.4;
/** ...and when it counts as straight: relaxed fingers are never quite. */
const STRAIGHT_REACH = 0.97;
/** Strength of a grab with one finger straight. */
const STRETCHED_MARGIN = 0.35;
/** Fingers that close faster than this close around something, palm lengths or curl a second... */
const CLOSING_SPEED = 1.5;
/** ...if their tips will be nearer than this, over the palm's length. */
const CLOSING_GAP = 0.6;

/** Wrist to middle knuckle, metres. */
export function palmLength(state: HandState): number {
    return jointDistance(state.joints, WRIST, ROOT_JOINT);
}

/**
 * Distance of the thumb's tip and another finger's over the palm's length: 0 at contact, above 0.6 when open. Of a single
 * camera's hands, joints and picture count alike across the viewing direction; along it, depth counts less the more the gap
 * points there. Where depth is as sure as the rest (`depthSigma`), as of a headset's hands, the distance is taken as it is.
 * @param finger 1 index .. 4 pinky
 */
export function pinchDistance(state: HandState, finger = 1): number {
    const { joints } = state;
    const tip = TIP_JOINTS[finger];
    if (state.sigma > 0 && state.depthSigma <= state.sigma) {
        return jointDistance(joints, THUMB_TIP, tip) / palmLength(state);
    }
    let square = 0;
    let dot = 0;
    let reach = 0;
    for (let k = 0; k < 3; k++) {
        const gap = joints[THUMB_TIP * 3 + k] - joints[tip * 3 + k];
        const middle = (joints[THUMB_TIP * 3 + k] + joints[tip * 3 + k]) / 2;
        square += gap * gap;
        dot += gap * middle;
        reach += middle * middle;
    }
    const along = reach > 0 ? Math.abs(dot) / Math.sqrt(reach) : 0;
    const lateral = Math.sqrt(Math.max(0, square - along * along));
    const seen = seenDistance(state, finger);
    const across = Number.isFinite(seen) ? (lateral + seen) / 2 : lateral;
    const cosine = square > 0 ? along / Math.sqrt(square) : 0;
    const blend = Math.min(Math.max((cosine - BLEND_START) / (BLEND_FULL - BLEND_START), 0), 1);
    return norm2(across, along * (1 - blend * (1 - DEPTH_WEIGHT))) / palmLength(state);
}

/**
 * Whether fingers are about to close around something: they come together faster than a hand at rest moves them.
 * @param seen the hand at a frame's capture time
 * @param expected the same hand at a later time, by its velocities
 */
export function isClosing(seen: HandState, expected: HandState): boolean {
    const seconds = (expected.timeMs - seen.timeMs) / 1000;
    const gap = jointDistance(expected.joints, THUMB_TIP, INDEX_TIP) / palmLength(expected);
    const seenGap = jointDistance(seen.joints, THUMB_TIP, INDEX_TIP) / palmLength(seen);
    const curlSpeed = (grabStrength(expected) - grabStrength(seen)) / seconds;
    return (gap < CLOSING_GAP && (seenGap - gap) / seconds > CLOSING_SPEED) || curlSpeed > CLOSING_SPEED;
}

/** Distance of the two tips as the picture shows it, metres at the hand's depth; not finite where there is no picture. */
function seenDistance({ joints, keypointsPx: px }: HandState, finger: number): number {
    const tip = KEYPOINTS_A_FINGER * (finger + 1);
    // px a metre at the hand, from the spread of all keypoints in the picture and across the viewing direction.
    let spreadPx = 0;
    let spread = 0;
    for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
        const joint = KEYPOINT_JOINTS[keypoint] * 3;
        spreadPx += norm2(px[keypoint * 2] - px[ROOT_KEYPOINT * 2], px[keypoint * 2 + 1] - px[ROOT_KEYPOINT * 2 + 1]);
        spread += norm2(joints[joint] - joints[ROOT_JOINT * 3], joints[joint + 1] - joints[ROOT_JOINT * 3 + 1]);
    }
    const tips = norm2(px[THUMB_TIP_KEYPOINT * 2] - px[tip * 2], px[THUMB_TIP_KEYPOINT * 2 + 1] - px[tip * 2 + 1]);
    return (tips * spread) / spreadPx;
}

/** Curl of a finger (0 thumb .. 4 pinky): 0 straight, 1 tip at the palm. */
export function fingerCurl(state: HandState, finger: number): number {
    const knuckle = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
    const tip = TIP_JOINTS[finger];
    let bones = 0;
    for (let joint = knuckle; joint < tip; joint++) {
        bones += jointDistance(state.joints, joint, joint + 1);
    }
    const reach = jointDistance(state.joints, knuckle, tip) / bones;
    return Math.min(Math.max((STRAIGHT_REACH - reach) / (STRAIGHT_REACH - CURLED_REACH), 0), 1);
}

/** Mean curl of the four fingers, 0 open hand .. 1 fist; a hand with one finger stretched, pointing for instance, is no fist. */
export function grabStrength(state: HandState): number {
    let sum = 0;
    let least = 1;
    for (let finger = 1; finger < 5; finger++) {
        const curl = fingerCurl(state, finger);
        sum += curl;
        least = Math.min(least, curl);
    }
    return Math.min(sum / 4, least + STRETCHED_MARGIN);
}
