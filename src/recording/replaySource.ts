// Plays a recording as a source of hands: in real time, or stepped by hand.

import { HandTrackingError } from "../errors";
import { copyHandState, createHandState, type HandState } from "../hand/handState";
import type { HandSource } from "../sources/handSource";
import type { HandRecording } from "./handRecording";
import { ReplayTimeline } from "./replayTimeline";

export interface ReplayOptions {
    /** Start again at the end. @default true */
    loop?: boolean;
    /** Without hands between the end and the next start, ms; more than the 250 ms for which a lost hand holds on. @default 500 */
    loopGapMs?: number;
    /** Recorded milliseconds that pass in one. @default 1 */
    speed?: number;
    /** No timer: time passes in `advanceTo` only. @default false */
    stepped?: boolean;
    /** ms. @default performance.now */
    clock?: () => number;
}

const DEFAULT_LOOP_GAP_MS = 500;
/** Those of HTMLMediaElement.playbackRate in Chromium. */
const MIN_SPEED = 1 / 16;
const MAX_SPEED = 16;
/** Where there are no animation frames (Node): twice as often as usual recordings have frames, ms. */
const TIMER_MS = 8;
/** More than this between two ticks is a hidden tab or a debugger: the replay has stood still meanwhile, ms. */
const MAX_TICK_MS = 250;

/**
 * Its clock (`now`, and `timeMs` of all it gives) is in real milliseconds since the first start, and stands still while the
 * replay is paused or stopped: at speed 2, hands move twice as fast. Every start of the recording, and every jump in it, gives
 * an empty list and then hands with other ids than before: they are lost and found and never seem to fly.
 */
