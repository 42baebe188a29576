// How long a person's palm is: as they say, or by a bank card beside the hand. All depths scale with it.

import type { Intrinsics } from "../camera/intrinsics";
import { HandTrackingError } from "../errors";
import { REFERENCE_PALM } from "../hand/genericHand";
import type { HandState } from "../hand/handState";
import { ROOT_JOINT, WRIST } from "../hand/joints";
import { cardError, type CardCorners } from "./card";
import { findCardPose } from "./cardPose";
import { CORNER_SIGMA_PX } from "./fieldOfView";

/** A palm's length with its error. */
export interface PalmMeasurement {
    /** Wrist to middle knuckle, metres: what `HandTrackingOptions.palmLength` takes. */
    palmLength: number;
    /** One standard deviation, metres. */
    sigma: number;
}

/** A picture of the hand with a card beside it. */
export interface CardSighting {
    /** The card's corners, pixels of the picture. */
    corners: CardCorners;
    /** The palm that the tracker took the hand to have in this picture, metres. */
    palmLength: number;
    /** Depth of the palm's middle as tracked with that, metres. */
    handDepth: number;
}

/** What `HandTrackingOptions.palmLength` takes, metres: from a small child's to the largest hand. */
const SHORTEST_PALM = 0.04;
const LONGEST_PALM = 0.2;
/** The card is held beside the palm, not in its middle plane, metres. */
const BESIDE_SIGMA = 0.01;
/** A tracked hand's distance on the scale of its palm errs by this, as a fraction (on stereo 2.3 %, docs/recoverers.md). */
const TRACKED_SIGMA = 0.03;
/** A card tilted farther is not held beside a flat palm, radians. */
const MAX_TILT = Math.PI / 4;
const MM = 1000;

/**
 * A palm that the user has measured with a ruler, from the crease of the wrist to the middle knuckle.
 * @returns metres
 * @throws HandTrackingError `invalid-argument`
 */
export function palmLengthFromMillimetres(millimetres: number): number {
    const metres = millimetres / MM;
    if (!(metres > SHORTEST_PALM && metres < LONGEST_PALM)) {
        throw new HandTrackingError(
            "invalid-argument",
            `A palm of ${millimetres} mm is not possible; give the distance from wrist to middle knuckle in millimetres, about 92.`
        );
    }
    return metres;
}

/** What the tracker says of a hand, with a card's corners in the same picture. */
export function cardSighting(state: HandState, corners: CardCorners): CardSighting {
    return {
        corners,
        palmLength: state.size * REFERENCE_PALM,
        handDepth: (state.joints[WRIST * 3 + 2] + state.joints[ROOT_JOINT * 3 + 2]) / 2,
    };
}

/**
 * The palm's length from a card held beside the flat hand. A hand of length L at depth Z looks like one of L' at Z' where
 * L / Z = L' / Z': the tracker gave Z' for the L' that it took, the card gives Z. A wrong focal length scales both depths and
 * does no harm, if it is the tracker's.
 * @param sightings the same hand and card, one or more pictures; the median counts
 * @param intrinsics of the pictures, as the tracker has them
 * @param cornerSigmaPx one standard deviation of a corner
 * @throws HandTrackingError `calibration-failed` where a card or a hand is not what it should be
 */
export function palmLengthFromCard(
    sightings: readonly CardSighting[],
    intrinsics: Intrinsics,
    cornerSigmaPx = CORNER_SIGMA_PX
): PalmMeasurement {
    if (sightings.length === 0) {
        throw cardError("no picture was given", "take at least one of the flat hand with the card beside it");
    }
    const palms: number[] = [];
    const variances: number[] = [];
    for (const { corners, palmLength, handDepth } of sightings) {
        if (!(palmLength > 0) || !(handDepth > 0) || !Number.isFinite(palmLength * handDepth)) {
            throw cardError(
                `the hand beside it has a palm of ${palmLength} m at ${handDepth} m`,
                "show the whole hand"
            );
        }
        const pose = findCardPose(corners, intrinsics);
        if (pose.tilt > MAX_TILT) {
            throw cardError(
                `it is tilted by ${((pose.tilt * 180) / Math.PI).toFixed(0)} degrees`,
                "hold it flat beside the palm"
            );
        }
        const depth = pose.translation[2];
        palms.push((palmLength * depth) / handDepth);
        variances.push(((pose.depthSigmaPerPx * Math.max(cornerSigmaPx, pose.residualPx)) / depth) ** 2);
    }
    const palmLength = median(palms);
    if (!(palmLength > SHORTEST_PALM && palmLength < LONGEST_PALM)) {
        throw cardError(
            `it gives a palm of ${(palmLength * MM).toFixed(0)} mm, which nobody has`,
            "hold it beside the hand, at the same distance"
        );
    }
    // More pictures lessen the corners' noise, not that the card is nearer than the hand, or how the tracker errs about it.
    const depth = palmLength * median(sightings.map((sighting) => sighting.handDepth / sighting.palmLength));
    const corners = median(variances) / sightings.length;
    const sigma = palmLength * Math.sqrt(corners + (BESIDE_SIGMA / depth) ** 2 + TRACKED_SIGMA ** 2);
    return { palmLength, sigma };
}

function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
