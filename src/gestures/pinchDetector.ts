// Pinch of thumb and index finger.

import type { HandState } from "../hand/handState";
import { fingerCurl, pinchDistance } from "./handMeasures";
import { HysteresisGate, type GestureTransition } from "./hysteresis";

/** Pinch distances (over palm length) of METHODS.md §5: start below, end above, end after opening by this much. */
export const PINCH_ENTER = 0.28;
export const PINCH_EXIT = 0.45;
const PINCH_RISE = 0.25;
/** Distance at which the strength is 0; it is 1 at contact of the tips' joints. */
const OPEN_DISTANCE = 0.8;
const CONTACT_DISTANCE = 0.15;
/** In a fist the tips are near each other as well: beyond this curl of the other fingers no pinch starts... */
const FIST_CURL = 0.75;
/** ...nor while they are closing or opening, faster than this, 1/s, or did so a moment ago: the whole hand is at work. */
const CURLING_SPEED = 1;
const CURLING_MEMORY_MS = 200;

export class PinchDetector {
    /** 0 open .. 1 touching. */
    public strength = 0;
    private readonly _gate = new HysteresisGate({
        enter: -PINCH_ENTER,
        exit: -PINCH_EXIT,
        frames: 2,
        relativeExit: PINCH_RISE,
        cooldownMs: 100,
    });

    private _curl = 0;
    private _timeMs = NaN;
    private _curlingMs = -Infinity;

    public get isActive(): boolean {
        return this._gate.isActive;
    }

    /** @param state the hand at a frame's capture time */
    public update(state: HandState): GestureTransition {
        const distance = pinchDistance(state);
        this.strength =
            1 - Math.min(Math.max((distance - CONTACT_DISTANCE) / (OPEN_DISTANCE - CONTACT_DISTANCE), 0), 1);
        const { timeMs } = state;
        const curl = (fingerCurl(state, 2) + fingerCurl(state, 3) + fingerCurl(state, 4)) / 3;
        if ((Math.abs(curl - this._curl) * 1000) / (timeMs - this._timeMs) > CURLING_SPEED) {
            this._curlingMs = timeMs;
        }
        this._curl = curl;
        this._timeMs = timeMs;
        return this._gate.update(-distance, timeMs, curl < FIST_CURL && timeMs - this._curlingMs > CURLING_MEMORY_MS);
    }

    public cancel(timeMs: number): GestureTransition {
        this.strength = 0;
        return this._gate.cancel(timeMs);
    }
}
