// A gesture as a gate: opens and closes on a measure, with different thresholds, after more than one frame.

/** What happened in one frame. */
export type GestureTransition = "none" | "start" | "update" | "end" | "cancel";

/** Thresholds of a gate; the measure is larger the more the gesture is made. */
export interface HysteresisOptions {
    enter: number;
    exit: number;
    /** Frames that must agree before it starts or ends: one bad frame does nothing. */
    frames: number;
    /** The gesture also ends when the measure falls by this much below its maximum since the start. */
    relativeExit: number;
    /** No start sooner than this after the last end, ms. */
    cooldownMs: number;
    /** A start also needs the measure above `enter` for this long, ms: fast cameras then wait for more frames. */
    dwellMs?: number;
}

export class HysteresisGate {
    private _active = false;
    private _frames = 0;
    private _maximum = 0;
    private _endedMs = -Infinity;
    private _wantedMs = 0;

    public constructor(private readonly _options: HysteresisOptions) {}

    public get isActive(): boolean {
        return this._active;
    }

    /**
     * Judges one frame.
     * @param allowed whether a start is permitted now
     */
    public update(measure: number, timeMs: number, allowed = true): GestureTransition {
        const { enter, exit, frames, relativeExit, cooldownMs, dwellMs = 0 } = this._options;
        if (!this._active) {
            const wanted = measure > enter && allowed && timeMs - this._endedMs >= cooldownMs;
            this._frames = wanted ? this._frames + 1 : 0;
            if (this._frames === 1) {
                this._wantedMs = timeMs;
            }
            if (this._frames < frames || timeMs - this._wantedMs < dwellMs) {
                return "none";
            }
            this._active = true;
            this._frames = 0;
            this._maximum = measure;
            return "start";
        }
        this._maximum = Math.max(this._maximum, measure);
        this._frames = measure < exit || measure < this._maximum - relativeExit ? this._frames + 1 : 0;
        if (this._frames < frames) {
            return "update";
        }
        return this._close(timeMs, "end");
    }

    /** The hand is gone: an active gesture is cancelled. */
    public cancel(timeMs: number): GestureTransition {
        this._frames = 0;
        return this._active ? this._close(timeMs, "cancel") : "none";
    }

    private _close(timeMs: number, transition: GestureTransition): GestureTransition {
        this._active = false;
        this._frames = 0;
        this._endedMs = timeMs;
        return transition;
    }
}
