// One tracked hand: where to look for it next, which side it is, when it is lost.

import { createCropWindow, type CropWindow } from "../camera/cropWindow";
import { KEYPOINT_COUNT } from "../hand/joints";
import { HandednessVote } from "./handednessVote";
import { createHandObservation } from "./handObservation";
import type { HandSolver } from "./handSolver";
import { cropToImage, windowFromKeypoints } from "./windows";
import { norm2 } from "../hand/norm";

/** Presence at which a hand is taken, and below which a taken hand is given up. */
export const ENTER_PRESENCE = 0.5;
export const KEEP_PRESENCE = 0.35;
/** A window is moved ahead by at most this fraction of its side. */
const MAX_LEAD = 0.5;
/**
 * A window is steadied where the hand has moved by less than these from where it was expected: shift over its side, logarithm of its
 * scale, turn in radians. A network says something else of every other window: one that follows each word of it swings to and fro.
 */
const STEADY_SHIFT = 0.06;
const STEADY_LOG_SCALE = 0.12;
const STEADY_TURN = 0.12;
/** Share of such a move that a window follows by at least, that it settles in the end. */
const LEAST_SHARE = 0.1;

/** Keypoints within this fraction of the hand's baseline coincide; this many coinciding make two tracks one hand. */
const COINCIDENCE = 0.25;
const COINCIDING_KEYPOINTS = 11;

export class HandTrack {
    /** Where the next crop is taken. */
    public readonly window: CropWindow = createCropWindow();
    /** 21 x 2, image px, as the recoverer said in the last frame. */
    public readonly keypointsPx = new Float32Array(KEYPOINT_COUNT * 2);
    public readonly vote = new HandednessVote();
    public readonly observation = createHandObservation();
    /** Given once the side is decided. */
    public solver: HandSolver | null = null;
    /** Whether the last frame gave an observation. */
    public isSolved = false;

    /** How far from where it was expected the hand was found in the last frame, over the window's side; infinite for newcomers. */
    public jump = Infinity;

    /** Where the last frame's keypoints lie by themselves. */
    private readonly _found = createCropWindow();
    private _timeMs = NaN;
    private _cx = NaN;
    private _cy = NaN;
    private _vx = 0;
    private _vy = 0;

    /** @param enterPresence what the hand's presence must be at least until its side is decided */
    public constructor(
        public readonly id: number,
        public readonly enterPresence = ENTER_PRESENCE
    ) {}

    /** Moves the window to where the hand will be at `timeMs` if it goes on as it did. */
    public predict(timeMs: number): void {
        const ahead = timeMs - this._timeMs;
        if (!(ahead > 0)) {
            return;
        }
        const reach = MAX_LEAD * this.window.side;
        const length = norm2(this._vx, this._vy) * ahead;
        const factor = length > reach ? reach / length : 1;
        this.window.cx = this._cx + this._vx * ahead * factor;
        this.window.cy = this._cy + this._vy * ahead * factor;
    }

    /** Takes the keypoints of a crop (fractions of its side) as this frame's place of the hand. */
    public follow(crop: Float32Array, timeMs: number): void {
        const { window, _found: found } = this;
        cropToImage(crop, window, this.keypointsPx);
        windowFromKeypoints(this.keypointsPx, found);
        const elapsed = timeMs - this._timeMs;
        if (elapsed > 0) {
            this.jump = norm2(found.cx - window.cx, found.cy - window.cy) / window.side;
        }
        followWindow(window, found, this.jump);
        if (elapsed > 0) {
            this._vx = (window.cx - this._cx) / elapsed;
            this._vy = (window.cy - this._cy) / elapsed;
        }
        this._timeMs = timeMs;
        this._cx = window.cx;
        this._cy = window.cy;
    }
}

/**
 * Moves a window to where the hand was found: all the way where it has moved or is new, part of the way where it keeps still.
 * @param jump of the hand, over the window's side
 */
function followWindow(window: CropWindow, found: CropWindow, jump: number): void {
    const logScale = Math.log(found.side / window.side);
    const turn = Math.atan2(Math.sin(found.rotation - window.rotation), Math.cos(found.rotation - window.rotation));
    const move = Math.max(jump / STEADY_SHIFT, Math.abs(logScale) / STEADY_LOG_SCALE, Math.abs(turn) / STEADY_TURN);
    const share = Math.min(Math.max(move, LEAST_SHARE), 1);
    window.cx += share * (found.cx - window.cx);
    window.cy += share * (found.cy - window.cy);
    window.side *= Math.exp(share * logScale);
    window.rotation += share * turn;
}

/** Whether two tracks have come to follow one and the same hand. */
export function isSameHand(a: HandTrack, b: HandTrack): boolean {
    const p = a.keypointsPx;
    const q = b.keypointsPx;
    const distance = (i: number, j: number): number => norm2(p[i * 2] - p[j * 2], p[i * 2 + 1] - p[j * 2 + 1]);
    const baseline = Math.max(distance(0, 5), distance(5, 17), distance(17, 0));
    let coinciding = 0;
    for (let i = 0; i < KEYPOINT_COUNT; i++) {
        if (norm2(p[i * 2] - q[i * 2], p[i * 2 + 1] - q[i * 2 + 1]) < COINCIDENCE * baseline) {
            coinciding++;
        }
    }
    return coinciding >= COINCIDING_KEYPOINTS;
}
