// A camera's field of view from a card held at several tilts.

import { intrinsicsFromFieldOfView } from "../camera/intrinsics";
import { CARD_WIDTH, cardError, orderedCorners, type CardCorners } from "./card";
import { adjustBundle, type BundleResult, type CardView } from "./cardBundle";
import { findView, tiltOf } from "./cardPose";
import { fitHomography } from "./homography";

/** A camera that was measured. */
export interface FieldOfView {
    /** Of the picture's longer side, radians: as `intrinsicsFromFieldOfView` takes it, whatever the resolution. */
    fieldOfView: number;
    /** One standard deviation of it, radians. */
    sigma: number;
    /** Focal length, pixels of the picture that the corners are of. */
    focalPx: number;
    /** Root mean square of the corners' misfit in u and v, pixels. */
    residualPx: number;
}

/** With fewer views, one card that was marked badly spoils all. */
export const MIN_VIEWS = 3;
/** A card marked by hand or found by an edge detector errs by so much at a corner, pixels. */
export const CORNER_SIGMA_PX = 0.5;
/** Without a view tilted by this, perspective does not show: a frontal card fits every focal length. */
const MIN_TILT = (15 * Math.PI) / 180;
/** What an unmeasured laptop camera may be off by (docs of `ASSUMED_HORIZONTAL_FOV`) is 15 %: this has to be better. */
const MAX_FOCAL_SIGMA = 0.05;
/** Corners off by more, for a picture of 1000 px, are not those of an ID-1 card. */
const MAX_RESIDUAL = 0.004;
/** From a telephoto lens to a fisheye, radians: what lies outside was measured wrongly. */
const NARROWEST = (20 * Math.PI) / 180;
const WIDEST = (130 * Math.PI) / 180;
const TO_DEGREES = 180 / Math.PI;

/**
 * Zhang's method (Zhang 2000, A flexible new technique for camera calibration) for a camera with square pixels and its principal
 * point in the middle: the focal length in closed form from the homographies, then refined with all poses.
 * @param views corners of the card in at least three pictures, tilted differently, pixels
 * @param width of the pictures, pixels @param height likewise
 * @throws HandTrackingError `calibration-failed`: too few views, all frontal, or not of a card
 */
export function findFieldOfView(views: readonly CardCorners[], width: number, height: number): FieldOfView {
    if (views.length < MIN_VIEWS) {
        throw cardError(`${views.length} views of the ${MIN_VIEWS} that are needed`, "tilt it differently in each");
    }
    const corners = views.map((view) =>
        orderedCorners(view).map((value, i) => value - (i % 2 === 0 ? width : height) / 2)
    );
    const side = Math.max(width, height);
    const { result, poses } = estimate(corners, intrinsicsFromFieldOfView(width, height).fx, side);
    const tilt = Math.max(...poses.map(tiltOf));
    const fieldOfView = 2 * Math.atan(side / (2 * result.focal));
    if (result.residualPx > Math.max(MAX_RESIDUAL * side, 3 * CORNER_SIGMA_PX)) {
        throw cardError(`corners are ${result.residualPx.toFixed(1)} px from where a card's would be`);
    }
    const logSigma = result.logFocalSigma * Math.max(result.residualPx, CORNER_SIGMA_PX);
    if (tilt < MIN_TILT || logSigma > MAX_FOCAL_SIGMA) {
        throw tooFrontal(
            `the farthest tilt is ${(tilt * TO_DEGREES).toFixed(0)} degrees, which tells the focal length within ${(logSigma * 100).toFixed(0)} %`
        );
    }
    if (fieldOfView < NARROWEST || fieldOfView > WIDEST) {
        throw cardError(`it gives a field of view of ${(fieldOfView * TO_DEGREES).toFixed(0)} degrees`);
    }
    return {
        fieldOfView,
        // d(2 atan(s / 2f)) / d(log f) = -sin(field of view).
        sigma: logSigma * Math.sin(fieldOfView),
        focalPx: result.focal,
        residualPx: result.residualPx,
    };
}

/** Which side of a card is the long one is judged with the focal length so far: twice, in case the first was far off. */
function estimate(corners: Float64Array[], assumed: number, side: number): { result: BundleResult; poses: CardView[] } {
    let focal = assumed;
    for (let round = 0; ; round++) {
        const listings = corners.map((view) => findView(view, focal).view.card);
        focal = closedForm(corners, listings, side);
        const poses = corners.map((view) => findView(view, focal).view);
        const isSettled = poses.every(({ card }, i) => card === listings[i]);
        if (!isSettled && round === 0) {
            continue;
        }
        const result = adjustBundle(poses, focal, true);
        if (!result) {
            throw tooFrontal("the views do not agree on a focal length");
        }
        return { result, poses };
    }
}

/**
 * The card's axes h1, h2 in every homography are at right angles and of one length: with w = 1 / f^2,
 * w (h11 h12 + h21 h22) + h31 h32 = 0 and w (h11^2 + h21^2 - h12^2 - h22^2) + h31^2 - h32^2 = 0. Least squares for w.
 */
function closedForm(corners: readonly Float64Array[], listings: readonly (readonly number[])[], side: number): number {
    let numerator = 0;
    let denominator = 0;
    for (const [i, view] of corners.entries()) {
        const h = fitHomography(
            listings[i].map((metres) => metres / CARD_WIDTH),
            view.map((px) => px / side)
        );
        if (!h) {
            throw cardError(`the corners of view ${i + 1} do not go around a card`);
        }
        // Views count alike however near the card was.
        const scale = 1 / (h[0] * h[0] + h[3] * h[3] + h[1] * h[1] + h[4] * h[4]);
        const add = (a: number, b: number): void => {
            numerator -= a * b * scale * scale;
            denominator += a * a * scale * scale;
        };
        add(h[0] * h[1] + h[3] * h[4], h[6] * h[7]);
        add(h[0] * h[0] + h[3] * h[3] - h[1] * h[1] - h[4] * h[4], h[6] * h[6] - h[7] * h[7]);
    }
    const inverseSquare = numerator / denominator;
    if (!(inverseSquare > 0)) {
        throw tooFrontal("the views show no perspective");
    }
    return side / Math.sqrt(inverseSquare);
}

function tooFrontal(message: string): Error {
    return cardError(message, "tilt it by 30 to 50 degrees, to another side in every view, and hold it near");
}
