// How sure a recoverer is of this frame, against how sure it usually is of this hand.

import type { NumberArray } from "../hand/quaternion";

/** Share of a frame in the usual sigma: what lasts longer than a second or so is usual. */
const GAIN = 0.03;
/** A frame counts at most this much less, or more, than the usual one. */
const MIN_CERTAINTY = 0.1;
const MAX_CERTAINTY = 3;

/** Of one hand; a recoverer whose sigma is constant is always as certain as usual. */
export class Certainty {
    private _usual = NaN;

    /** Another recoverer, with another measure, speaks from now on. */
    public reset(): void {
        this._usual = NaN;
    }

    /**
     * @param logSigma natural logarithms of the keypoints' standard deviations
     * @returns usual sigma over this frame's, geometric means over the keypoints: below 1 where a hand is hidden or blurred
     */
    public observe(logSigma: NumberArray): number {
        let sum = 0;
        for (let keypoint = 0; keypoint < logSigma.length; keypoint++) {
            sum += logSigma[keypoint];
        }
        const mean = sum / logSigma.length;
        this._usual = Number.isNaN(this._usual) ? mean : this._usual + GAIN * (mean - this._usual);
        return Math.min(Math.max(Math.exp(this._usual - mean), MIN_CERTAINTY), MAX_CERTAINTY);
    }
}
