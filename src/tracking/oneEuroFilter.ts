// The One-Euro filter (Casiez, Roussel, Vogel, CHI 2012): a low-pass whose cutoff rises with speed.

/** Cutoffs of a One-Euro filter. */
export interface OneEuroParameters {
    /** Cutoff at rest, Hz: lower is steadier. */
    minCutoff: number;
    /** Rise of the cutoff with speed, Hz per (unit per second): higher lags less. */
    beta: number;
    /** Cutoff of the speed estimate, Hz. */
    speedCutoff: number;
}

/** The quicker of the two estimates of speed has a cutoff this many times that of the other. */
const QUICK_CUTOFF = 4;

/** Smoothing factor of a first-order low-pass, 1 / (1 + tau / dt) with tau = 1 / (2 pi cutoff). */
export function smoothingFactor(cutoff: number, seconds: number): number {
    const r = 2 * Math.PI * cutoff * seconds;
    return r / (r + 1);
}

/** Filters one number. */
export class OneEuroFilter {
    public value = NaN;
    /** Units per second, filtered. */
    public speed = 0;
    private _quickSpeed = 0;
    private _raw = NaN;

    public constructor(private readonly _parameters: OneEuroParameters) {}

    public reset(): void {
        this.value = NaN;
        this._raw = NaN;
        this.speed = 0;
        this._quickSpeed = 0;
    }

    /**
     * Units per second at which the value may be carried on: `speed`, but no more of it than a quicker estimate has too. What
     * halts or turns back overshoots by less, what moves on lags no more, and the noise of the quick estimate adds none at rest
     * (docs/latency.md).
     */
    public get cautiousSpeed(): number {
        const share = this._quickSpeed / this.speed;
        return share > 0 ? this.speed * Math.min(share, 1) : 0;
    }

    /**
     * @param value the new sample
     * @param seconds since the last one; not used for the first
     * @param certainty of the sample against others: factor on the cutoff
     */
    public filter(value: number, seconds: number, certainty = 1): number {
        if (Number.isNaN(this.value)) {
            this.value = value;
        } else if (seconds > 0) {
            const { minCutoff, beta, speedCutoff } = this._parameters;
            const rawSpeed = (value - this._raw) / seconds;
            this.speed += smoothingFactor(speedCutoff, seconds) * (rawSpeed - this.speed);
            const quickFactor = smoothingFactor(QUICK_CUTOFF * speedCutoff, seconds);
            this._quickSpeed += quickFactor * (rawSpeed - this._quickSpeed);
            const cutoff = certainty * (minCutoff + beta * Math.abs(this.speed));
            this.value += smoothingFactor(cutoff, seconds) * (value - this.value);
        }
        this._raw = value;
        return this.value;
    }
}
