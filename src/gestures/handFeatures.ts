// What static gestures are judged on: how straight, curled and spread the fingers are, steadied over the last frames.

import type { HandState } from "../hand/handState";
import { METACARPAL_JOINTS, TIP_JOINTS, WRIST } from "../hand/joints";
import { jointDistance } from "../hand/norm";
import { fingerCurl, palmLength } from "./handMeasures";
import { palmAxes } from "./palmAxes";
import { Trend } from "./trend";

const THUMB_TIP = TIP_JOINTS[0];
const THUMB_KNUCKLE = 2;
const INDEX_MIDDLE_JOINT = 7;
const MIDDLE_MIDDLE_JOINT = 12;
const PINKY_KNUCKLE = 21;
/** Noise of palm lengths and ratios until it is known: 2 mm on an adult hand. */
const NOISE_FLOOR = 0.02;
/** Noise of the palm's length until it is known, metres. */
const PALM_NOISE_FLOOR = 0.002;

const axes = new Float64Array(9);

/**
 * How far a finger (1 index .. 4 pinky) reaches on from the palm: 1 stretched in the palm's direction, 0 bent at right
 * angles or curled half, below 0 curled to the palm. Unlike `fingerCurl` it sees a finger bent at the knuckle alone.
 */
export function fingerExtension({ joints }: HandState, finger: number): number {
    const knuckle = METACARPAL_JOINTS[finger] + 1;
    const tip = TIP_JOINTS[finger];
    let bones = 0;
    for (let joint = knuckle; joint < tip; joint++) {
        bones += jointDistance(joints, joint, joint + 1);
    }
    let dot = 0;
    for (let k = 0; k < 3; k++) {
        dot += (joints[tip * 3 + k] - joints[knuckle * 3 + k]) * (joints[knuckle * 3 + k] - joints[WRIST * 3 + k]);
    }
    return dot / (bones * jointDistance(joints, knuckle, WRIST));
}

/** Ratios and cosines; lengths are over the palm's length. */
export class HandFeatures {
    /** `fingerExtension` of the four fingers, index to pinky. */
    public readonly extensions = Array.from({ length: 4 }, () => new Trend(NOISE_FLOOR));
    /** `fingerCurl` of the four fingers, index to pinky. */
    public readonly curls = Array.from({ length: 4 }, () => new Trend(NOISE_FLOOR));
    /** Thumb's tip to the middle joint of the index finger: small where it lies on a fist. */
    public readonly thumbToIndex = new Trend(NOISE_FLOOR);
    /** Thumb's tip to the middle joint of the middle finger: small where it holds curled fingers. */
    public readonly thumbToMiddle = new Trend(NOISE_FLOOR);
    /** Thumb's tip to the pinky's knuckle: small where it is folded across the palm. */
    public readonly thumbToPinky = new Trend(NOISE_FLOOR);
    /** Thumb's tip to the index finger's. */
    public readonly thumbToIndexTip = new Trend(NOISE_FLOOR);
    /** How far the index finger's tip is from the middle finger's, across the palm; crossed fingers count less than 0. */
    public readonly spread = new Trend(NOISE_FLOOR);
    /** Cosine of the angle between the thumb and the upward direction. */
    public readonly thumbUp = new Trend(NOISE_FLOOR);
    /** Palm's length, metres. */
    public readonly palm = new Trend(PALM_NOISE_FLOOR);

    /** @param up unit vector of camera space that counts as up */
    public update(state: HandState, up: ArrayLike<number>): void {
        const { joints, timeMs } = state;
        this.palm.add(palmLength(state), timeMs);
        const palm = this.palm.steady;
        for (let finger = 1; finger < 5; finger++) {
            this.extensions[finger - 1].add(fingerExtension(state, finger), timeMs);
            this.curls[finger - 1].add(fingerCurl(state, finger), timeMs);
        }
        this.thumbToIndex.add(jointDistance(joints, THUMB_TIP, INDEX_MIDDLE_JOINT) / palm, timeMs);
        this.thumbToMiddle.add(jointDistance(joints, THUMB_TIP, MIDDLE_MIDDLE_JOINT) / palm, timeMs);
        this.thumbToPinky.add(jointDistance(joints, THUMB_TIP, PINKY_KNUCKLE) / palm, timeMs);
        this.thumbToIndexTip.add(jointDistance(joints, THUMB_TIP, TIP_JOINTS[1]) / palm, timeMs);
        palmAxes(joints, state.side, axes);
        let spread = 0;
        let thumbUp = 0;
        for (let k = 0; k < 3; k++) {
            spread += (joints[TIP_JOINTS[1] * 3 + k] - joints[TIP_JOINTS[2] * 3 + k]) * axes[3 + k];
            thumbUp += (joints[THUMB_TIP * 3 + k] - joints[THUMB_KNUCKLE * 3 + k]) * up[k];
        }
        this.spread.add(spread / palm, timeMs);
        this.thumbUp.add(thumbUp / jointDistance(joints, THUMB_TIP, THUMB_KNUCKLE), timeMs);
    }
}
