// AssemblyScript: convolutions of depth one by 3 x 3 taps, every other row and column (convolution.ts).
//
// The plane is read where it lies, not copied between zeros: networks pad such convolutions by a column and a row behind it at most.

import { bounded, multiplyAdd } from "./mlas";

/** Rows of outputs that are made column by column: more of a wide plane's would not stay in the nearest cache. */
const STRIP = 14;

/** Adds a row's three taps, of even columns, odd ones, and the even ones behind these. */
function addRow(sum: v128, even: v128, odd: v128, next: v128, tap0: v128, tap1: v128, tap2: v128): v128 {
    return multiplyAdd(multiplyAdd(multiplyAdd(sum, even, tap0), odd, tap1), next, tap2);
}

/**
 * @param input a plane of at least twice as many rows and columns as the output; beyond it are zeros
 * @param inHeight, inWidth of the plane
 */
export function convolveEveryOther(
    input: i32,
    taps: i32,
    inHeight: i32,
    inWidth: i32,
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
    const pitch = inWidth << 2;
    const outPitch = width << 2;
    for (let top = 0; top < height; top += STRIP) {
        const rows = min(STRIP, height - top);
        // The last columns may lie over those before.
        for (let x = 0; ; x = min(x + 4, width - 4)) {
            let source = input + 2 * top * pitch + (x << 3);
            let out = output + top * outPitch + (x << 2);
            const last = out + (rows - 1) * outPitch;
            // The ninth column, or zeros where there is none.
            const isInside = 2 * x + 8 < inWidth;
            const ninth = isInside ? 32 : 28;
            const mask = i32x4.splat(isInside ? -1 : 0);
            let a = v128.load(source);
            let b = v128.load(source, 16);
            let even = i32x4.shuffle(a, b, 0, 2, 4, 6);
            let odd = i32x4.shuffle(a, b, 1, 3, 5, 7);
            let next = i32x4.shuffle(even, v128.and(v128.load32_splat(source + ninth), mask), 1, 2, 3, 4);
            let sum = addRow(bias, even, odd, next, t00, t01, t02);
            for (; ; out += outPitch) {
                source += pitch;
                a = v128.load(source);
                b = v128.load(source, 16);
                even = i32x4.shuffle(a, b, 0, 2, 4, 6);
                odd = i32x4.shuffle(a, b, 1, 3, 5, 7);
                next = i32x4.shuffle(even, v128.and(v128.load32_splat(source + ninth), mask), 1, 2, 3, 4);
                sum = addRow(sum, even, odd, next, t10, t11, t12);
                source += pitch;
                if (out == last && 2 * (top + rows) >= inHeight) {
                    break;
                }
                a = v128.load(source);
                b = v128.load(source, 16);
                even = i32x4.shuffle(a, b, 0, 2, 4, 6);
                odd = i32x4.shuffle(a, b, 1, 3, 5, 7);
                next = i32x4.shuffle(even, v128.and(v128.load32_splat(source + ninth), mask), 1, 2, 3, 4);
                sum = addRow(sum, even, odd, next, t20, t21, t22);
                if (out == last) {
                    break;
                }
                v128.store(out, bounded(sum, low, high));
                sum = addRow(bias, even, odd, next, t00, t01, t02);
            }
            v128.store(last, bounded(sum, low, high));
            if (x + 4 >= width) {
                break;
            }
        }
    }
}
