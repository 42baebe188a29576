// AssemblyScript: the product of filters, a row of taps for each output channel, and a panel: for each tap COLUMNS floats of the input,
// copied beside each other. Tiles of FILTERS_AT_ONCE x COLUMNS are summed in registers.

import { bounded, multiplyAdd } from "./mlas";

export const FILTERS_AT_ONCE = 4;
export const COLUMNS = 8;
/** Bytes of the panel for one tap. */
export const ROW = COLUMNS * 4;
/** A panel takes so many bytes at most. */
export const LARGEST_PANEL = 65536;

/** Copies COLUMNS floats. */
export function copyColumns(from: i32, to: i32): void {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
}

function storeRow(out: i32, left: v128, right: v128, bias: v128, low: v128, high: v128): void {
    v128.store(out, bounded(f32x4.add(left, bias), low, high));
    v128.store(out, bounded(f32x4.add(right, bias), low, high), 16);
}

/** The same where `beta` times what is there is added; lanes before the column `done` stay as they are. */
function addRow(out: i32, left: v128, right: v128, bias: v128, low: v128, high: v128, beta: v128, done: v128): void {
    const oldLeft = v128.load(out);
    const oldRight = v128.load(out, 16);
    const newLeft = bounded(multiplyAdd(f32x4.add(left, bias), oldLeft, beta), low, high);
    const newRight = bounded(multiplyAdd(f32x4.add(right, bias), oldRight, beta), low, high);
    v128.store(out, v128.bitselect(newLeft, oldLeft, i32x4.ge_s(i32x4(0, 1, 2, 3), done)));
    v128.store(out, v128.bitselect(newRight, oldRight, i32x4.ge_s(i32x4(4, 5, 6, 7), done)), 16);
}

/** Whether multiplyPanel can take so many filters and taps, adding to what is there or not. */
export function fitsPanel(filters: i32, taps: i32, beta: f32): bool {
    return filters >= FILTERS_AT_ONCE && taps * ROW <= LARGEST_PANEL && (beta == 0 || filters % FILTERS_AT_ONCE == 0);
}

/**
 * @param panelEnd where the panel ends: it has as many rows as filters have taps
 * @param bias address of floats, or 0
 * @param output the first filter's first column
 * @param pitch bytes to the next filter's output
 * @param done so many of the columns have their sums already: with `beta`, nothing is added to them
 */
export function multiplyPanel(
    panel: i32,
    panelEnd: i32,
    filter: i32,
    filters: i32,
    bias: i32,
    output: i32,
    pitch: i32,
    low: v128,
    high: v128,
    beta: f32,
    done: i32
): void {
    const filterPitch = (panelEnd - panel) / COLUMNS;
    const none = f32x4.splat(0);
    const share = f32x4.splat(beta);
    const before = i32x4.splat(done);
    // The last tile may lie over the one before.
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
        let left: v128;
        let right: v128;
        let w: v128;
        let b = panel;
        // Two taps at a time: Firefox copies all sums at every turn of a loop (1.45 times as fast there; four are too many for Chromium).
        for (; b + ROW < panelEnd; b += 2 * ROW) {
            left = v128.load(b);
            right = v128.load(b, 16);
            w = v128.load32_splat(p0);
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
            left = v128.load(b, 32);
            right = v128.load(b, 48);
            w = v128.load32_splat(p0, 4);
            a0 = multiplyAdd(a0, w, left);
            b0 = multiplyAdd(b0, w, right);
            w = v128.load32_splat(p1, 4);
            a1 = multiplyAdd(a1, w, left);
            b1 = multiplyAdd(b1, w, right);
            w = v128.load32_splat(p2, 4);
            a2 = multiplyAdd(a2, w, left);
            b2 = multiplyAdd(b2, w, right);
            w = v128.load32_splat(p3, 4);
            a3 = multiplyAdd(a3, w, left);
            b3 = multiplyAdd(b3, w, right);
            p0 += 8;
            p1 += 8;
            p2 += 8;
            p3 += 8;
        }
        if (b < panelEnd) {
            left = v128.load(b);
            right = v128.load(b, 16);
            w = v128.load32_splat(p0);
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
        }
        const biases = bias ? v128.load(bias + (first << 2)) : none;
        const bias0 = i32x4.shuffle(biases, biases, 0, 0, 0, 0);
        const bias1 = i32x4.shuffle(biases, biases, 1, 1, 1, 1);
        const bias2 = i32x4.shuffle(biases, biases, 2, 2, 2, 2);
        const bias3 = i32x4.shuffle(biases, biases, 3, 3, 3, 3);
        const out = output + first * pitch;
        if (beta != 0) {
            addRow(out, a0, b0, bias0, low, high, share, before);
            addRow(out + pitch, a1, b1, bias1, low, high, share, before);
            addRow(out + 2 * pitch, a2, b2, bias2, low, high, share, before);
            addRow(out + 3 * pitch, a3, b3, bias3, low, high, share, before);
        } else {
            storeRow(out, a0, b0, bias0, low, high);
            storeRow(out + pitch, a1, b1, bias1, low, high);
            storeRow(out + 2 * pitch, a2, b2, bias2, low, high);
            storeRow(out + 3 * pitch, a3, b3, bias3, low, high);
        }
        if (first + FILTERS_AT_ONCE >= filters) {
            break;
        }
    }
}
