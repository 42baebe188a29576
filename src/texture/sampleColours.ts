// The colours of a crop at the vertices that it shows: AMVUR's reverse interpolation (eq. 11).

/**
 * Bilinear colours of a crop. A pixel's value sits at its integer position, as `sampleCrop` has it.
 * @param crop 3 x S x S planes red, green, blue, 0..1: a network's input
 * @param size S, px
 * @param places V x 2, fractions of the crop's side from its centre
 * @param seen V x 0 or 1; the colours of the others become 0
 * @param out receives V x 3, 0..1
 */
export function sampleColours(
    crop: Float32Array,
    size: number,
    places: Float32Array,
    seen: Uint8Array,
    out: Float32Array
): void {
    const plane = size * size;
    const last = size - 1;
    for (let v = 0; v < seen.length; v++) {
        if (seen[v] === 0) {
            out[v * 3] = out[v * 3 + 1] = out[v * 3 + 2] = 0;
            continue;
        }
        const x = Math.min(Math.max((places[v * 2] + 0.5) * size, 0), last);
        const y = Math.min(Math.max((places[v * 2 + 1] + 0.5) * size, 0), last);
        const x0 = Math.min(Math.floor(x), last - 1);
        const y0 = Math.min(Math.floor(y), last - 1);
        const fx = x - x0;
        const fy = y - y0;
        for (let channel = 0; channel < 3; channel++) {
            const at = channel * plane + y0 * size + x0;
            const upper = crop[at] * (1 - fx) + crop[at + 1] * fx;
            const lower = crop[at + size] * (1 - fx) + crop[at + size + 1] * fx;
            out[v * 3 + channel] = upper * (1 - fy) + lower * fy;
        }
    }
}
