// AssemblyScript: convolutions of depth one by 3 x 3 taps, every row and column (convolution.ts).
//
// The taps stay in registers, and every row of the input is read once for the three rows of outputs that it counts for.

import { bounded, multiplyAdd } from "./mlas";

/** Rows of outputs that are made column by column: more of a wide plane's would not stay in the nearest cache. */
const STRIP = 14;

function addThree(sum: v128, left: v128, middle: v128, right: v128, tap0: v128, tap1: v128, tap2: v128): v128 {
    return multiplyAdd(multiplyAdd(multiplyAdd(sum, left, tap0), middle, tap1), right, tap2);
}

/**
 * @param frame the plane between zeros
 * @param pitch bytes to its next row
 * @param begin, end of the rows that are not all zeros
 */
export function convolveThreeByThree(
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
    const t00 = v128.load32_splat(taps);
    const t01 = v128.load32_splat(taps, 4);
    const t02 = v128.load32_splat(taps, 8);
    const t10 = v128.load32_splat(taps, 12);
    const t11 = v128.load32_splat(taps, 16);
    const t12 = v128.load32_splat(taps, 20);
    const t20 = v128.load32_splat(taps, 24);
    const t21 = v128.load32_splat(taps, 28);
    const t22 = v128.load32_splat(taps, 32);
    const outPitch = width << 2;
    for (let top = 0; top < height; top += STRIP) {
        const rows = min(STRIP, height - top);
        // The last columns may lie over those before.
        for (let x = 0; ; x = min(x + 4, width - 4)) {
            let source = frame + top * pitch + (x << 2);
            let out = output + top * outPitch + (x << 2);
            const last = out + rows * outPitch;
            const endOfSums = out + max(0, min(rows, end - 2 - top)) * outPitch;
            // Sums of the row of outputs that the next row of the input ends, and of the one behind it.
            let next = bias;
            let first = bias;
            for (let row = top; row < top + 2; row++, source += pitch) {
                next = first;
                first = bias;
                if (row >= begin) {
                    const left = v128.load(source);
                    const middle = v128.load(source, 4);
                    const right = v128.load(source, 8);
                    next = addThree(next, left, middle, right, t10, t11, t12);
                    first = addThree(first, left, middle, right, t00, t01, t02);
                }
            }
            for (; out < endOfSums; out += outPitch, source += pitch) {
                const left = v128.load(source);
                const middle = v128.load(source, 4);
                const right = v128.load(source, 8);
                v128.store(out, bounded(addThree(next, left, middle, right, t20, t21, t22), low, high));
                next = addThree(first, left, middle, right, t10, t11, t12);
                first = addThree(bias, left, middle, right, t00, t01, t02);
            }
            for (; out < last; out += outPitch) {
                v128.store(out, bounded(next, low, high));
                next = first;
                first = bias;
            }
            if (x + 4 >= width) {
                break;
            }
        }
    }
}
