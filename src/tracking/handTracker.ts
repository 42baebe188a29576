// Which hands a video shows, from frame to frame: where to look, what to believe, which of two tracks is astray. No networks here.

import type { CropWindow } from "../camera/cropWindow";
import type { Intrinsics } from "../camera/intrinsics";
import type { HandSide } from "../hand/joints";
import type { RecoveredHand } from "../hand/recoveredHand";
import type { HandObservation } from "./handObservation";
import { HandSolver, type RecovererNoise } from "./handSolver";
import { ENTER_PRESENCE, HandTrack, isSameHand, KEEP_PRESENCE } from "./handTrack";
import { windowOverlap } from "./windows";

/** Once one hand is tracked, a second is looked for this seldom, frames: the detector costs as much as several hands. */
export const SECOND_HAND_INTERVAL = 10;
/** A new window that overlaps a tracked one by more than this is the same hand. */
const SAME_WINDOW_IOU = 0.5;

/** Jumps of two tracks that differ by less than this, over the window's side, do not tell which is astray: the newer is. */
const JUMP_MARGIN = 0.05;

export interface HandTrackerOptions {
    /** @default 2 */
    maxHands?: number;
    /** Size of the hands relative to the rig. @default 1 */
    handSize?: number;
    /** What to expect of the recoverer. */
    noise?: RecovererNoise;
}

/**
 * Of each frame: `beginFrame`, then for every track either `take` what the recoverer says of its window or `drop` it, then
 * `dropStrays`; where `isDetectionDue`, `propose` every palm's window and take or drop what comes of it; then `observe`.
 */
export class HandTracker {
    private readonly _tracks: HandTrack[] = [];
    // Solvers keep what was learnt of a person's hand: a lost hand that comes back finds it again.
    private readonly _idleSolvers: Record<HandSide, HandSolver[]> = { left: [], right: [] };
    private readonly _maxHands: number;
    private _nextId = 1;
    private _framesSinceDetection = SECOND_HAND_INTERVAL;
    private _width = 0;
    private _height = 0;

    private readonly _options: HandTrackerOptions;

    public constructor(options: HandTrackerOptions = {}) {
        this._options = { ...options };
        this._maxHands = options.maxHands ?? 2;
    }

    /** Another recoverer speaks from the next frame on; tracks stay. */
    public changeNoise(noise: RecovererNoise | undefined): void {
        this._options.noise = noise;
        for (const { solver } of this._tracks) {
            solver?.changeNoise(noise);
        }
        for (const solver of [...this._idleSolvers.left, ...this._idleSolvers.right]) {
            solver.changeNoise(noise);
        }
    }

    public get tracks(): readonly HandTrack[] {
        return this._tracks;
    }

    /**
     * Moves all windows to where their hands will be.
     * @param width, height of the frame, px: tracks do not outlive a turned phone or another resolution
     * @param timeMs capture time
     */
    public beginFrame(width: number, height: number, timeMs: number): void {
        if (width !== this._width || height !== this._height) {
            this._reset();
            this._width = width;
            this._height = height;
        }
        this._framesSinceDetection++;
        for (const track of this._tracks) {
            track.predict(timeMs);
        }
    }

    /**
     * What a recoverer saw in a track's window.
     * @returns false where there is no hand (or another one) in it: the track should be dropped
     */
    public take(track: HandTrack, recovered: RecoveredHand, intrinsics: Intrinsics, timeMs: number): boolean {
        track.isSolved = false;
        const isPresent = recovered.presence >= (track.solver ? KEEP_PRESENCE : track.enterPresence);
        if (!isPresent || !recovered.crop.every(Number.isFinite)) {
            return false;
        }
        track.vote.add(recovered.rightness, track.window.mirrored);
        if (track.vote.isContradicted) {
            return false;
        }
        if (!track.solver && track.vote.side) {
            this._decideSide(track, track.vote.side);
        }
        // The solver takes right hands, or left ones in a mirrored crop: the frame that decides on `left` was not yet.
        const mirrored = track.observation.side === "left";
        if (track.solver && track.window.mirrored === mirrored) {
            // It takes the window that the crop was taken in, so it comes before the track moves on.
            track.isSolved = track.solver.solve(recovered, track.window, intrinsics, timeMs, track.observation);
        }
        track.follow(recovered.crop, timeMs);
        track.window.mirrored = track.solver !== null && mirrored;
        return true;
    }

    /** Gives a track up. */
    public drop(track: HandTrack): void {
        this._tracks.splice(this._tracks.indexOf(track), 1);
        track.isSolved = false;
        if (track.solver) {
            this._idleSolvers[track.observation.side].push(track.solver);
            track.solver = null;
            // A hand may have jumped rather than gone: it is looked for in this very frame. Palms that turned out to be
            // none do not call for another look, else one thing that resembles a palm would cost a detection every frame.
            this._framesSinceDetection = SECOND_HAND_INTERVAL;
        }
    }

    /** Where two tracks have come to follow one hand, drops the one that is astray. */
    public dropStrays(): void {
        for (let i = this._tracks.length - 1; i > 0; i--) {
            for (let j = 0; j < i; j++) {
                const [older, newer] = [this._tracks[j], this._tracks[i]];
                if (isSameHand(older, newer)) {
                    this.drop(isAstray(older, newer) ? older : newer);
                    break;
                }
            }
        }
    }

    /** Whether palms should be looked for in this frame; asking counts as looking. */
    public isDetectionDue(): boolean {
        const isMissing = this._tracks.length < this._maxHands;
        if (!isMissing || (this._tracks.length > 0 && this._framesSinceDetection < SECOND_HAND_INTERVAL)) {
            return false;
        }
        this._framesSinceDetection = 0;
        return true;
    }

    /**
     * A new track for a palm's window; null where it is tracked already, or enough hands are.
     * @param enterPresence what the hand's presence must be at least
     */
    public propose(window: CropWindow, enterPresence = ENTER_PRESENCE): HandTrack | null {
        if (
            this._tracks.length >= this._maxHands ||
            this._tracks.some((track) => windowOverlap(track.window, window) > SAME_WINDOW_IOU)
        ) {
            return null;
        }
        const track = new HandTrack(this._nextId++, enterPresence);
        Object.assign(track.window, window, { mirrored: false });
        this._tracks.push(track);
        return track;
    }

    /** @param hands receives the hands that this frame showed; valid until the next frame */
    public observe(hands: HandObservation[]): void {
        hands.length = 0;
        for (const track of this._tracks) {
            if (track.isSolved) {
                hands.push(track.observation);
            }
        }
    }

    /** Forgets all tracks: the next frame has nothing to do with the last. */
    private _reset(): void {
        while (this._tracks.length > 0) {
            this.drop(this._tracks[0]);
        }
        this._framesSinceDetection = SECOND_HAND_INTERVAL;
    }

    private _decideSide(track: HandTrack, side: HandSide): void {
        const { handSize: size, noise } = this._options;
        track.solver = this._idleSolvers[side].pop() ?? new HandSolver({ size, noise });
        track.solver.reset();
        track.observation.id = track.id;
        track.observation.side = side;
    }
}

/**
 * Whether, of two tracks that follow one hand, the older one has left its own: this frame's hand is of the other side than
 * its own and not than the newer one's, or, sides being equal, it had to jump farther to get here.
 */
function isAstray(older: HandTrack, newer: HandTrack): boolean {
    const [mine, its] = [older.vote.agreement, newer.vote.agreement];
    if (mine < 0 !== its < 0) {
        return mine < 0;
    }
    return older.jump > newer.jump + JUMP_MARGIN;
}
