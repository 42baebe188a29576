// Samples a crop window from an image into a network's input: the same code in the worker, inline and in Node.

import type { CropWindow } from "../camera/cropWindow";
import { CropKernel } from "./cropKernel";
import type { RgbaImage } from "./image";

let kernel: CropKernel | null = null;

/**
 * Bilinear sampling of a window: crop pixel (i, j) takes the image at `c + R ((i, j) - N/2) side / N`, where an image
 * pixel's value sits at its integer position; outside the image is black. All that the window has of the image must be in its
 * region. Within 0.03 of 255 of what float arithmetic gives.
 * @param size N, side of the crop, px; a multiple of four
 * @param out 3 x N x N planes red, green, blue, 0..1
 * @param oversampling a crop pixel is the mean of this many squared pixels of a crop this many times as large: 1, 2, 4 ...
 */
export function sampleCrop(
    image: RgbaImage,
    window: CropWindow,
    size: number,
    out: Float32Array,
    oversampling = 1
): void {
    const { cx, cy, side, rotation, mirrored } = window;
    const step = side / (size * oversampling);
    const cosine = Math.cos(rotation) * step;
    const sine = Math.sin(rotation) * step;
    const half = (size * oversampling) / 2;
    // A mirrored crop pixel i is taken where N - i would be.
    const flip = mirrored ? -1 : 1;
    const x = cx - flip * cosine * half + sine * half;
    const y = cy - flip * sine * half - cosine * half;
    kernel ??= new CropKernel();
    kernel.sample(image, x, y, flip * cosine, flip * sine, -sine, cosine, size, oversampling, out);
}
