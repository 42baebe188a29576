// The two hands of an XR device: which observation is which of them.

import type { HandState } from "../hand/handState";
import type { HandSide } from "../hand/joints";
import { OBSERVATION_LENGTH } from "../tracking/handObservation";
import type { PipelineClientResult } from "../worker/protocol";
import { BridgedHand } from "./bridgedHand";

/** Where a packed observation holds id and side (`packObservation`). */
const ID = 0;
const SIDE = 1;
const LEFT = 1;

/**
 * A device has one left and one right hand. Of two hands of the same side in one frame the one that was there before stays, or
 * the first: the tracker lists them in the order in which it found them.
 */
export class BridgedHands {
    public readonly left = new BridgedHand("left");
    public readonly right = new BridgedHand("right");
    private readonly _seen = { left: -1, right: -1 };

    /** Takes what a frame showed. */
    public receive({ count, buffer, timeMs }: PipelineClientResult): void {
        this._seen.left = this._seen.right = -1;
        for (let i = 0; i < count; i++) {
            const at = i * OBSERVATION_LENGTH;
            this._choose(buffer[at + SIDE] === LEFT ? "left" : "right", buffer[at + ID], i);
        }
        this._observe("left", buffer, timeMs);
        this._observe("right", buffer, timeMs);
    }

    /** Takes the hands of a `HandSource`. */
    public receiveStates(states: readonly HandState[]): void {
        this._seen.left = this._seen.right = -1;
        for (let i = 0; i < states.length; i++) {
            this._choose(states[i].side, states[i].id, i);
        }
        this._observeState("left", states);
        this._observeState("right", states);
    }

    /** Carries both hands on to a time of their source's clock, ms; once a rendered frame. */
    public update(nowMs: number): void {
        this.left.update(nowMs);
        this.right.update(nowMs);
    }

    /** Both are gone: the source has stopped. */
    public leave(): void {
        this.left.leave();
        this.right.leave();
    }

    private _choose(side: HandSide, id: number, index: number): void {
        const hand = this[side];
        if (this._seen[side] < 0 || (hand.isTracked && hand.id === id)) {
            this._seen[side] = index;
        }
    }

    private _observe(side: HandSide, buffer: Float32Array, timeMs: number): void {
        const index = this._seen[side];
        if (index < 0) {
            this[side].lose();
        } else {
            this[side].observe(buffer, index * OBSERVATION_LENGTH, timeMs);
        }
    }

    private _observeState(side: HandSide, states: readonly HandState[]): void {
        const index = this._seen[side];
        if (index < 0) {
            this[side].lose();
        } else {
            this[side].observeState(states[index]);
        }
    }
}
