// Samples a crop window from an image into a network's input: the same code in the worker, inline and in Node.

import type { CropWindow } from "../camera/cropWindow";
import type { RgbaImage } from "./image";

const BYTE = 1 / 255;

/**
 * Bilinear sampling of a window: crop pixel (i, j) takes the image at `c + R ((i, j) - N/2) side / N`, where an image
 * pixel's value sits at its integer position; outside the image is black. All that the window has of the image must be in its
 * region.
 * @param size N, side of the crop, px
 * @param out 3 x N x N planes red, green, blue, 0..1
 * @param oversampling a crop pixel is the mean of this many squared pixels of a crop this many times as large
 */
export function sampleCrop(
    image: RgbaImage,
    window: CropWindow,
    size: number,
    out: Float32Array,
    oversampling = 1
): void {
    const { data, width, height, region } = image;
    const samples = size * oversampling;
    const step = window.side / samples;
    const cosine = Math.cos(window.rotation) * step;
    const sine = Math.sin(window.rotation) * step;
    const flip = window.mirrored ? -1 : 1;
    const half = samples / 2;
    const plane = size * size;
    const lastX = width - 1;
    const lastY = height - 1;
    const rowStride = (region?.width ?? width) * 4;
    const first = region ? region.top * rowStride + region.left * 4 : 0;
    const unit = BYTE / (oversampling * oversampling);
    const share = 1 / oversampling;
    out.fill(0);
    for (let j = 0; j < samples; j++) {
        const v = j - half;
        const row = Math.floor(j * share) * size;
        // A mirrored crop pixel i is taken where N - i would be.
        let x = window.cx - flip * cosine * half - sine * v;
        let y = window.cy - flip * sine * half + cosine * v;
        for (let i = 0; i < samples; i++, x += flip * cosine, y += flip * sine) {
            const at = row + Math.floor(i * share);
            const x0 = Math.floor(x);
            const y0 = Math.floor(y);
            const fx = x - x0;
            const fy = y - y0;
            const p = y0 * rowStride + x0 * 4 - first;
            if (x0 >= 0 && y0 >= 0 && x0 < lastX && y0 < lastY) {
                const a = (1 - fx) * (1 - fy) * unit;
                const b = fx * (1 - fy) * unit;
                const c = (1 - fx) * fy * unit;
                const d = fx * fy * unit;
                const q = p + rowStride;
                out[at] += a * data[p] + b * data[p + 4] + c * data[q] + d * data[q + 4];
                out[at + plane] += a * data[p + 1] + b * data[p + 5] + c * data[q + 1] + d * data[q + 5];
                out[at + 2 * plane] += a * data[p + 2] + b * data[p + 6] + c * data[q + 2] + d * data[q + 6];
            } else {
                sampleBorder(image, x0, y0, fx, fy, unit, out, at, plane);
            }
        }
    }
}

/** The same for a pixel at or beyond the image's border, where some of its four neighbours are missing. */
function sampleBorder(
    image: RgbaImage,
    x0: number,
    y0: number,
    fx: number,
    fy: number,
    unit: number,
    out: Float32Array,
    at: number,
    plane: number
): void {
    const { data, width, height, region } = image;
    const { left, top, width: stride } = region ?? { left: 0, top: 0, width };
    for (let corner = 0; corner < 4; corner++) {
        const x = x0 + (corner & 1);
        const y = y0 + (corner >> 1);
        if (x >= 0 && y >= 0 && x < width && y < height) {
            const weight = (corner & 1 ? fx : 1 - fx) * (corner >> 1 ? fy : 1 - fy) * unit;
            const p = ((y - top) * stride + x - left) * 4;
            out[at] += weight * data[p];
            out[at + plane] += weight * data[p + 1];
            out[at + 2 * plane] += weight * data[p + 2];
        }
    }
}
