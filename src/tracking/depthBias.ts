// Fingers that close change what a network makes of the palm's size, not the hand's distance: keeps the two apart.

import { DEGREES_OF_FREEDOM } from "../hand/degreesOfFreedom";
import { smoothingFactor } from "./oneEuroFilter";

const FINGERS = 4;
/** Sum of a finger's three flexions in a fist, radians: curl 1. */
const FIST_FLEXION = 4;
/** Curl speeds (1/s) from which on a change of depth is put down to the fingers, and at which all of it is. */
const SPEED_START = 0.4;
const SPEED_FULL = 1.5;
/** Cutoff of the curl speed, Hz. */
const SPEED_CUTOFF = 6;
/** An open hand tells its depth: there the bias dies away with this time constant, seconds. A fist keeps it. */
const OPEN_DECAY_SECONDS = 0.4;
/** Curl above which the bias is kept. */
const KEPT_CURL = 0.5;
/** Largest bias of a logarithmic depth: a fist seen 35 % too far or too near. */
const MAX_BIAS = 0.3;

const FINGER_FLEXIONS = DEGREES_OF_FREEDOM.map((dof, angle) =>
    dof.axis === "flexion" && dof.joint > 4 ? angle : -1
).filter((angle) => angle >= 0);

/**
 * Bias of the measured depth of one hand. While fingers open or close quickly, all change of the measured depth is taken
 * for bias; while the hand is open, the bias dies away.
 */
export class DepthBias {
    private _bias = 0;
    private _curl = NaN;
    private _speed = 0;
    private _logDepth = NaN;

    public reset(): void {
        this._bias = 0;
        this._speed = 0;
        this._curl = NaN;
        this._logDepth = NaN;
    }

    /**
     * @param logDepth natural logarithm of the measured depth
     * @param angles 22 finger angles of the same frame
     * @param seconds since the last frame
     * @returns the logarithm of the depth without the bias
     */
    public correct(logDepth: number, angles: Float32Array, seconds: number): number {
        const curl = meanCurl(angles);
        if (!Number.isNaN(this._curl) && seconds > 0) {
            this._speed += smoothingFactor(SPEED_CUTOFF, seconds) * ((curl - this._curl) / seconds - this._speed);
            const share = Math.min(Math.max((Math.abs(this._speed) - SPEED_START) / (SPEED_FULL - SPEED_START), 0), 1);
            this._bias += share * (logDepth - this._logDepth);
            const openness = Math.min(Math.max(1 - curl / KEPT_CURL, 0), 1) * (1 - share);
            this._bias *= Math.exp((-openness * seconds) / OPEN_DECAY_SECONDS);
            this._bias = Math.min(Math.max(this._bias, -MAX_BIAS), MAX_BIAS);
        }
        this._curl = curl;
        this._logDepth = logDepth;
        return logDepth - this._bias;
    }
}

/** Mean curl of the four fingers, 0 straight .. 1 fist, from their flexions. */
function meanCurl(angles: Float32Array): number {
    let sum = 0;
    for (const angle of FINGER_FLEXIONS) {
        sum += angles[angle];
    }
    return sum / (FINGERS * FIST_FLEXION);
}
