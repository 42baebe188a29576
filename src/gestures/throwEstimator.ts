// Velocity of a throw from the palm's last poses: a straight line through them, not their last difference.

import { multiplyConjugate, normalise, rotate, toRotationVector } from "../hand/quaternion";
import { norm3 } from "../hand/norm";

/** Samples older than this, counted from the newest one used, do not belong to the throw, ms... */
const WINDOW_MS = 150;
/** ...unless a slow camera leaves fewer than `MIN_SAMPLES`: then up to this. */
const LONG_WINDOW_MS = 300;
const MIN_SAMPLES = 3;
/** The newest samples are of opening fingers, not of the throw: at most two, and none older than this, ms. */
const DROPPED_SAMPLES = 2;
const DROPPED_MS = 50;
const CAPACITY = 32;
/** The object leaves with the hand's speed at the end of the swing: older samples weigh less, by this time constant, ms. */
const RECENCY_MS = 60;
/** A sample this far from the line weighs half, metres and radians: trackers jump. */
const PLACE_OUTLIER = 0.015;
const TURN_OUTLIER = 0.15;
const PASSES = 3;
/** Nobody throws faster in front of a camera; what measures faster is a jump of the tracker, m/s and rad/s. */
const MAX_SPEED = 8;
const MAX_SPIN = 25;
/**
 * Speeds along the viewing direction that throws have, one standard deviation, m/s: the measured speed is shrunk by what its own
 * noise, 5 to 10 times that across with one camera, is against them, as a Wiener filter would.
 */
const DEPTH_SPEED = 1;

/**
 * A ring of poses of the palm. What is thrown is taken to be fixed to the palm: fingers that open do not count as motion.
 * Lengths are the caller's (metres, or scene units), speeds per second.
 */
export class ThrowEstimator {
    private readonly _times = new Float64Array(CAPACITY);
    private readonly _places = new Float64Array(CAPACITY * 3);
    private readonly _rotations = new Float64Array(CAPACITY * 4);
    private readonly _points = new Float64Array(CAPACITY * 3);
    private readonly _turns = new Float64Array(CAPACITY * 3);
    private readonly _scratch = new Float64Array(4);
    private readonly _weights = new Float64Array(CAPACITY);
    private _count = 0;
    /** Index of the newest sample used. */
    private _newest = 0;
    /** Noise of the last slope for noise 1 of its samples, 1/s. */
    private _slopeNoise = 0;

    public reset(): void {
        this._count = 0;
    }

    /**
     * Adds the palm's pose at a capture time.
     * @param places position at [place .. place + 2]
     * @param rotations quaternion (x, y, z, w) at [rotation .. rotation + 3]
     */
    public add(timeMs: number, places: Float32Array, place: number, rotations: Float32Array, rotation: number): void {
        const slot = this._count++ % CAPACITY;
        this._times[slot] = timeMs;
        for (let k = 0; k < 3; k++) {
            this._places[slot * 3 + k] = places[place + k];
        }
        for (let k = 0; k < 4; k++) {
            this._rotations[slot * 4 + k] = rotations[rotation + k];
        }
        normalise(this._rotations, slot * 4);
    }

    /**
     * Velocities by least squares over the last samples, recent ones and those near the line weighing more.
     * @param lever where the thrown body's centre is in the palm's frame
     * @param axis unit viewing direction, along which the velocity is damped; null damps nothing
     * @param axisSigma standard deviation of a sample along `axis`: what it is damped by
     * @param unit length of a metre, for the limits
     * @param velocity receives the velocity of the body's centre; zero where there are too few samples
     * @param angularVelocity receives axis times rad/s
     */
    public estimate(
        lever: ArrayLike<number>,
        axis: ArrayLike<number> | null,
        axisSigma: number,
        unit: number,
        velocity: Float64Array,
        angularVelocity: Float64Array
    ): void {
        velocity.fill(0);
        angularVelocity.fill(0);
        const n = this._collect(lever);
        if (n < MIN_SAMPLES) {
            return;
        }
        this._slope(n, this._turns, TURN_OUTLIER, angularVelocity);
        this._slope(n, this._points, PLACE_OUTLIER * unit, velocity);
        if (axis) {
            const noise = (axisSigma * this._slopeNoise) / (DEPTH_SPEED * unit);
            const damping = 1 / (1 + noise * noise);
            const along = velocity[0] * axis[0] + velocity[1] * axis[1] + velocity[2] * axis[2];
            for (let k = 0; k < 3; k++) {
                velocity[k] += along * (damping - 1) * axis[k];
            }
        }
        limit(velocity, MAX_SPEED * unit);
        limit(angularVelocity, MAX_SPIN);
    }

