// Cards before a synthetic camera.

import { CARD_HEIGHT, CARD_WIDTH } from "../../src/calibration/card";
import { gaussian } from "../helpers/random";

export const WIDTH = 1280;
export const HEIGHT = 720;

/** Corners of a card, pixels. `tilts` turns it about the camera's x, y and z, in this order, radians. */
export function seenCard(
    focal: number,
    place: readonly number[],
    tilts: readonly number[],
    noisePx = 0,
    random: () => number = () => 0.5
): number[] {
    const out: number[] = [];
    for (const [sx, sy] of [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
    ]) {
        // prettier-ignore
        let [x, y, z] = [(sx * CARD_WIDTH) / 2, (sy * CARD_HEIGHT) / 2, 0];
        const [a, b, c] = tilts;
        [y, z] = [y * Math.cos(a) - z * Math.sin(a), y * Math.sin(a) + z * Math.cos(a)];
        [x, z] = [x * Math.cos(b) + z * Math.sin(b), -x * Math.sin(b) + z * Math.cos(b)];
        [x, y] = [x * Math.cos(c) - y * Math.sin(c), x * Math.sin(c) + y * Math.cos(c)];
        const depth = z + place[2];
        out.push(
            WIDTH / 2 + (focal * (x + place[0])) / depth + (noisePx && noisePx * gaussian(random)),
            HEIGHT / 2 + (focal * (y + place[1])) / depth + (noisePx && noisePx * gaussian(random))
        );
    }
    return out;
}

/** The same corners, listed from another one on, or the other way around. */
export function relisted(corners: readonly number[], from: number, isReversed = false): number[] {
    const order = [0, 1, 2, 3].map((i) => (from + (isReversed ? 4 - i : i)) % 4);
    return order.flatMap((i) => [corners[i * 2], corners[i * 2 + 1]]);
}

export function percentile(values: readonly number[], share: number): number {
    return [...values].sort((a, b) => a - b)[Math.min(Math.floor(share * values.length), values.length - 1)];
}
