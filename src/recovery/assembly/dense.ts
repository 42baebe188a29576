// AssemblyScript: convolutions of a few input channels by several taps (convolution.ts): the first of a network, which sees the picture.
//
// MLAS writes every tap of the whole picture out as a row of a matrix. Here only the rows of the input that a row of outputs reads are
// copied, each between zeros (where every other column is wanted, even and odd columns apart), and panels of outputs are made of them.

import {
    BETA,
    FILTERS,
    INPUT_CHANNELS,
    INPUT_HEIGHT,
    INPUT_SIZE,
    INPUT_WIDTH,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    OUTPUT_HEIGHT,
    OUTPUT_SIZE,
    OUTPUT_WIDTH,
    PADDING_ABOVE,
    PADDING_LEFT,
    SCRATCH,
    STRIDE_ALONG,
    TAPS,
} from "./mlas";
import { COLUMNS, copyColumns, fitsPanel, multiplyPanel, ROW } from "./panel";
import { copyBetweenZeros, partOf, pitchOf, tapOffset } from "./rows";

/**
 * @param bias address of floats, or 0
 * @param stack below this address there is room
 * @returns 0 where rows are too short, filters too few or taps too many: nothing is done then
 */
export function convolveDense(
    p: i32,
    input: i32,
    filter: i32,
    bias: i32,
    stack: i32,
    scratch: i32,
    output: i32,
    low: v128,
    high: v128
): i32 {
    const stride = load<i32>(p, STRIDE_ALONG);
    const channels = load<i32>(p, INPUT_CHANNELS);
    const kernelHeight = load<i32>(p, KERNEL_HEIGHT);
    const kernelWidth = load<i32>(p, KERNEL_WIDTH);
    const height = load<i32>(p, INPUT_HEIGHT);
    const width = load<i32>(p, INPUT_WIDTH);
    const outHeight = load<i32>(p, OUTPUT_HEIGHT);
    const outWidth = load<i32>(p, OUTPUT_WIDTH);
    const left = load<i32>(p, PADDING_LEFT);
    const filters = load<i32>(p, FILTERS);
    const taps = load<i32>(p, TAPS);
    const beta = load<f32>(p, BETA);
    const inputPitch = load<i32>(p, INPUT_SIZE) << 2;
    const outputPitch = load<i32>(p, OUTPUT_SIZE) << 2;
    const part = partOf(outWidth, kernelWidth, stride);
    const pitch = pitchOf(outWidth, kernelWidth, stride);
    if (outWidth < COLUMNS || channels * kernelHeight * pitch > SCRATCH || !fitsPanel(filters, taps, beta)) {
        return 0;
    }
    const rowPitch = pitch << 2;
    const odd = part << 2;
    const copied = min(width, pitch - left);
    const panel = (stack - taps * ROW) & ~15;
    const panelEnd = panel + taps * ROW;
    for (let y = 0; y < outHeight; y++) {
        const top = y * stride - load<i32>(p, PADDING_ABOVE);
        let row = scratch;
        for (let channel = 0; channel < channels; channel++) {
            for (let ky = 0; ky < kernelHeight; ky++, row += rowPitch) {
                memory.fill(row, 0, rowPitch);
                if (top + ky >= 0 && top + ky < height) {
                    copyBetweenZeros(
                        input + channel * inputPitch + (((top + ky) * width) << 2),
                        row,
                        left,
                        odd,
                        copied
                    );
                }
            }
        }
        let done = 0;
        for (let x = 0; ; x = min(x + COLUMNS, outWidth - COLUMNS)) {
            let to = panel;
            for (let from = scratch + (x << 2); to < panelEnd; from += rowPitch) {
                for (let kx = 0; kx < kernelWidth; kx++, to += ROW) {
                    copyColumns(from + tapOffset(kx, odd), to);
                }
            }
            const out = output + ((y * outWidth + x) << 2);
            multiplyPanel(panel, panelEnd, filter, filters, bias, out, outputPitch, low, high, beta, done - x);
            done = x + COLUMNS;
            if (done >= outWidth) {
                break;
            }
        }
    }
    return 1;
}
