// Strengths of the static gestures: each is as strong as the condition that holds least.

import type { HandFeatures } from "./handFeatures";
import type { POSE_NAMES } from "./gestureNames";

export type PoseName = (typeof POSE_NAMES)[number];

/** A static gesture starts above the first strength and ends below the second. */
export const POSE_ENTER = 0.5;
export const POSE_EXIT = 0.25;

// [value at which a condition does not hold at all, value from which on it holds wholly]: set between the recorded poses of
// tests/fixtures/poses that show the gesture and those that do not; docs/gestures.md lists both.
type Ramp = readonly [number, number];
/** Extension of a stretched finger. */
const STRETCHED: Ramp = [0.45, 0.75];
/** Extension of the fingers of an open palm: a relaxed hand's fingers are bent at the knuckles. */
const OPEN: Ramp = [0.5, 0.8];
/** Extension of a finger folded away beside stretched ones. */
const FOLDED: Ramp = [0.35, 0.05];
/** Curl of the least curled finger of a fist; a camera that sees a fist from its knuckles gives it 0.5. */
const CLOSED: Ramp = [0.3, 0.6];
/** Thumb's tip to the middle joint of the index finger: on a fist, and stretched from it. */
const THUMB_ON_FIST: Ramp = [0.75, 0.6];
const THUMB_OFF_FIST: Ramp = [0.6, 0.8];
/** Thumb's tip to the middle joint of the middle finger: a victory sign's thumb holds the other fingers. */
const THUMB_IN: Ramp = [1.05, 0.8];
/** Thumb's tip to the pinky's knuckle: not folded across an open palm. */
const THUMB_BESIDE: Ramp = [0.45, 0.75];
/** Thumb's tip to the index finger's: pointing is no pinch. */
const TIPS_APART: Ramp = [0.3, 0.5];
/** Tips of index and middle finger apart, across the palm. */
const SPREAD: Ramp = [0.28, 0.42];
/** Cosine of the thumb's angle to up or down: not at all at 60 degrees, wholly at 35. */
const UPRIGHT: Ramp = [Math.cos(Math.PI / 3), Math.cos((35 * Math.PI) / 180)];

function ramp(value: number, between: Ramp): number {
    return Math.min(Math.max((value - between[0]) / (between[1] - between[0]), 0), 1);
}

function foldedFrom(hand: HandFeatures, first: number): number {
    let least = 1;
    for (let finger = first; finger < 4; finger++) {
        least = Math.min(least, ramp(hand.extensions[finger].steady, FOLDED));
    }
    return least;
}

function closed(hand: HandFeatures): number {
    let least = 1;
    for (const curl of hand.curls) {
        least = Math.min(least, ramp(curl.steady, CLOSED));
    }
    return least;
}

function thumbs(hand: HandFeatures, cosine: number): number {
    return Math.min(closed(hand), ramp(hand.thumbToIndex.steady, THUMB_OFF_FIST), ramp(cosine, UPRIGHT));
}

/** 0..1 for each static gesture. */
export const POSE_STRENGTHS: Readonly<Record<PoseName, (hand: HandFeatures) => number>> = {
    point: (hand) =>
        Math.min(
            ramp(hand.extensions[0].steady, STRETCHED),
            foldedFrom(hand, 1),
            ramp(hand.thumbToIndexTip.steady, TIPS_APART)
        ),
    "open-palm": (hand) => {
        let least = ramp(hand.thumbToPinky.steady, THUMB_BESIDE);
        for (const extension of hand.extensions) {
            least = Math.min(least, ramp(extension.steady, OPEN));
        }
        return least;
    },
    fist: (hand) => Math.min(closed(hand), ramp(hand.thumbToIndex.steady, THUMB_ON_FIST)),
    "thumbs-up": (hand) => thumbs(hand, hand.thumbUp.steady),
    "thumbs-down": (hand) => thumbs(hand, -hand.thumbUp.steady),
    victory: (hand) =>
        Math.min(
            ramp(hand.extensions[0].steady, STRETCHED),
            ramp(hand.extensions[1].steady, STRETCHED),
            foldedFrom(hand, 2),
            ramp(hand.thumbToMiddle.steady, THUMB_IN),
            ramp(hand.spread.steady, SPREAD)
        ),
};
