// Pinch of the thumb and another finger.

import type { HandState } from "../hand/handState";
import { TIP_JOINTS } from "../hand/joints";
import { jointDistance } from "../hand/norm";
import { fingerCurl, palmLength, pinchDistance } from "./handMeasures";
import { HysteresisGate, type GestureTransition } from "./hysteresis";
import { Trend } from "./trend";

/** Pinch distances (over palm length) from a survey of peers (docs/gestures.md): start below, end above, end after opening by this much. */
export const PINCH_ENTER = 0.28;
export const PINCH_EXIT = 0.45;
const PINCH_RISE = 0.25;
/**
 * Where the distance jitters a start is allowed this many standard deviations sooner, up to this much: two frames of a
 * pinch then agree, so that it is late by no third one.
 */
const NOISE_MARGIN = 1;
const MAX_NOISE_MARGIN = 0.05;
/** Distance at which the strength is 0; it is 1 at contact of the tips' joints. */
const OPEN_DISTANCE = 0.8;
const CONTACT_DISTANCE = 0.15;
/**
 * A hand that closes to a fist brings the tips together on the way: no pinch starts while the other fingers' curl, carried
 * on at its speed for this long, would make a fist, s...
 */
const FORESIGHT_S = 0.15;
const FIST_CURL = 0.6;
/** ...nor while they open faster than this, 1/s, from a mean curl above this, or did so or closed a moment ago. */
const OPENING_SPEED = 1;
const OPENING_CURL = 0.15;
const MEMORY_MS = 150;
/** Speeds of the curl are judged over two frames and over five, less this many standard deviations of their noise. */
const FAST_SAMPLES = 2;
const SLOW_SAMPLES = 5;
const SPEED_NOISE = 3;
/**
 * A thumb that lies on curled fingers, as in a victory sign, is nearer to their middle joints than to their tips: the middle,
 * ring and pinky finger are pinched only where the tip is nearer by this much, over palm length.
 */
const TIP_LEAD = 0.05;
/** Noise of a distance over palm length, and of a curl, until it is known: 2 mm on an adult hand. */
const NOISE_FLOOR = 0.02;

export class PinchDetector {
    /** 0 open .. 1 touching. */
    public strength = 0;
    /** Distance of the tips over the palm's length, as last judged. */
    public distance = NaN;
    private readonly _gate = new HysteresisGate({
        enter: -PINCH_ENTER,
        exit: -PINCH_EXIT,
        frames: 2,
        relativeExit: PINCH_RISE,
        cooldownMs: 100,
    });

    private readonly _distances = new Trend(NOISE_FLOOR);
    private readonly _curls = new Trend(NOISE_FLOOR);
    private readonly _leads = new Trend(NOISE_FLOOR);
    private _handAtWorkMs = -Infinity;

    /** @param _finger the finger that meets the thumb: 1 index .. 4 pinky */
    public constructor(private readonly _finger = 1) {}

    public get isActive(): boolean {
        return this._gate.isActive;
    }

    /**
     * @param state the hand at a frame's capture time
     * @param allowed false while the whole hand grabs: no pinch starts
     */
    public update(state: HandState, allowed = true): GestureTransition {
        const { timeMs } = state;
        const distance = pinchDistance(state, this._finger);
        this.distance = distance;
        this.strength =
            1 - Math.min(Math.max((distance - CONTACT_DISTANCE) / (OPEN_DISTANCE - CONTACT_DISTANCE), 0), 1);
        this._distances.add(distance, timeMs);
        this._watchOtherFingers(state);
        const { noise, isDense } = this._distances;
        const margin = this.isActive || !isDense ? 0 : Math.min(NOISE_MARGIN * noise, MAX_NOISE_MARGIN);
        const meetsTip = this._meetsTip(state);
        const permitted = allowed && meetsTip && timeMs - this._handAtWorkMs > MEMORY_MS;
        return this._gate.update(margin - distance, timeMs, permitted);
    }

    public cancel(timeMs: number): GestureTransition {
        this.strength = 0;
        return this._gate.cancel(timeMs);
    }

    private _meetsTip(state: HandState): boolean {
        if (this._finger === 1) {
            return true;
        }
        const tip = TIP_JOINTS[this._finger];
        const toTip = jointDistance(state.joints, TIP_JOINTS[0], tip);
        const toMiddleJoint = jointDistance(state.joints, TIP_JOINTS[0], tip - 2);
        this._leads.add((toMiddleJoint - toTip) / palmLength(state), state.timeMs);
        // The steady value lags behind a closing hand, the last one errs in single frames.
        return Math.max(this._leads.value, this._leads.steady) > TIP_LEAD;
    }

    private _watchOtherFingers(state: HandState): void {
        // The index finger bends with any of the others: it tells nothing of a fist.
        let sum = 0;
        let count = 0;
        for (let finger = 2; finger < 5; finger++) {
            if (finger !== this._finger) {
                sum += fingerCurl(state, finger);
                count++;
            }
        }
        this._curls.add(sum / count, state.timeMs);
        const fast = this._curls.significantSlope(FAST_SAMPLES, SPEED_NOISE);
        const slow = this._curls.significantSlope(SLOW_SAMPLES, SPEED_NOISE);
        const speed = Math.abs(fast) > Math.abs(slow) ? fast : slow;
        const closes = speed > 0 && this._curls.steady + speed * FORESIGHT_S > FIST_CURL;
        const opens = -speed > OPENING_SPEED && this._curls.mean > OPENING_CURL;
        if (closes || opens) {
            this._handAtWorkMs = state.timeMs;
        }
    }
}
