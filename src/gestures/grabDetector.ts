// Grab with the whole hand: the four fingers close.

import type { HandState } from "../hand/handState";
import { grabStrength } from "./handMeasures";
import { HysteresisGate, type GestureTransition } from "./hysteresis";
import { Trend } from "./trend";

/**
 * 0.7 and 0.5 are usual for the mean curl alone. A camera that sees a fist from its knuckles gives it 0.5 to 0.62; as
 * pointing hands count 0.35 here and pinching ones 0.4 at most, the thresholds can lie lower.
 */
export const GRAB_ENTER = 0.48;
export const GRAB_EXIT = 0.36;
const GRAB_FALL = 0.4;
/**
 * Noise of the joints lengthens bones and so feigns curl: where the strength jitters a grab starts this many standard
 * deviations later, up to this much.
 */
const NOISE_MARGIN = 1.5;
const MAX_NOISE_MARGIN = 0.06;
/** Noise of the strength until it is known. */
const NOISE_FLOOR = 0.04;

export class GrabDetector {
    /** 0 open hand .. 1 fist. */
    public strength = 0;
    private readonly _gate = new HysteresisGate({
        enter: GRAB_ENTER,
        exit: GRAB_EXIT,
        frames: 2,
        relativeExit: GRAB_FALL,
        cooldownMs: 150,
    });

    private readonly _strengths = new Trend(NOISE_FLOOR);

    public get isActive(): boolean {
        return this._gate.isActive;
    }

    /** @param state the hand at a frame's capture time */
    public update(state: HandState): GestureTransition {
        this.strength = grabStrength(state);
        this._strengths.add(this.strength, state.timeMs);
        const { steady, noise, isDense } = this._strengths;
        const margin = this.isActive || !isDense ? 0 : Math.min(NOISE_MARGIN * noise, MAX_NOISE_MARGIN);
        return this._gate.update(steady - margin, state.timeMs);
    }

    public cancel(timeMs: number): GestureTransition {
        this.strength = 0;
        return this._gate.cancel(timeMs);
    }
}
