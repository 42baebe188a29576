// One of the two hands of an XR device: what the camera last saw of it, what it does, where it is now.

import { GestureRecognizer } from "../gestures/gestureRecognizer";
import { copyHandState, createHandState, type HandState } from "../hand/handState";
import type { HandSide } from "../hand/joints";
import { createHandObservation, unpackObservation } from "../tracking/handObservation";
import { LOSS_GRACE_MS, STALL_MS } from "../tracking/presence";
import { predictHandState } from "../tracking/prediction";

/** Fingertips take so long to meet, or part, when a pinch starts or ends, ms: they don't jump. */
const CLOSING_MS = 60;

export class BridgedHand {
    /** The hand at the time of the last `update`, camera space. */
    public readonly state: HandState;
    /** Whether it is there: seen, or lost a moment ago. */
    public isPresent = false;
    /** Whether the last processed frame showed it. */
    public isTracked = false;
    /** Whether thumb and index finger pinch. */
    public isPinching = false;
    /** Whether the pinch that ended last was cut off by the loss of the hand, so that it selects nothing. */
    public wasCancelled = false;

    /** How far the fingertips of a pinch have come together, 0..1 (`closePinch`). */
    public closure = 0;

    private readonly _captured: HandState;
    private readonly _observation = createHandObservation();
    private readonly _gestures: GestureRecognizer;
    private _isPredicted = false;
    private _seenMs = -Infinity;
    private _updatedMs = 0;

    public constructor(public readonly side: HandSide) {
        this.state = createHandState(side);
        this._captured = createHandState(side);
        this._gestures = new GestureRecognizer(side, ({ name, transition }) => {
            if (name !== "pinch") {
                return;
            }
            if (transition === "start") {
                this.isPinching = true;
            } else if (transition === "end" || transition === "cancel") {
                this.isPinching = false;
                this.wasCancelled = transition === "cancel";
            }
        });
    }

    /** The tracker's number of the hand that was last seen. */
    public get id(): number {
        return this._captured.id;
    }

    /** Takes a packed observation (`packObservation`) of a frame captured at `timeMs`. */
    public observe(buffer: Float32Array, offset: number, timeMs: number): void {
        unpackObservation(buffer, offset, timeMs, this._observation);
        predictHandState(this._observation, timeMs, this._captured);
        this._isPredicted = true;
        this._see();
    }

    /** Takes the hand of a `HandSource`, which is shown as it is. */
    public observeState(state: HandState): void {
        copyHandState(state, this._captured);
        this._isPredicted = false;
        this._see();
    }

    /** The last frame did not show it. */
    public lose(): void {
        if (this.isTracked) {
            this.isTracked = false;
            this._gestures.lost(this._seenMs);
        }
    }

    /** It is gone: what it did is over. */
    public leave(): void {
        this.lose();
        if (this.isPresent) {
            this.isPresent = false;
            this._gestures.cancel(this._seenMs + LOSS_GRACE_MS);
            this.closure = 0;
        }
    }

    /** Carries the hand on to a time of its source's clock, ms. */
    public update(nowMs: number): void {
        const step = Math.max(nowMs - this._updatedMs, 0) / CLOSING_MS;
        this._updatedMs = nowMs;
        this.closure = Math.min(Math.max(this.closure + (this.isPinching ? step : -step), 0), 1);
        if (this.isTracked && nowMs - this._seenMs > STALL_MS) {
            this.lose();
        }
        if (this.isTracked) {
            if (this._isPredicted) {
                predictHandState(this._observation, nowMs, this.state);
            } else {
                copyHandState(this._captured, this.state);
            }
        } else if (this.isPresent && nowMs - this._seenMs > LOSS_GRACE_MS) {
            this.leave();
        }
    }

    private _see(): void {
        this._seenMs = this._captured.timeMs;
        this.isTracked = true;
        this.isPresent = true;
        // On what was captured: predictions overshoot where fingers meet.
        this._gestures.update(this._captured);
    }
}
