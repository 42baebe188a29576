// Where a card is, from its four corners in the picture and a known focal length.

import { fromColumns, fromRotationVector, multiply, rotate } from "../hand/quaternion";
import { CARD_LISTINGS, CARD_WIDTH, cardError, orderedCorners, type CardCorners } from "./card";
import { adjustBundle, type CardView } from "./cardBundle";
import { fitHomography } from "./homography";
import type { Intrinsics } from "../camera/intrinsics";

/** A card that was measured. */
export interface CardPose {
    /** Middle of the card in camera space, metres. */
    translation: Float64Array;
    /** Unit quaternion (x, y, z, w); the card lies in its own x (long side) and y. */
    rotation: Float64Array;
    /** Angle between the card's normal and the line of sight, radians, 0..pi/2. */
    tilt: number;
    /** One standard deviation of the depth for corners that err by 1 px, metres. */
    depthSigmaPerPx: number;
    /** Root mean square of the corners' misfit in u and v, pixels. */
    residualPx: number;
}

/**
 * Planar pose: from the homography (Zhang 2000, section 3.1), from its mirror image about the line of sight, which a card far
 * away resembles, and with either side of the card as the long one; each refined, the best is taken.
 * @throws HandTrackingError `calibration-failed` where no card has such corners
 */
export function findCardPose(corners: CardCorners, { fx, fy, cx, cy }: Intrinsics): CardPose {
    // Square pixels: rows are stretched where they are not.
    const centred = orderedCorners(corners).map((value, i) => (i % 2 === 0 ? value - cx : ((value - cy) * fx) / fy));
    const { view, ...rest } = findView(centred, fx);
    return { ...rest, translation: view.translation, rotation: view.rotation, tilt: tiltOf(view) };
}

/**
 * As `findCardPose`, of ordered corners in pixels from the principal point.
 * @internal
 */
export function findView(
    corners: Float64Array,
    focal: number
): { view: CardView; residualPx: number; depthSigmaPerPx: number } {
    let best: { view: CardView; residualPx: number; depthSigmaPerPx: number } | null = null;
    for (const card of CARD_LISTINGS) {
        const first = firstView(corners, card, focal);
        for (const view of first ? [first, mirrored(first)] : []) {
            const result = adjustBundle([view], focal, false);
            if (result && !(best && best.residualPx <= result.residualPx)) {
                best = { view, residualPx: result.residualPx, depthSigmaPerPx: result.depthSigmas[0] };
            }
        }
    }
    if (!best) {
        throw cardError(`no card looks like [${[...corners].map((px) => px.toFixed(1)).join(", ")}]`);
    }
    return best;
}

/** Angle between a card's normal and the line of sight, radians, 0..pi/2. */
export function tiltOf({ rotation, translation }: CardView): number {
    const normal = new Float64Array(3);
    rotate(rotation, 0, Float64Array.of(0, 0, 1), 0, normal, 0);
    const cosine = dot(normal, translation) / Math.hypot(...translation);
    return Math.acos(Math.min(Math.abs(cosine), 1));
}

/** The homography's columns are the card's axes and its place, up to a factor and noise. */
function firstView(corners: Float64Array, card: readonly number[], focal: number): CardView | null {
    const h = fitHomography(
        card.map((metres) => metres / CARD_WIDTH),
        corners.map((px) => px / focal)
    );
    if (!h) {
        return null;
    }
    const [x, y, place] = [0, 1, 2].map((column) => [h[column], h[3 + column], h[6 + column]]);
    const scale = (Math.hypot(...x) + Math.hypot(...y)) / (2 * CARD_WIDTH);
    // The right angle nearest to both axes: their sum and their difference are at right angles.
    const [p, q] = [unit(x), unit(y)];
    const sum = unit(p.map((value, k) => value + q[k]));
    const difference = unit(p.map((value, k) => value - q[k]));
    const columns = new Float64Array(9);
    for (let k = 0; k < 3; k++) {
        columns[k] = (sum[k] + difference[k]) * Math.SQRT1_2;
        columns[3 + k] = (sum[k] - difference[k]) * Math.SQRT1_2;
    }
    for (let k = 0; k < 3; k++) {
        const [a, b] = [(k + 1) % 3, (k + 2) % 3];
        columns[6 + k] = columns[a] * columns[3 + b] - columns[b] * columns[3 + a];
    }
    const rotation = new Float64Array(4);
    fromColumns(columns, rotation, 0);
    return { corners, card, rotation, translation: Float64Array.from(place, (value) => value / scale) };
}

/** The card tilted the other way: its normal mirrored about the line of sight. */
function mirrored({ corners, card, rotation, translation }: CardView): CardView {
    const normal = new Float64Array(3);
    rotate(rotation, 0, Float64Array.of(0, 0, 1), 0, normal, 0);
    const sight = unit([...translation]);
    const cosine = dot(normal, sight);
    const axis = [0, 1, 2].map((k) => {
        const [a, b] = [(k + 1) % 3, (k + 2) % 3];
        return normal[a] * sight[b] - normal[b] * sight[a];
    });
    const sine = Math.hypot(...axis);
    // Twice the angle between them, about their normal.
    const turn = (2 * Math.atan2(sine, cosine)) / (sine || 1);
    const other = new Float64Array(4);
    fromRotationVector(axis[0] * turn, axis[1] * turn, axis[2] * turn, other, 0);
    multiply(other, 0, rotation, 0, other, 0);
    return { corners, card, rotation: other, translation: translation.slice() };
}

function unit(vector: readonly number[]): number[] {
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
