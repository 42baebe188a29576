// Fingers that close change what a network makes of the palm's size, not the hand's distance: keeps the two apart.

import { DEGREES_OF_FREEDOM } from "../hand/degreesOfFreedom";
import { smoothingFactor } from "./oneEuroFilter";

const FINGERS = 4;
/** Sum of a finger's three flexions in a fist, radians: curl 1. */
const FIST_FLEXION = 4;
/** Up to this curl the palm is seen as an open hand's is: nothing is put down to fingers. */
const OPEN_CURL = 0.3;
/** Cutoff of the means that curl and depth are compared with, Hz: what changes within half a second stands out from them. */
const MEAN_CUTOFF = 1 / (2 * Math.PI * 0.5);
/** A curl this near its mean says nothing of the slope: fingers are never quite still, nor is what is seen of them. */
const MIN_DEVIATION = 0.15;
/** Weight of a slope of 0, curl^2 s: a hand that closes outweighs it within a few frames. */
const PRIOR_WEIGHT = 0.005;
/** Weight of what is remembered, likewise: about the last five times that fingers opened or closed. */
const MEMORY_WEIGHT = 0.3;
/**
 * Range of the slope: a fist seen up to 23 % too far, or 5 % too near. The latter is the less, as hands that close on a thing
 * may have come nearer to it as well.
 */
const MIN_SLOPE = -0.07;
const MAX_SLOPE = 0.3;

const FINGER_FLEXIONS = DEGREES_OF_FREEDOM.map((dof, angle) =>
    dof.axis === "flexion" && dof.joint > 4 ? angle : -1
).filter((angle) => angle >= 0);

/**
 * Bias of the measured depth of one hand, proportional to its curl beyond that of an open hand. The slope is what depth has changed by,
 * for each change of curl, whenever fingers opened or closed within half a second: a regression through what stands out from the
 * means of both. As the bias hangs on the curl alone, nothing adds up where fingers tremble.
 */
export class DepthBias {
    private _curlMean = NaN;
    private _depthMean = NaN;
    private _weight = 0;
    private _slopeSum = 0;

    /** The motion begins anew; the slope is the network's and the person's, and stays. */
    public reset(): void {
        this._curlMean = NaN;
        this._depthMean = NaN;
    }

    /**
     * @param logDepth natural logarithm of the measured depth
     * @param angles 22 finger angles of the same frame
     * @param seconds since the last frame
     * @returns the logarithm of the depth without the bias
     */
    public correct(logDepth: number, angles: Float32Array, seconds: number): number {
        const curl = Math.max(meanCurl(angles) - OPEN_CURL, 0);
        if (Number.isNaN(this._curlMean)) {
            this._curlMean = curl;
            this._depthMean = logDepth;
        } else if (seconds > 0) {
            const curlDeviation = curl - this._curlMean;
            const depthDeviation = logDepth - this._depthMean;
            this._learn(curlDeviation, depthDeviation, seconds);
            const factor = smoothingFactor(MEAN_CUTOFF, seconds);
            this._curlMean += factor * curlDeviation;
            this._depthMean += factor * depthDeviation;
        }
        const slope = this._slopeSum / (this._weight + PRIOR_WEIGHT);
        return logDepth - Math.min(Math.max(slope, MIN_SLOPE), MAX_SLOPE) * curl;
    }

    private _learn(curlDeviation: number, depthDeviation: number, seconds: number): void {
        const beyond = Math.abs(curlDeviation) - MIN_DEVIATION;
        if (beyond <= 0) {
            return;
        }
        const weight = seconds * beyond * beyond;
        // Forgotten is what newer changes of curl outweigh, not what is long ago: a slope holds as long as a fist is held.
        const kept = Math.exp(-weight / MEMORY_WEIGHT);
        this._weight = this._weight * kept + weight;
        this._slopeSum = this._slopeSum * kept + (weight * depthDeviation) / curlDeviation;
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
