// AssemblyScript: convolutions of depth one by 5 x 5 taps, every row and column (convolution.ts).
//
// Every row of the input is read once for the five rows of outputs that it counts for; their sums stay in registers.

import { bounded, multiplyAdd } from "./mlas";

const COLUMNS = 8; // of a strip; in narrower planes its right half lies over its left one
const TAPS_OF_ROW = 5 * 4; // bytes
/** Rows of outputs that are made column by column: more of a wide plane's would not stay in the nearest cache. */
const STRIP = 28;

/**
 * @param frame the plane between zeros
 * @param pitch bytes to its next row
 * @param begin, end of the rows that are not all zeros
 */
export function convolveFiveByFive(
    frame: i32,
    taps: i32,
    pitch: i32,
    begin: i32,
    end: i32,
    output: i32,
    height: i32,
    width: i32,
    bias: v128,
    low: v128,
    high: v128
): void {
    const outPitch = width << 2;
    const half = min(16, outPitch - 16);
    const firstRow = frame + begin * pitch;
    const endOfRows = frame + end * pitch;
    for (let top = 0; top < height; top += STRIP) {
        const rows = min(STRIP, height - top);
        // The last columns may lie over those before.
        for (let x = 0; ; x = min(x + COLUMNS, width - COLUMNS)) {
            const first = output + top * outPitch + (x << 2);
            const last = first + rows * outPitch;
            let source = frame + top * pitch + (x << 2);
            // Of the row of outputs that the next row of the input begins, and of the four before it.
            let a0 = bias;
            let a1 = bias;
            let a2 = bias;
            let a3 = bias;
            let a4 = bias;
            let b0 = bias;
            let b1 = bias;
            let b2 = bias;
            let b3 = bias;
            let b4 = bias;
            // The first four would lie above the strip.
            for (let out = first - 4 * outPitch; out < last; out += outPitch, source += pitch) {
                if (source >= firstRow && source < endOfRows) {
                    for (let kx = 0; kx < TAPS_OF_ROW; kx += 4) {
                        const left = v128.load(source + kx);
                        const right = v128.load(source + kx + half);
                        const column = taps + kx;
                        let w = v128.load32_splat(column);
                        a0 = multiplyAdd(a0, left, w);
                        b0 = multiplyAdd(b0, right, w);
                        w = v128.load32_splat(column, TAPS_OF_ROW);
                        a1 = multiplyAdd(a1, left, w);
                        b1 = multiplyAdd(b1, right, w);
                        w = v128.load32_splat(column, 2 * TAPS_OF_ROW);
                        a2 = multiplyAdd(a2, left, w);
                        b2 = multiplyAdd(b2, right, w);
                        w = v128.load32_splat(column, 3 * TAPS_OF_ROW);
                        a3 = multiplyAdd(a3, left, w);
                        b3 = multiplyAdd(b3, right, w);
                        w = v128.load32_splat(column, 4 * TAPS_OF_ROW);
                        a4 = multiplyAdd(a4, left, w);
                        b4 = multiplyAdd(b4, right, w);
                    }
                }
                if (out >= first) {
                    v128.store(out, bounded(a4, low, high));
                    v128.store(out + half, bounded(b4, low, high));
                }
                a4 = a3;
                a3 = a2;
                a2 = a1;
                a1 = a0;
                a0 = bias;
                b4 = b3;
                b3 = b2;
                b2 = b1;
                b1 = b0;
                b0 = bias;
            }
            if (x + COLUMNS >= width) {
                break;
            }
        }
    }
}
