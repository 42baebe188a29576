// Names of the gestures that come with the plugin, and what listeners are told.

import type { HandSide } from "../hand/joints";

/** Thumb and another finger's tips touch; `pinch` is the index finger's. */
export const PINCH_NAMES = ["pinch", "pinch-middle", "pinch-ring", "pinch-pinky"] as const;
/** What the hand looks like. */
export const POSE_NAMES = ["point", "open-palm", "fist", "thumbs-up", "thumbs-down", "victory"] as const;
/** Motion of the whole hand across the view; see `GestureRecognizerOptions.mirrored` for left and right. */
export const SWIPE_NAMES = ["swipe-left", "swipe-right", "swipe-up", "swipe-down"] as const;
/** All gestures that come with the plugin. */
export const GESTURE_NAMES = [...PINCH_NAMES, "grab", ...POSE_NAMES, "poke", ...SWIPE_NAMES] as const;

/** A gesture that comes with the plugin. */
export type GestureName = (typeof GESTURE_NAMES)[number];

/**
 * What happened to a gesture: it started, went on for a frame, ended, is over because its hand is gone (`cancel`), or its hand
 * is out of sight and may be back (`lost`: it stays active until the next `update`, `end` or `cancel`).
 */
export type GestureEventKind = "start" | "update" | "end" | "cancel" | "lost";

/** One transition of one gesture. The object is reused: copy what is to be kept. */
export interface GestureEvent {
    /** A `GestureName`, or the name of a pose of the registry. */
    name: string;
    transition: GestureEventKind;
    side: HandSide;
    /** Capture time of the frame, ms. */
    timeMs: number;
    /** 0..1, how much the gesture is made. */
    strength: number;
    /** 0..1, the hand's confidence times the certainty of its joints; see `gestureConfidence`. */
    confidence: number;
    /** Where it is made, camera space, metres (x right, y down, z forward); reused. */
    point: Float32Array;
}

export type GestureListener = (event: Readonly<GestureEvent>) => void;
