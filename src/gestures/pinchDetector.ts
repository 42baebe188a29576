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
/**
 * A hand that closes to a fist brings the tips together on the way: no pinch starts while the other fingers' curl, carried
 * on at its speed for this long, would make a fist, ms...
 */
const FORESIGHT_MS = 150;
const FIST_CURL = 0.6;
/** ...nor while they open faster than this, 1/s, or did so or closed a moment ago. */
const OPENING_SPEED = 1;
const MEMORY_MS = 150;

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
    private _handAtWorkMs = -Infinity;

    public get isActive(): boolean {
        return this._gate.isActive;
    }

    /**
     * @param state the hand at a frame's capture time
     * @param allowed false while the whole hand grabs: no pinch starts
     */
    public update(state: HandState, allowed = true): GestureTransition {
        const distance = pinchDistance(state);
        this.strength =
            1 - Math.min(Math.max((distance - CONTACT_DISTANCE) / (OPEN_DISTANCE - CONTACT_DISTANCE), 0), 1);
        const { timeMs } = state;
        const curl = (fingerCurl(state, 2) + fingerCurl(state, 3) + fingerCurl(state, 4)) / 3;
        const speed = (curl - this._curl) / (timeMs - this._timeMs);
        const closes = speed > 0 && curl + speed * FORESIGHT_MS > FIST_CURL;
        if (closes || -speed * 1000 > OPENING_SPEED) {
            this._handAtWorkMs = timeMs;
        }
        this._curl = curl;
        this._timeMs = timeMs;
        return this._gate.update(-distance, timeMs, allowed && timeMs - this._handAtWorkMs > MEMORY_MS);
    }

    public cancel(timeMs: number): GestureTransition {
        this.strength = 0;
        return this._gate.cancel(timeMs);
    }
}
