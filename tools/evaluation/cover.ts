// An object in front of the hand, pasted into the pictures of a sequence: what tracking makes of hands that are hidden in part.

import type { RgbaImage } from "../../src/recovery/image";
import { extentAlong } from "./metrics";

/** The object comes and goes this often. */
const PERIOD_MS = 1000;
/** Its sides over those of the box around the hand's keypoints: about a third of it is hidden. */
const SHARE = 0.6;
/** Where its middle lies in that box, from left and from the top, period by period. */
const PLACES_X = [0.25, 0.75, 0.5];
const PLACES_Y = [0.3, 0.7, 0.5, 0.2];
const CHECK_PX = 16;
const COLOURS = [
    [60, 90, 140],
    [90, 110, 120],
];

/** From its first px along each axis to the one after its last. */
export interface CoverBox {
    x: [number, number];
    y: [number, number];
}

/**
 * Where the object is: in the second half of every period over a part of the hand, else nowhere.
 * @param keypointsPx 21 x 2, the truth's
 */
export function coverOf(keypointsPx: Float64Array, timeMs: number): CoverBox | null {
    const period = Math.floor(timeMs / PERIOD_MS);
    if (timeMs - period * PERIOD_MS < PERIOD_MS / 2) {
        return null;
    }
    return {
        x: cut(keypointsPx, 0, PLACES_X[period % PLACES_X.length]),
        y: cut(keypointsPx, 1, PLACES_Y[period % PLACES_Y.length]),
    };
}

/**
 * Draws the object.
 * @param image changed in place
 */
export function coverHand({ data, width, height }: RgbaImage, keypointsPx: Float64Array, timeMs: number): void {
    const box = coverOf(keypointsPx, timeMs);
    if (!box) {
        return;
    }
    for (let y = Math.max(0, box.y[0]); y < Math.min(height, box.y[1]); y++) {
        for (let x = Math.max(0, box.x[0]); x < Math.min(width, box.x[1]); x++) {
            const check = (Math.floor(x / CHECK_PX) + Math.floor(y / CHECK_PX)) % COLOURS.length;
            data.set(COLOURS[check], (y * width + x) * 4);
        }
    }
}

/** First px of the object along an axis, and the one after its last. */
function cut(keypointsPx: Float64Array, axis: number, place: number): [number, number] {
    const [least, most] = extentAlong(keypointsPx, axis);
    const middle = least + (most - least) * place;
    const half = ((most - least) * SHARE) / 2;
    return [Math.round(middle - half), Math.round(middle + half)];
}