export class ReplaySource implements HandSource {
    public onHands: ((hands: readonly HandState[], timeMs: number) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** The last frame was given and will not be followed by another. */
    public onEnded: (() => void) | null = null;

    private readonly _frames: HandRecording["frames"];
    private readonly _loop: boolean;
    private readonly _stepped: boolean;
    private readonly _realNow: () => number;
    // Above all ids of the recording: keeps those of different takes apart.
    private readonly _idStep: number;
    private readonly _timeline: ReplayTimeline;
    private readonly _given: HandState[] = [];
    private readonly _states: HandState[];

    private _paused = false;
    private _running = false;
    private _disposed = false;
    private _cancelTimer: (() => void) | null = null;
    private _tickMs = 0;
    private _nowMs = 0;

    /** @throws HandTrackingError `invalid-argument` for a speed or gap out of range */
    public constructor(recording: HandRecording, options: ReplayOptions = {}) {
        this._frames = recording.frames;
        this._idStep = 1 + this._frames.reduce((most, { hands }) => Math.max(most, ...hands.map(({ id }) => id)), 0);
        const handCount = this._frames.reduce((most, { hands }) => Math.max(most, hands.length), 0);
        this._states = Array.from({ length: handCount }, () => createHandState("right"));
        this._loop = options.loop ?? true;
        const gapMs = options.loopGapMs ?? DEFAULT_LOOP_GAP_MS;
        if (!(gapMs >= 0 && gapMs < Infinity)) {
            throw new HandTrackingError("invalid-argument", `loopGapMs is ${gapMs}; give 0 or more milliseconds.`);
        }
        this._timeline = new ReplayTimeline(this._frames, gapMs, checkedSpeed(options.speed ?? 1));
        this._stepped = options.stepped ?? false;
        this._realNow = options.clock ?? (() => performance.now());
    }

    /** From the recording's first frame to its last, recorded ms. */
    public get duration(): number {
        return this._timeline.duration;
    }

    /** Recorded milliseconds that pass in one, 1/16 to 16. */
    public get speed(): number {
        return this._timeline.speed;
    }
    /** @throws HandTrackingError `invalid-argument` */
    public set speed(speed: number) {
        checkedSpeed(speed);
        this._catchUp();
        this._timeline.setSpeed(speed, this._nowMs);
    }

    /** While true no frames are given and the clock stands still. */
    public get paused(): boolean {
        return this._paused;
    }
    public set paused(paused: boolean) {
        this._catchUp();
        this._paused = paused;
    }

    /** Where the replay is in the recording, recorded ms since its first frame; beyond `duration` between two loops. */
    public get position(): number {
        return this._timeline.positionAt(this.now());
    }

    /** The source's clock, ms. */
    public now(): number {
        return this._nowMs + this._sinceTick();
    }

    /** @throws HandTrackingError `invalid-argument` after `dispose` */
    public async startAsync(): Promise<void> {
        if (this._disposed) {
            throw new HandTrackingError("invalid-argument", "The replay was disposed; make a new ReplaySource.");
        }
        if (this._running) {
            return;
        }
        if (this._timeline.next > this._timeline.frameCount && !this._loop) {
            this._timeline.restart(this._nowMs);
        }
        this._running = true;
        this._tickMs = this._realNow();
        if (!this._stepped) {
            this._schedule();
        }
    }

    /**
     * Lets time pass up to a moment of the source's clock and gives all frames till then, for a source that is `stepped`.
     * @param ms at speed 1, milliseconds since the recording's start
     * @throws HandTrackingError `invalid-argument` for a source in real time or not started, or a time before `now`
     */
    public advanceTo(ms: number): void {
        if (!this._stepped || !this._running || !(ms >= this._nowMs && ms < Infinity)) {
            const state = !this._stepped
                ? "runs in real time"
                : this._running
                  ? `is at ${this._nowMs} ms`
                  : "is not started";
            throw new HandTrackingError(
                "invalid-argument",
                `advanceTo(${ms}) of a replay that ${state}; make it with { stepped: true }, start it, and go forwards.`
            );
        }
        this._giveUntil(ms);
    }

    /**
     * Jumps to a place of the recording and shows the hands there, also while paused. Not for use within `onHands`.
     * Whoever holds on for a while after a loss (`TrackedHand`: 250 ms) carries what it holds along.
     * @param position recorded ms since the first frame; held within the recording
     * @throws HandTrackingError `invalid-argument` if it is not a number
     */
    public seek(position: number): void {
        if (Number.isNaN(position)) {
            throw new HandTrackingError(
                "invalid-argument",
                "seek(NaN): give milliseconds since the recording's start."
            );
        }
        this._catchUp();
        this._timeline.jump(position, this._nowMs);
        if (this._running && this._frames.length > 0) {
            this._giveNone(this._nowMs);
            this._giveFrame(this._timeline.next++, this._nowMs);
        }
    }

    public stop(): void {
        this._catchUp();
        this._running = false;
        this._cancelTimer?.();
        this._cancelTimer = null;
    }

    public dispose(): void {
        this.stop();
        this._disposed = true;
        this.onHands = null;
        this.onError = null;
        this.onEnded = null;
    }

    private readonly _tick = (): void => {
        // Before anything is given: whoever receives it may stop the replay, or fail.
        this._schedule();
        this._catchUp();
        this._giveUntil(this._nowMs);
    };

    private _schedule(): void {
        if (typeof requestAnimationFrame === "function") {
            const request = requestAnimationFrame(this._tick);
            this._cancelTimer = () => cancelAnimationFrame(request);
        } else {
            const timer = setTimeout(this._tick, TIMER_MS);
            this._cancelTimer = () => clearTimeout(timer);
        }
    }

    private _sinceTick(): number {
        const passes = this._running && !this._paused && !this._stepped;
        return passes ? Math.min(Math.max(this._realNow() - this._tickMs, 0), MAX_TICK_MS) : 0;
    }

    /** Brings the clock up to date; frames due till then come with the next tick. */
    private _catchUp(): void {
        this._nowMs = this.now();
        this._tickMs = this._realNow();
    }

    private _giveUntil(ms: number): void {
        // Asked anew each time: whoever receives the hands may pause, stop or jump.
        while (this._running && !this._paused) {
            const dueMs = this._timeline.dueMs(this._timeline.next);
            if (dueMs > ms) {
                this._nowMs = Math.max(this._nowMs, ms);
                return;
            }
            this._nowMs = Math.max(this._nowMs, dueMs);
            this._giveNext(dueMs);
        }
    }

    private _giveNext(dueMs: number): void {
        const timeline = this._timeline;
        const count = timeline.frameCount;
        const event = timeline.next++;
        if (event > count) {
            timeline.restart(dueMs);
        } else if (event === count) {
            this._giveNone(dueMs);
            if (!this._loop) {
                this.stop();
                this.onEnded?.();
            }
        } else if (event + 1 === count || timeline.dueMs(event + 1) > dueMs) {
            // Else the speed was changed before both were given; two frames of one moment would have no velocity.
            this._giveFrame(event, dueMs);
        }
    }

    private _giveFrame(frame: number, timeMs: number): void {
        const { hands } = this._frames[frame];
        this._given.length = 0;
        for (let i = 0; i < hands.length; i++) {
            const state = this._states[i];
            copyHandState(hands[i], state);
            state.id += this._timeline.take * this._idStep;
            state.timeMs = timeMs;
            this._given.push(state);
        }
        this.onHands?.(this._given, timeMs);
    }

    private _giveNone(timeMs: number): void {
        this._given.length = 0;
        this.onHands?.(this._given, timeMs);
    }
}

function checkedSpeed(speed: number): number {
    if (!(speed >= MIN_SPEED && speed <= MAX_SPEED)) {
        throw new HandTrackingError("invalid-argument", `speed is ${speed}; give ${MIN_SPEED} to ${MAX_SPEED}.`);
    }
    return speed;
}
