// One measure over the last frames: how fast it changes, how much of that is noise, and its value when it is at rest.

/** Samples kept: 0.2 s at 30 frames a second. */
export const TREND_SAMPLES = 6;
/** Frames farther apart than this are not one motion, ms. */
const GAP_MS = 250;
/** Hands move along a line from frame to frame where frames are no farther apart than this, ms: slower cameras show no noise. */
const DENSE_MS = 70;
/** Share of a new residual in the noise estimate: about ten frames. */
const NOISE_SHARE = 0.1;
/** A residual counts up to this many times the noise so far, so that fast motion is not taken for noise. */
const NOISE_LIMIT = 3;
/** Mean absolute value to standard deviation of a normal distribution. */
const MEAN_TO_SIGMA = Math.sqrt(Math.PI / 2);
/** A value within this many standard deviations of its recent mean is at rest. */
const AT_REST = 2.5;

/**
 * Noise is measured here, as the error of each value against the straight line through the two before: a state's own sigma
 * is mostly shared by all of a hand's joints and by all frames, so that it says little of how a measure jitters.
 */
export class Trend {
    // Numbers from the start: in a field that was once undefined V8 keeps each new number as an object on the heap.
    /** The last value as it came. */
    public value = NaN;
    /** Mean of the last frames, at most 6. */
    public mean = NaN;
    /** The mean while the measure is at rest, else the last value: no delay where something happens, or frames are few. */
    public steady = NaN;
    /** One standard deviation of the measure's jitter from frame to frame. */
    public noise = NaN;
    /** Whether frames come often enough for noise and mean to say something. */
    public isDense = false;
    private readonly _values = new Float64Array(TREND_SAMPLES);
    private readonly _times = new Float64Array(TREND_SAMPLES);
    private _count = 0;

    /** @param _floor noise that is assumed until it is known, in the measure's unit */
    public constructor(private readonly _floor: number) {
        this.noise = _floor;
    }

    /** Frames since the last gap: the noise is known after some ten. */
    public get samples(): number {
        return this._count;
    }

    /** Forgets the values, not the noise. */
    public reset(): void {
        this._count = 0;
        this.value = this.mean = this.steady = NaN;
    }

    public add(value: number, timeMs: number): void {
        const gap = timeMs - this._times[(this._count - 1 + TREND_SAMPLES) % TREND_SAMPLES];
        if (this._count > 0 && !(gap > 0 && gap < GAP_MS)) {
            this._count = 0;
        }
        this.isDense = this._count > 0 && gap <= DENSE_MS;
        this.value = this.mean = this.steady = value;
        if (!Number.isFinite(value)) {
            this._count = 0;
            return;
        }
        this._judgeNoise(value, timeMs);
        const slot = this._count++ % TREND_SAMPLES;
        this._values[slot] = value;
        this._times[slot] = timeMs;
        const n = Math.min(this._count, TREND_SAMPLES);
        let sum = 0;
        for (let i = 0; i < n; i++) {
            sum += this._values[i];
        }
        this.mean = sum / n;
        if (this.isDense && Math.abs(value - this.mean) <= AT_REST * this.noise) {
            this.steady = this.mean;
        }
    }

    /** Slope of the line through the last `samples` values (at most 6), 1/s; 0 where there is one. */
    public slope(samples: number): number {
        return this._fit(samples) > 0 ? this._product / this._squares : 0;
    }

    /** One standard deviation of `slope` from noise alone, 1/s. */
    public slopeNoise(samples: number): number {
        return this._fit(samples) > 0 ? this.noise / Math.sqrt(this._squares) : 0;
    }

    /** The slope less what noise may make of it: `deviations` standard deviations nearer to zero, 1/s. */
    public significantSlope(samples: number, deviations: number): number {
        const slope = this.slope(samples);
        return Math.sign(slope) * Math.max(0, Math.abs(slope) - deviations * this.slopeNoise(samples));
    }

    private _squares = 0;
    private _product = 0;

    /** Sums of the least-squares line, seconds; returns the sum of squared times. */
    private _fit(samples: number): number {
        const n = Math.min(samples, this._count, TREND_SAMPLES);
        let meanTime = 0;
        let mean = 0;
        for (let i = 1; i <= n; i++) {
            const slot = (this._count - i) % TREND_SAMPLES;
            meanTime += this._times[slot] / n;
            mean += this._values[slot] / n;
        }
        this._squares = this._product = 0;
        for (let i = 1; i <= n; i++) {
            const slot = (this._count - i) % TREND_SAMPLES;
            const seconds = (this._times[slot] - meanTime) / 1000;
            this._squares += seconds * seconds;
            this._product += seconds * (this._values[slot] - mean);
        }
        return this._squares;
    }

    private _judgeNoise(value: number, timeMs: number): void {
        if (this._count < 2 || !this.isDense) {
            return;
        }
        const last = (this._count - 1) % TREND_SAMPLES;
        const before = (this._count - 2) % TREND_SAMPLES;
        const ratio = (timeMs - this._times[last]) / (this._times[last] - this._times[before]);
        const expected = this._values[last] + ratio * (this._values[last] - this._values[before]);
        // The residual of three values with noise sigma has variance sigma^2 (1 + (1 + ratio)^2 + ratio^2).
        const residual = Math.abs(value - expected) / Math.sqrt(1 + (1 + ratio) ** 2 + ratio ** 2);
        const counted = Math.min(residual * MEAN_TO_SIGMA, NOISE_LIMIT * this.noise + this._floor);
        this.noise += NOISE_SHARE * (counted - this.noise);
    }
}
