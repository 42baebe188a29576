// One-Euro filtering of an orientation: the step is taken along the geodesic.

import { fromRotationVector, multiply, normalise, toRotationVector, type NumberArray } from "../hand/quaternion";
import { smoothingFactor, type OneEuroParameters } from "./oneEuroFilter";
import { norm3 } from "../hand/norm";

const turn = new Float64Array(4);
const vector = new Float64Array(3);
const conjugate = new Float64Array(4);

/** out = rotation vector that takes `from` to `to`, in the common frame: to * conj(from). */
function difference(from: NumberArray, to: NumberArray, out: Float64Array): void {
    conjugate[0] = -from[0];
    conjugate[1] = -from[1];
    conjugate[2] = -from[2];
    conjugate[3] = from[3];
    multiply(to, 0, conjugate, 0, turn, 0);
    toRotationVector(turn, 0, out, 0);
}

/** Filters a unit quaternion (x, y, z, w). */
export class RotationFilter {
    public readonly value = new Float64Array(4);
    /** Axis times rad/s, filtered, in the frame that the quaternion maps to. */
    public readonly velocity = new Float64Array(3);
    private readonly _raw = new Float64Array(4);
    private _started = false;

    public constructor(private readonly _parameters: OneEuroParameters) {}

    public reset(): void {
        this._started = false;
        this.velocity.fill(0);
    }

    /** As `OneEuroFilter.filter`. */
    public filter(rotation: NumberArray, seconds: number, certainty = 1): Float64Array {
        if (!this._started) {
            this.value.set(rotation);
            this._started = true;
        } else if (seconds > 0) {
            const { minCutoff, beta, speedCutoff } = this._parameters;
            difference(this._raw, rotation, vector);
            const speedFactor = smoothingFactor(speedCutoff, seconds);
            for (let k = 0; k < 3; k++) {
                this.velocity[k] += speedFactor * (vector[k] / seconds - this.velocity[k]);
            }
            const speed = norm3(this.velocity[0], this.velocity[1], this.velocity[2]);
            const factor = smoothingFactor(certainty * (minCutoff + beta * speed), seconds);
            difference(this.value, rotation, vector);
            fromRotationVector(vector[0] * factor, vector[1] * factor, vector[2] * factor, turn, 0);
            multiply(turn, 0, this.value, 0, this.value, 0);
            normalise(this.value, 0);
        }
        this._raw.set(rotation);
        return this.value;
    }
}
