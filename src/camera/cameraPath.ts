// A camera's poses of the last second: frames are processed long after they were taken.

import { multiplyConjugate, normalise, rotate, toRotationVector } from "../hand/quaternion";
import type { CameraMotion } from "./cameraMotion";

/** Over a second at 120 poses a second: no frame takes longer through the networks. */
const CAPACITY = 128;
/** Time, position, rotation. */
const STRIDE = 8;

/** Poses in the order of their times. */
export class CameraPath {
    private readonly _data = new Float64Array(CAPACITY * STRIDE);
    private readonly _turn = new Float64Array(7);
    private _count = 0;
    private _next = 0;

    /**
     * Adds a pose; one that is not later than the one before replaces it.
     * @param position x, y, z, metres
     * @param rotation unit quaternion (x, y, z, w)
     */
    public add(timeMs: number, position: Float64Array, rotation: Float64Array): void {
        if (this._count > 0 && !(timeMs > this._data[this._at(this._count - 1)])) {
            this._next = (this._next + CAPACITY - 1) % CAPACITY;
            this._count--;
        }
        const at = this._next * STRIDE;
        this._data[at] = timeMs;
        this._data.set(position, at + 1);
        this._data.set(rotation, at + 4);
        this._next = (this._next + 1) % CAPACITY;
        this._count = Math.min(this._count + 1, CAPACITY);
    }

    /** Forgets all poses: what comes is in another frame. */
    public clear(): void {
        this._count = this._next = 0;
    }

    /**
     * The pose at a time, between the two next to it; the first or last one outside of them.
     * @returns false where there is none
     */
    public at(timeMs: number, out: CameraMotion): boolean {
        if (this._count === 0) {
            return false;
        }
        const data = this._data;
        let after = this._count - 1;
        while (after > 1 && data[this._at(after - 1)] >= timeMs) {
            after--;
        }
        const b = this._at(after);
        const a = this._at(Math.max(after - 1, 0));
        const span = data[b] - data[a];
        const fraction = span > 0 ? Math.min(Math.max((timeMs - data[a]) / span, 0), 1) : 1;
        let dot = 0;
        for (let k = 4; k < STRIDE; k++) {
            dot += data[a + k] * data[b + k];
        }
        const sign = dot < 0 ? -1 : 1;
        for (let k = 0; k < 3; k++) {
            out.position[k] = data[a + 1 + k] + fraction * (data[b + 1 + k] - data[a + 1 + k]);
        }
        // Poses are a few degrees apart: a normalised blend is the arc between them.
        for (let k = 0; k < 4; k++) {
            out.rotation[k] = data[a + 4 + k] + fraction * (sign * data[b + 4 + k] - data[a + 4 + k]);
        }
        normalise(out.rotation, 0);
        this._findVelocities(a, b, span, out);
        return true;
    }

    /** Constant between two poses, in the axes of the camera at `out.rotation`. */
    private _findVelocities(a: number, b: number, spanMs: number, out: CameraMotion): void {
        const { _data: data, _turn: turn } = this;
        if (!(spanMs > 0)) {
            out.velocity.fill(0);
            out.angularVelocity.fill(0);
            return;
        }
        const perSecond = 1000 / spanMs;
        for (let k = 0; k < 3; k++) {
            turn[4 + k] = (data[b + 1 + k] - data[a + 1 + k]) * perSecond;
        }
        for (let k = 0; k < 4; k++) {
            turn[k] = out.rotation[k] * (k < 3 ? -1 : 1);
        }
        rotate(turn, 0, turn, 4, out.velocity, 0);
        // The turn's axis is the same in the axes of all poses between the two.
        multiplyConjugate(data, a + 4, data, b + 4, turn, 0);
        toRotationVector(turn, 0, out.angularVelocity, 0);
        for (let k = 0; k < 3; k++) {
            out.angularVelocity[k] *= perSecond;
        }
    }

    /** Where the pose with this number, the oldest first, lies. */
    private _at(index: number): number {
        return ((this._next - this._count + index + CAPACITY) % CAPACITY) * STRIDE;
    }
}
