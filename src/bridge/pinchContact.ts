// Fingertips that meet in a pinch, for applications that judge pinches by the distance of tips.

import { TIP_JOINTS } from "../hand/joints";
import type { ViewerJoints } from "./viewerSpace";

/**
 * Distance of the tips of thumb and index finger in a pinch, metres. three.js' pinch starts at 15 mm and ends at 25 mm; a
 * headset's hands come as near as 2 mm (the recorded pinch in iwer), a camera's stay farther apart though skin touches skin.
 */
export const PINCH_CONTACT = 0.01;

const THUMB_TIP = TIP_JOINTS[0];
const INDEX_TIP = TIP_JOINTS[1];
/** Share of the tip's way that a joint goes along, from the tip to the knuckle, which stays: bones hardly change their length. */
const SHARES = [1, 2 / 3, 1 / 3];

/**
 * Brings the tips of thumb and index finger together, in place; they meet half way.
 * @param amount 0 leaves them, 1 brings them to `PINCH_CONTACT`
 */
export function closePinch({ positions }: ViewerJoints, amount: number): void {
    let square = 0;
    for (let k = 0; k < 3; k++) {
        const gap = positions[THUMB_TIP * 3 + k] - positions[INDEX_TIP * 3 + k];
        square += gap * gap;
    }
    const distance = Math.sqrt(square);
    if (!(distance > PINCH_CONTACT) || amount <= 0) {
        return;
    }
    const part = (amount * (distance - PINCH_CONTACT)) / (2 * distance);
    for (let k = 0; k < 3; k++) {
        const way = part * (positions[THUMB_TIP * 3 + k] - positions[INDEX_TIP * 3 + k]);
        for (let i = 0; i < SHARES.length; i++) {
            positions[(INDEX_TIP - i) * 3 + k] += way * SHARES[i];
            positions[(THUMB_TIP - i) * 3 + k] -= way * SHARES[i];
        }
    }
}
