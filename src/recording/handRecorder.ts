// Collects hands frame by frame, whatever source they come from, for a recording.

import { HandTrackingError } from "../errors";
import { createHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, type HandSide } from "../hand/joints";
import { stringifyHandRecording, roundTime, type HandRecording, type HandRecordingFrame } from "./handRecording";
import { handStateProblem, MAX_FRAMES, MAX_HANDS, MAX_TIME_MS } from "./recordingLimits";

// A hand in a chunk: confidence, size, sigma, depthSigma, then joints, rotations and radii.
const SCALARS = 4;
const JOINTS_AT = SCALARS;
const ROTATIONS_AT = JOINTS_AT + JOINT_COUNT * 3;
const RADII_AT = ROTATIONS_AT + JOINT_COUNT * 4;
const HAND_LENGTH = RADII_AT + JOINT_COUNT;
/** Hands a chunk: memory is taken every ten seconds or so, not every frame. */
const CHUNK_HANDS = 512;

/** Records the states that it is given; the first one's time becomes zero. */
export class HandRecorder {
    private readonly _times: number[] = [];
    /** Number of hands before each frame, and after the last. */
    private readonly _firstHands: number[] = [0];
    private readonly _ids: number[] = [];
    private readonly _sides: HandSide[] = [];
    private readonly _chunks: Float32Array[] = [];
    private _startMs = 0;

    public get frameCount(): number {
        return this._times.length;
    }

    /** From the first frame to the last, ms. */
    public get duration(): number {
        return this._times.at(-1) ?? 0;
    }

    /**
     * Copies all hands of one moment; an empty list records that none was seen. A second list for the same moment (to the
     * microsecond) replaces the first.
     * @param timeMs the moment that the states describe, on any clock that does not go back
     * @throws HandTrackingError `invalid-argument` for a time before the last frame's, more than two hands, values that are
     * not finite or out of range, or a recorder that is full; what was recorded before is kept
     */
    public add(states: readonly HandState[], timeMs: number): void {
        this._check(states, timeMs);
        if (this._times.length === 0) {
            this._startMs = timeMs;
        }
        const time = roundTime(timeMs - this._startMs);
        if (time === this._times.at(-1)) {
            this._removeLast();
        }
        this._times.push(time);
        for (const state of states) {
            this._push(state);
        }
        this._firstHands.push(this._ids.length);
    }

    /** Forgets all frames. */
    public clear(): void {
        this._times.length = 0;
        this._firstHands.length = 1;
        this._ids.length = 0;
        this._sides.length = 0;
        this._chunks.length = 0;
    }

    /** What was recorded so far; recording may go on. */
    public toRecording(): HandRecording {
        const frames = this._times.map((timeMs, frame): HandRecordingFrame => {
            const hands: HandState[] = [];
            for (let hand = this._firstHands[frame]; hand < this._firstHands[frame + 1]; hand++) {
                hands.push(this._read(hand, timeMs));
            }
            return { timeMs, hands };
        });
        return { frames };
    }

    /** What was recorded so far, as `stringifyHandRecording` writes it. */
    public toJson(): string {
        return stringifyHandRecording(this.toRecording());
    }

    private _check(states: readonly HandState[], timeMs: number): void {
        const fail = (message: string): HandTrackingError => new HandTrackingError("invalid-argument", message);
        const lastMs = this._startMs + this.duration;
        if (!Number.isFinite(timeMs)) {
            throw fail(`The frame's time is ${timeMs}; give milliseconds.`);
        }
        if (this._times.length > 0 && roundTime(timeMs - this._startMs) < this.duration) {
            throw fail(`The frame's time, ${timeMs} ms, is before the last frame's, ${lastMs} ms; call clear() first.`);
        }
        if (this._times.length > 0 && timeMs - this._startMs > MAX_TIME_MS) {
            throw fail(`The frame's time, ${timeMs} ms, is more than a day after the first; call clear() first.`);
        }
        if (this._times.length >= MAX_FRAMES) {
            throw fail(`The recorder holds ${MAX_FRAMES} frames, as many as fit; save them and call clear().`);
        }
        if (states.length > MAX_HANDS || (states.length === 2 && states[0].id === states[1].id)) {
            throw fail(`The frame has ${states.length} hands; give at most ${MAX_HANDS}, each with its own id.`);
        }
        for (const state of states) {
            const problem = handStateProblem(state);
            if (problem) {
                throw fail(`The hand ${state.id} cannot be recorded: its ${problem}. Leave this frame out.`);
            }
        }
    }

    private _removeLast(): void {
        this._times.pop();
        this._firstHands.pop();
        this._ids.length = this._sides.length = this._firstHands[this._firstHands.length - 1];
    }

    private _push(state: HandState): void {
        const hand = this._ids.length;
        if (hand === this._chunks.length * CHUNK_HANDS) {
            this._chunks.push(new Float32Array(CHUNK_HANDS * HAND_LENGTH));
        }
        this._ids.push(state.id);
        this._sides.push(state.side);
        const chunk = this._chunks[Math.floor(hand / CHUNK_HANDS)];
        const at = (hand % CHUNK_HANDS) * HAND_LENGTH;
        chunk[at] = state.confidence;
        chunk[at + 1] = state.size;
        chunk[at + 2] = state.sigma;
        chunk[at + 3] = state.depthSigma;
        chunk.set(state.joints, at + JOINTS_AT);
        chunk.set(state.rotations, at + ROTATIONS_AT);
        chunk.set(state.radii, at + RADII_AT);
    }

    private _read(hand: number, timeMs: number): HandState {
        const chunk = this._chunks[Math.floor(hand / CHUNK_HANDS)];
        const at = (hand % CHUNK_HANDS) * HAND_LENGTH;
        const state = createHandState(this._sides[hand]);
        state.id = this._ids[hand];
        state.timeMs = timeMs;
        state.confidence = chunk[at];
        state.size = chunk[at + 1];
        state.sigma = chunk[at + 2];
        state.depthSigma = chunk[at + 3];
        state.joints.set(chunk.subarray(at + JOINTS_AT, at + ROTATIONS_AT));
        state.rotations.set(chunk.subarray(at + ROTATIONS_AT, at + RADII_AT));
        state.radii.set(chunk.subarray(at + RADII_AT, at + HAND_LENGTH));
        return state;
    }
}
