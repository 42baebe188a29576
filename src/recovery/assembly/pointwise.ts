// AssemblyScript: convolutions of one tap (convolution.ts): products of the filters, a row for each output channel, and the input, a
// row for each input channel.

import { BETA, FILTERS, OUTPUT_SIZE, TAPS } from "./mlas";
import { COLUMNS, copyColumns, fitsPanel, multiplyPanel, ROW } from "./panel";

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
    const beta = load<f32>(p, BETA);
    if (columns < COLUMNS || !fitsPanel(filters, channels, beta)) {
        return 0;
    }
    const pitch = columns << 2;
    const panel = (stack - channels * ROW) & ~15;
    const panelEnd = panel + channels * ROW;
    let done = 0;
    // The last panel may lie over the one before.
    for (let column = 0; ; column = min(column + COLUMNS, columns - COLUMNS)) {
        let from = input + (column << 2);
        for (let to = panel; to < panelEnd; to += ROW, from += pitch) {
            copyColumns(from, to);
        }
        multiplyPanel(
            panel,
            panelEnd,
            filter,
            filters,
            bias,
            output + (column << 2),
            pitch,
            low,
            high,
            beta,
            done - column
        );
        done = column + COLUMNS;
        if (done >= columns) {
            break;
        }
    }
    return 1;
}
