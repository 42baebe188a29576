// A bank card in the picture: a thing of known size that everybody has.

import { HandTrackingError } from "../errors";

/** Sides of an ID-1 card (ISO/IEC 7810:2019), metres: bank cards, driving licences, most identity cards. */
export const CARD_WIDTH = 0.0856;
export const CARD_HEIGHT = 0.05398;

/** A card's shortest side in the picture must have this many pixels: at 0.5 px noise a corner then errs by some 2 %. */
const MIN_SIDE_PX = 24;

/** Four corners (u, v) around the card in either direction, from any of them on, pixels. */
export type CardCorners = readonly number[];

/** Corners of the card in its plane, metres, origin in its middle; clockwise as the picture shows them (y down). */
const LONG_SIDE_FIRST = [-1, -1, 1, -1, 1, 1, -1, 1].map(
    (sign, i) => (sign * (i % 2 === 0 ? CARD_WIDTH : CARD_HEIGHT)) / 2
);

/** The card's corners as `corners` may list them: a long side first, or a short one. Half a turn makes no difference. */
export const CARD_LISTINGS: readonly (readonly number[])[] = [
    LONG_SIDE_FIRST,
    [...LONG_SIDE_FIRST.slice(2), ...LONG_SIDE_FIRST.slice(0, 2)],
];

/**
 * Corners in clockwise order as the picture shows them.
 * @throws HandTrackingError `calibration-failed` where they are not those of a card that can be measured
 */
export function orderedCorners(corners: CardCorners): Float64Array {
    const out = Float64Array.from(corners);
    if (out.length !== 8 || !out.every(Number.isFinite)) {
        throw cardError(`a card has 4 corners with u and v each, not [${[...corners].join(", ")}]`);
    }
    const turns = [0, 1, 2, 3].map((i) => turnAt(out, i));
    if (!turns.every((turn) => turn > 0) && !turns.every((turn) => turn < 0)) {
        throw cardError(`the corners [${[...corners].join(", ")}] do not go around a card`);
    }
    const shortest = Math.min(...[0, 1, 2, 3].map((i) => sideLength(out, i)));
    if (shortest < MIN_SIDE_PX) {
        throw cardError(
            `its shortest side has ${shortest.toFixed(1)} px of the ${MIN_SIDE_PX} that are needed`,
            "hold it nearer"
        );
    }
    if (turns[0] < 0) {
        // The other way around: exchange the second and the fourth.
        [out[2], out[3], out[6], out[7]] = [out[6], out[7], out[2], out[3]];
    }
    return out;
}

/** The error of everything that is measured with a card: what was wrong, and what to do. */
export function cardError(
    problem: string,
    advice = "mark the four corners of a card of 85.60 x 53.98 mm one after another"
): HandTrackingError {
    return new HandTrackingError("calibration-failed", `Measuring with a card failed: ${problem}; ${advice}.`, false);
}

function sideLength(corners: Float64Array, i: number): number {
    const next = (i + 1) % 4;
    return Math.hypot(corners[next * 2] - corners[i * 2], corners[next * 2 + 1] - corners[i * 2 + 1]);
}

/** Twice the signed area of a corner with its neighbours: positive where the way turns clockwise, y down. */
function turnAt(corners: Float64Array, i: number): number {
    const [a, b] = [(i + 3) % 4, (i + 1) % 4];
    const ux = corners[i * 2] - corners[a * 2];
    const uy = corners[i * 2 + 1] - corners[a * 2 + 1];
    const vx = corners[b * 2] - corners[i * 2];
    const vy = corners[b * 2 + 1] - corners[i * 2 + 1];
    return ux * vy - uy * vx;
}
