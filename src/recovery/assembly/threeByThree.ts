// AssemblyScript: convolutions of depth one by 3 x 3 taps, every row and column (convolution.ts).
//
// The taps stay in registers, and every row of the input is read once for the three rows of outputs that it counts for.

import { bounded, multiplyAdd } from "./mlas";

/** Planes at least so wide and high gain by it. */
export const SMALLEST_PLANE = 8;
/** Rows of outputs that are made column by column: more of a wide plane's would not stay in the nearest cache. */
const STRIP = 14;

function addThree(sum: v128, left: v128, middle: v128, right: v128, tap0: v128, tap1: v128, tap2: v128): v128 {
    return multiplyAdd(multiplyAdd(multiplyAdd(sum, left, tap0), middle, tap1), right, tap2);
}

/**
 * @param frame the plane between zeros
 * @param pitch bytes to its next row
 */
export function convolveThreeByThree(
    frame: i32,
    taps: i32,
    pitch: i32,
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
            const end = out + rows * outPitch;
            let left = v128.load(source);
            let middle = v128.load(source, 4);
            let right = v128.load(source, 8);
            let first = addThree(bias, left, middle, right, t00, t01, t02);
            source += pitch;
            left = v128.load(source);
            middle = v128.load(source, 4);
            right = v128.load(source, 8);
            // Sums of the next row of outputs, which lack one row of the input, and of the one behind it, which lack two.
            let next = addThree(first, left, middle, right, t10, t11, t12);
            first = addThree(bias, left, middle, right, t00, t01, t02);
            for (; out < end; out += outPitch) {
                source += pitch;
                left = v128.load(source);
                middle = v128.load(source, 4);
                right = v128.load(source, 8);
                v128.store(out, bounded(addThree(next, left, middle, right, t20, t21, t22), low, high));
                next = addThree(first, left, middle, right, t10, t11, t12);
                first = addThree(bias, left, middle, right, t00, t01, t02);
            }
            if (x + 4 >= width) {
                break;
            }
        }
    }
}
