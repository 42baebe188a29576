// Velocity of a throw from the hand's last places: a straight line through them, not their last difference.

/** Samples older than this do not belong to the throw, ms. */
const WINDOW_MS = 150;
/** The newest samples are of opening fingers, not of the throw. */
const DROPPED_SAMPLES = 2;
const MIN_SAMPLES = 3;
const CAPACITY = 16;
/** Nobody throws faster in front of a camera; what measures faster is a jump of the tracker, m/s. */
const MAX_SPEED = 8;
/** Factor on the speed along the viewing direction, whose noise is 5 to 10 times that across it (METHODS.md §5). */
const DEPTH_DAMPING = 0.6;

/** A ring of places with times; units are the caller's (metres, or scene units), speeds per second. */
export class ThrowEstimator {
    private readonly _times = new Float64Array(CAPACITY);
    private readonly _places = new Float64Array(CAPACITY * 3);
    private _count = 0;

    public reset(): void {
        this._count = 0;
    }

    public add(timeMs: number, x: number, y: number, z: number): void {
        const slot = this._count++ % CAPACITY;
        this._times[slot] = timeMs;
        this._places[slot * 3] = x;
        this._places[slot * 3 + 1] = y;
        this._places[slot * 3 + 2] = z;
    }

    /**
     * Velocity by least squares over the last samples.
     * @param axis unit viewing direction, damped by `DEPTH_DAMPING`; null damps nothing
     * @param unit length of a metre, for the speed limit
     * @param out receives the velocity; zero where there are too few samples
     */
    public estimate(axis: ArrayLike<number> | null, unit: number, out: Float64Array): void {
        out.fill(0);
        const newest = this._count - 1 - DROPPED_SAMPLES;
        if (newest < 0) {
            return;
        }
        const now = this._times[(this._count - 1) % CAPACITY];
        const oldest = Math.max(0, this._count - CAPACITY);
        let n = 0;
        let sumT = 0;
        for (let i = newest; i >= oldest && now - this._times[i % CAPACITY] <= WINDOW_MS; i--) {
            sumT += this._times[i % CAPACITY];
            n++;
        }
        if (n < MIN_SAMPLES) {
            return;
        }
        const meanT = sumT / n;
        let squares = 0;
        for (let i = newest; i > newest - n; i--) {
            const slot = i % CAPACITY;
            const t = (this._times[slot] - meanT) / 1000;
            squares += t * t;
            for (let k = 0; k < 3; k++) {
                out[k] += t * this._places[slot * 3 + k];
            }
        }
        for (let k = 0; k < 3; k++) {
            out[k] /= squares;
        }
        if (axis) {
            const along = (out[0] * axis[0] + out[1] * axis[1] + out[2] * axis[2]) * (DEPTH_DAMPING - 1);
            for (let k = 0; k < 3; k++) {
                out[k] += along * axis[k];
            }
        }
        const speed = Math.hypot(out[0], out[1], out[2]);
        if (speed > MAX_SPEED * unit) {
            for (let k = 0; k < 3; k++) {
                out[k] *= (MAX_SPEED * unit) / speed;
            }
        }
    }
}
