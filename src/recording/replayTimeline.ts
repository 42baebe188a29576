// Where a replay is: what of a recording is due when, at any speed, through loops and jumps.

import type { HandRecording } from "./handRecording";

/** How long the only frame of a recording is shown, ms. */
const DEFAULT_FRAME_MS = 1000 / 30;

/**
 * Maps the replay's clock to places of the recording: position = basePosition + (now - base) * speed. Its events are the
 * frames, then the loss at the end (number `frameCount`), then the next start (one more).
 */
export class ReplayTimeline {
    /** From the first frame to the last, recorded ms. */
    public readonly duration: number;
    /** The event that comes next. */
    public next = 0;
    /** Starts and jumps so far. */
    public take = 0;

    private readonly _frameMs: number;
    private _baseMs = 0;
    private _basePosition = 0;

    /**
     * @param gapMs from the loss at the end to the next start, on the replay's clock
     * @param speed recorded ms that pass in one
     */
    public constructor(
        private readonly _frames: HandRecording["frames"],
        private readonly _gapMs: number,
        private _speed: number
    ) {
        const count = _frames.length;
        this.duration = count > 0 ? this.timeOf(count - 1) : 0;
        // The last frame is shown as long as the others are on average.
        this._frameMs = count > 1 ? this.duration / (count - 1) : DEFAULT_FRAME_MS;
    }

    public get frameCount(): number {
        return this._frames.length;
    }

    public get speed(): number {
        return this._speed;
    }

    /** Changes the speed from a moment on. */
    public setSpeed(speed: number, nowMs: number): void {
        this._basePosition = this.positionAt(nowMs);
        this._baseMs = nowMs;
        this._speed = speed;
    }

    /** Recorded ms since the first frame; beyond `duration` between two loops. */
    public positionAt(nowMs: number): number {
        return this._basePosition + (nowMs - this._baseMs) * this._speed;
    }

    /** Of a frame, recorded ms since the first. */
    public timeOf(frame: number): number {
        return this._frames[frame].timeMs - this._frames[0].timeMs;
    }

    /** When an event is due on the replay's clock, ms. */
    public dueMs(event: number): number {
        const count = this._frames.length;
        const position = event < count ? this.timeOf(event) : this.duration + this._frameMs;
        const dueMs = this._baseMs + Math.max(0, position - this._basePosition) / this._speed;
        return event > count ? dueMs + this._gapMs : dueMs;
    }

    /** From a moment on the recording plays from its start. */
    public restart(nowMs: number): void {
        this.jump(0, nowMs);
    }

    /** From a moment on it plays from a position, first of all the frame that is shown there. */
    public jump(position: number, nowMs: number): void {
        this.take++;
        this._basePosition = Math.min(Math.max(position, 0), this.duration);
        this._baseMs = nowMs;
        this.next = 0;
        while (this.next + 1 < this._frames.length && this.timeOf(this.next + 1) <= this._basePosition) {
            this.next++;
        }
    }
}
