// AssemblyScript: convolutions of one tap (convolution.ts): products of the filters, a row for each output channel, and the input, a
// row for each input channel. Tiles of FILTERS_AT_ONCE x COLUMNS are summed in registers; their columns of the input, which lie far
// apart, are copied beside each other first.

import { bounded, FILTERS, multiplyAdd, OUTPUT_SIZE, TAPS } from "./mlas";

const FILTERS_AT_ONCE = 4;
const COLUMNS = 8;
const ROW = COLUMNS * 4; // bytes of the copied columns of one channel
/** The copied columns take so many bytes at most. */
const LARGEST_PANEL = 65536;

function storeRow(out: i32, left: v128, right: v128, bias: v128, low: v128, high: v128): void {
    v128.store(out, bounded(f32x4.add(left, bias), low, high));
    v128.store(out, bounded(f32x4.add(right, bias), low, high), 16);
}

/**
 * @param bias address of floats, or 0
 * @param stack below this address there is room
 * @returns 0 where there are too few columns or filters, or too many channels: nothing is done then
 */
export function convolvePointwise(
    p: i32,
    input: i32,
    filter: i32,
    bias: i32,
    stack: i32,
    output: i32,
    low: v128,
    high: v128
): i32 {
    const columns = load<i32>(p, OUTPUT_SIZE);
    const channels = load<i32>(p, TAPS);
    const filters = load<i32>(p, FILTERS);
    if (columns < COLUMNS || filters < FILTERS_AT_ONCE || channels * ROW > LARGEST_PANEL) {
        return 0;
    }
    const pitch = columns << 2;
    const filterPitch = channels << 2;
    const panel = (stack - channels * ROW) & ~15;
    const panelEnd = panel + channels * ROW;
    const none = f32x4.splat(0);
    // The last tile of a row or column may lie over the one before.
    for (let column = 0; ; column = min(column + COLUMNS, columns - COLUMNS)) {
        let from = input + (column << 2);
        for (let b = panel; b < panelEnd; b += ROW, from += pitch) {
            v128.store(b, v128.load(from));
            v128.store(b, v128.load(from, 16), 16);
        }
        for (let first = 0; ; first = min(first + FILTERS_AT_ONCE, filters - FILTERS_AT_ONCE)) {
            let p0 = filter + first * filterPitch;
            let p1 = p0 + filterPitch;
            let p2 = p1 + filterPitch;
            let p3 = p2 + filterPitch;
            let a0 = none;
            let b0 = none;
            let a1 = none;
            let b1 = none;
            let a2 = none;
            let b2 = none;
            let a3 = none;
            let b3 = none;
            for (let b = panel; b < panelEnd; b += ROW) {
                const left = v128.load(b);
                const right = v128.load(b, 16);
                let w = v128.load32_splat(p0);
                a0 = multiplyAdd(a0, w, left);
                b0 = multiplyAdd(b0, w, right);
                w = v128.load32_splat(p1);
                a1 = multiplyAdd(a1, w, left);
                b1 = multiplyAdd(b1, w, right);
                w = v128.load32_splat(p2);
                a2 = multiplyAdd(a2, w, left);
                b2 = multiplyAdd(b2, w, right);
                w = v128.load32_splat(p3);
                a3 = multiplyAdd(a3, w, left);
                b3 = multiplyAdd(b3, w, right);
                p0 += 4;
                p1 += 4;
                p2 += 4;
                p3 += 4;
            }
            const biases = bias ? v128.load(bias + (first << 2)) : none;
            const out = output + first * pitch + (column << 2);
            storeRow(out, a0, b0, i32x4.shuffle(biases, biases, 0, 0, 0, 0), low, high);
            storeRow(out + pitch, a1, b1, i32x4.shuffle(biases, biases, 1, 1, 1, 1), low, high);
            storeRow(out + 2 * pitch, a2, b2, i32x4.shuffle(biases, biases, 2, 2, 2, 2), low, high);
            storeRow(out + 3 * pitch, a3, b3, i32x4.shuffle(biases, biases, 3, 3, 3, 3), low, high);
            if (first + FILTERS_AT_ONCE >= filters) {
                break;
            }
        }
        if (column + COLUMNS >= columns) {
            break;
        }
    }
    return 1;
}