    /** Fills points and turns of the window, newest first; returns how many. */
    private _collect(lever: ArrayLike<number>): number {
        const scratch = this._scratch;
        const oldest = Math.max(0, this._count - CAPACITY);
        const nowMs = this._times[(this._count - 1 + CAPACITY) % CAPACITY];
        let newest = this._count - 1;
        while (
            newest > this._count - 1 - DROPPED_SAMPLES &&
            newest > 0 &&
            nowMs - this._times[newest % CAPACITY] < DROPPED_MS
        ) {
            newest--;
        }
        this._newest = newest;
        const reference = (newest % CAPACITY) * 4;
        let n = 0;
        for (let i = newest; i >= oldest; i--, n++) {
            const slot = i % CAPACITY;
            const age = this._times[newest % CAPACITY] - this._times[slot];
            if (age > (n < MIN_SAMPLES ? LONG_WINDOW_MS : WINDOW_MS)) {
                break;
            }
            for (let k = 0; k < 3; k++) {
                scratch[k] = lever[k];
            }
            rotate(this._rotations, slot * 4, scratch, 0, this._points, n * 3);
            for (let k = 0; k < 3; k++) {
                this._points[n * 3 + k] += this._places[slot * 3 + k];
            }
            // Turn since the newest sample in the world: log(q_i conj(q_newest)) = q_newest log(conj(q_newest) q_i).
            multiplyConjugate(this._rotations, reference, this._rotations, slot * 4, scratch, 0);
            toRotationVector(scratch, 0, this._turns, n * 3);
            rotate(this._rotations, reference, this._turns, n * 3, this._turns, n * 3);
        }
        return n;
    }

    /** Slope of a line through n samples, 1/s, by iteratively reweighted least squares. */
    private _slope(n: number, values: Float64Array, outlier: number, out: Float64Array): void {
        const weights = this._weights;
        const last = this._newest;
        const time = (i: number): number => (this._times[(last - i) % CAPACITY] - this._times[last % CAPACITY]) / 1000;
        for (let i = 0; i < n; i++) {
            weights[i] = Math.exp((time(i) * 1000) / RECENCY_MS);
        }
        for (let pass = 0; pass < PASSES; pass++) {
            let sum = 0;
            let meanT = 0;
            let m0 = 0;
            let m1 = 0;
            let m2 = 0;
            for (let i = 0; i < n; i++) {
                const weight = weights[i];
                sum += weight;
                meanT += weight * time(i);
                m0 += weight * values[i * 3];
                m1 += weight * values[i * 3 + 1];
                m2 += weight * values[i * 3 + 2];
            }
            meanT /= sum;
            m0 /= sum;
            m1 /= sum;
            m2 /= sum;
            let squares = 0;
            let noise = 0;
            out.fill(0);
            for (let i = 0; i < n; i++) {
                const t = time(i) - meanT;
                squares += weights[i] * t * t;
                noise += (weights[i] * t) ** 2;
                out[0] += weights[i] * t * (values[i * 3] - m0);
                out[1] += weights[i] * t * (values[i * 3 + 1] - m1);
                out[2] += weights[i] * t * (values[i * 3 + 2] - m2);
            }
            if (!(squares > 0)) {
                out.fill(0);
                return;
            }
            for (let k = 0; k < 3; k++) {
                out[k] /= squares;
            }
            this._slopeNoise = Math.sqrt(noise) / squares;
            for (let i = 0; i < n; i++) {
                const t = time(i) - meanT;
                const d0 = values[i * 3] - m0 - out[0] * t;
                const d1 = values[i * 3 + 1] - m1 - out[1] * t;
                const d2 = values[i * 3 + 2] - m2 - out[2] * t;
                // Cauchy's weight.
                const recency = Math.exp((time(i) * 1000) / RECENCY_MS);
                weights[i] = recency / (1 + (d0 * d0 + d1 * d1 + d2 * d2) / (outlier * outlier));
            }
        }
    }
}

function limit(vector: Float64Array, most: number): void {
    const length = norm3(vector[0], vector[1], vector[2]);
    if (length > most) {
        for (let k = 0; k < 3; k++) {
            vector[k] *= most / length;
        }
    }
}
