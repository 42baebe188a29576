// Gestures that are motions: a poke of the pointing finger, a swipe of the hand.

import type { HandState } from "../hand/handState";
import { TIP_JOINTS } from "../hand/joints";
import { HysteresisGate, type GestureTransition } from "./hysteresis";
import { Trend, TREND_SAMPLES } from "./trend";
import { norm2, norm3 } from "../hand/norm";

/** Noise of a position until it is known, metres. */
const NOISE_FLOOR = 0.002;
/** Speeds count less this many standard deviations of what jitter makes of them. */
const SPEED_NOISE = 2.5;

/**
 * Forward speeds of a poke, palm lengths a second: 0.18 m/s for an adult hand. Leap Motion's screen tap asked 0.05 m/s of a
 * device that saw a tenth of a millimetre; a camera's hand drifts at that.
 */
export const POKE_ENTER = 2;
export const POKE_EXIT = 0.5;
/** Frames that the speed is judged over: at 30 a second and `POKE_ENTER` a third of a palm. */
const POKE_SAMPLES = TREND_SAMPLES;
/** The same for a poke: depth jitters most, and fingers point along it. */
const POKE_NOISE = 4;
/** Frames from which jitter is known well enough to tell a poke from it. */
const POKE_SETTLED = 15;
const INDEX_KNUCKLE = 6;
const INDEX_TIP = TIP_JOINTS[1];

/**
 * Speeds of a swipe, palm lengths a second (0.55 m/s for an adult hand), and its least path, palm lengths. Leap Motion's
 * swipe: 1 m/s and 150 mm; slower here as a hand soon leaves a camera's view.
 */
export const SWIPE_ENTER = 6;
export const SWIPE_EXIT = 2;
export const SWIPE_PATH = 1.2;
/** A swipe is no diagonal: the speed across it is at most this share of the speed along. */
const SWIPE_PURITY = 0.5;
/** The way back is no swipe: none starts for this long, ms. */
const SWIPE_COOLDOWN_MS = 500;
/** The wrist and the four knuckles: their mean jitters less than one joint, and moves with no finger. */
const PALM_JOINTS = [0, 6, 11, 16, 21] as const;

/** Middle of the wrist and the four knuckles; 25 x 3 joints of any space. */
export function palmPoint(joints: Float32Array, out: Float32Array): void {
    out.fill(0);
    for (const joint of PALM_JOINTS) {
        for (let k = 0; k < 3; k++) {
            out[k] += joints[joint * 3 + k] / PALM_JOINTS.length;
        }
    }
}

export class PokeDetector {
    /** Speed of the index finger's tip along the direction it points in, palm lengths a second, less what jitter makes of it. */
    public speed = 0;
    private readonly _tip = [new Trend(NOISE_FLOOR), new Trend(NOISE_FLOOR), new Trend(NOISE_FLOOR)];
    private readonly _direction = new Float64Array(3);
    private readonly _gate = new HysteresisGate({
        enter: POKE_ENTER,
        exit: POKE_EXIT,
        frames: 2,
        relativeExit: Infinity,
        cooldownMs: 250,
    });

    public get isActive(): boolean {
        return this._gate.isActive;
    }

    /**
     * @param palm the palm's length, metres
     * @param allowed whether the hand points
     */
    public update({ joints, timeMs }: HandState, palm: number, allowed: boolean): GestureTransition {
        const direction = this._direction;
        for (let k = 0; k < 3; k++) {
            direction[k] = joints[INDEX_TIP * 3 + k] - joints[INDEX_KNUCKLE * 3 + k];
        }
        const length = norm3(direction[0], direction[1], direction[2]);
        let speed = 0;
        let variance = 0;
        for (let k = 0; k < 3; k++) {
            this._tip[k].add(joints[INDEX_TIP * 3 + k], timeMs);
            speed += (this._tip[k].slope(POKE_SAMPLES) * direction[k]) / length;
            variance += ((this._tip[k].slopeNoise(POKE_SAMPLES) * direction[k]) / length) ** 2;
        }
        const jitter = POKE_NOISE * Math.sqrt(variance);
        this.speed = (Math.sign(speed) * Math.max(0, Math.abs(speed) - jitter)) / palm;
        return this._gate.update(this.speed, timeMs, allowed && this._tip[0].samples > POKE_SETTLED);
    }

    public cancel(timeMs: number): GestureTransition {
        this.speed = 0;
        return this._gate.cancel(timeMs);
    }
}

export class SwipeDetector {
    /** Which way the present or last swipe goes, or the hand moves: 0 left, 1 right, 2 up, 3 down. */
    public direction = 0;
    /** Speed in that direction, palm lengths a second, less what jitter makes of it. */
    public speed = 0;
    private readonly _position = new Float32Array(3);
    private readonly _across = new Trend(NOISE_FLOOR);
    private readonly _upward = new Trend(NOISE_FLOOR);
    private readonly _gate = new HysteresisGate({
        enter: SWIPE_ENTER,
        exit: SWIPE_EXIT,
        frames: 2,
        relativeExit: Infinity,
        cooldownMs: SWIPE_COOLDOWN_MS,
    });

    private _path = 0;
    private _timeMs = NaN;

    public get isActive(): boolean {
        return this._gate.isActive;
    }

    /**
     * @param palm the palm's length, metres
     * @param up unit vector of camera space that counts as up
     * @param allowed false while the hand holds something: it drags, it does not swipe
     */
    public update(
        { joints, timeMs }: HandState,
        palm: number,
        up: ArrayLike<number>,
        mirrored: boolean,
        allowed: boolean
    ): GestureTransition {
        palmPoint(joints, this._position);
        const x = this._position[0];
        const y = this._position[1];
        // In the image plane: with up = -y, right is +x.
        const inPlane = norm2(up[0], up[1]);
        const right = ((x * -up[1] + y * up[0]) / inPlane) * (mirrored ? -1 : 1);
        this._across.add(right, timeMs);
        this._upward.add((x * up[0] + y * up[1]) / inPlane, timeMs);
        const across = this._across.significantSlope(TREND_SAMPLES, SPEED_NOISE) / palm;
        const upward = this._upward.significantSlope(TREND_SAMPLES, SPEED_NOISE) / palm;
        const isAcross = Math.abs(across) > Math.abs(upward);
        const towards = isAcross ? (across < 0 ? 0 : 1) : upward > 0 ? 2 : 3;
        if (!this.isActive && towards !== this.direction) {
            this.direction = towards;
            this._path = 0;
        }
        const along = this.direction < 2 ? across : upward;
        const aside = this.direction < 2 ? upward : across;
        this.speed = this.direction === 0 || this.direction === 3 ? -along : along;
        const elapsedMs = timeMs - this._timeMs;
        this._timeMs = timeMs;
        this._path = this.speed > SWIPE_EXIT && elapsedMs > 0 ? this._path + (this.speed * elapsedMs) / 1000 : 0;
        const straight = Math.abs(aside) <= SWIPE_PURITY * this.speed;
        return this._gate.update(this.speed, timeMs, allowed && straight && this._path >= SWIPE_PATH);
    }

    public cancel(timeMs: number): GestureTransition {
        this.speed = this._path = 0;
        return this._gate.cancel(timeMs);
    }
}
