// Samples a crop window from an image into a network's input: the same code in the worker, inline and in Node.

import { reachOf, type CropWindow } from "../camera/cropWindow";
import { CropKernel } from "./cropKernel";
import type { RgbaImage } from "./image";

const TEXEL = 4; // bytes
const FLOAT = 4; // bytes
/** Bytes that the kernel keeps a crop pixel's sums in, and four samples (assembly/sampleCrop.ts). */
const SUM = 16;
const LANES = 64;
/** Rows beyond the first and the last sample's: its lower neighbour, and what rounding may reach. */
const MARGIN = 2;

let kernel: CropKernel | null = null;

/**
 * Bilinear sampling of a window: crop pixel (i, j) takes the image at `c + R ((i, j) - N/2) side / N`, where an image
 * pixel's value sits at its integer position; outside the image is black. All that the window has of the image must be in its
 * region. Within 0.04 of 255 of what float arithmetic gives.
 * @param size N, side of the crop, px; a multiple of four
 * @param out 3 x N x N planes red, green, blue, 0..1
 * @param oversampling a crop pixel is the mean of this many squared pixels of a crop this many times as large: 1, 2, 4 ...
 * @throws RangeError for another size or oversampling
 */
export function sampleCrop(
    image: RgbaImage,
    window: CropWindow,
    size: number,
    out: Float32Array,
    oversampling = 1
): void {
    const level = Math.log2(oversampling);
    if (size % 4 !== 0 || !Number.isInteger(level)) {
        throw new RangeError(
            `A crop of ${size} px with ${oversampling} samples along a pixel's side can't be sampled: its side must be a multiple of 4, and the samples 1, 2, 4 and so on. See the model's manifest ("input").`
        );
    }
    const { cx, cy, side, rotation, mirrored } = window;
    const step = side / (size * oversampling);
    const cosine = Math.cos(rotation) * step;
    const sine = Math.sin(rotation) * step;
    // A mirrored crop pixel i is taken where N - i would be.
    const alongX = mirrored ? -cosine : cosine;
    const alongY = mirrored ? -sine : sine;
    const half = (size * oversampling) / 2;
    const x = cx - half * (alongX - sine);
    const y = cy - half * (alongY + cosine);

    // The kernel's memory: sums of a row of crop pixels, the crop, and the rows of the image that the window reaches.
    const { data, width, height, region } = image;
    const left = region?.left ?? 0;
    const top = region?.top ?? 0;
    const bottom = top + (region?.height ?? height);
    const stride = TEXEL * (region?.width ?? width);
    const reach = reachOf(window) + MARGIN;
    const begin = Math.max(top, Math.floor(cy - reach));
    const end = Math.min(bottom, Math.ceil(cy + reach));
    if (!(end > begin)) {
        // Nothing of the image is in the window, or the window is not a number.
        out.fill(0);
        return;
    }
    const crop = size * SUM + LANES;
    const rows = crop + 3 * size * size * FLOAT;
    kernel ??= new CropKernel();
    kernel.reserve(rows + (end - begin) * stride);
    kernel.bytes.set(data.subarray((begin - top) * stride, (end - top) * stride), rows);
    const origin = rows - begin * stride - left * TEXEL;
    kernel.sample(origin, stride, width, height, x, y, alongX, alongY, -sine, cosine, size, level, 0, crop);
    out.set(kernel.floats.subarray(crop / FLOAT, rows / FLOAT));
}
