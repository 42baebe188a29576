// Samples a crop window from an image into a network's input: the same code in the worker, inline and in Node.

import type { CropWindow } from "../camera/cropWindow";
import type { RgbaImage } from "./image";

const BYTE = 1 / 255;

/**
 * Bilinear sampling of a window: crop pixel (i, j) takes the image at `c + R ((i, j) - N/2) side / N`, where an image
 * pixel's value sits at its integer position; outside the image is black.
 * @param size N, side of the crop, px
 * @param out 3 x N x N planes red, green, blue, 0..1
 */
export function sampleCrop(image: RgbaImage, window: CropWindow, size: number, out: Float32Array): void {
    const { data, width, height } = image;
    const step = window.side / size;
    const cosine = Math.cos(window.rotation) * step;
    const sine = Math.sin(window.rotation) * step;
    const flip = window.mirrored ? -1 : 1;
    const half = size / 2;
    const plane = size * size;
    const lastX = width - 1;
    const lastY = height - 1;
    const rowStride = width * 4;
    for (let j = 0, at = 0; j < size; j++) {
        const v = j - half;
        // A mirrored crop pixel i is taken where N - i would be.
        let x = window.cx - flip * cosine * half - sine * v;
        let y = window.cy - flip * sine * half + cosine * v;
        for (let i = 0; i < size; i++, at++, x += flip * cosine, y += flip * sine) {
            const x0 = Math.floor(x);
            const y0 = Math.floor(y);
            const fx = x - x0;
            const fy = y - y0;
            const p = y0 * rowStride + x0 * 4;
            if (x0 >= 0 && y0 >= 0 && x0 < lastX && y0 < lastY) {
                const a = (1 - fx) * (1 - fy) * BYTE;
                const b = fx * (1 - fy) * BYTE;
                const c = (1 - fx) * fy * BYTE;
                const d = fx * fy * BYTE;
                const q = p + rowStride;
                out[at] = a * data[p] + b * data[p + 4] + c * data[q] + d * data[q + 4];
                out[at + plane] = a * data[p + 1] + b * data[p + 5] + c * data[q + 1] + d * data[q + 5];
                out[at + 2 * plane] = a * data[p + 2] + b * data[p + 6] + c * data[q + 2] + d * data[q + 6];
            } else {
                sampleBorder(image, x0, y0, fx, fy, out, at, plane);
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
    out: Float32Array,
    at: number,
    plane: number
): void {
    const { data, width, height } = image;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let corner = 0; corner < 4; corner++) {
        const x = x0 + (corner & 1);
        const y = y0 + (corner >> 1);
        if (x >= 0 && y >= 0 && x < width && y < height) {
            const weight = (corner & 1 ? fx : 1 - fx) * (corner >> 1 ? fy : 1 - fy) * BYTE;
            const p = (y * width + x) * 4;
            red += weight * data[p];
            green += weight * data[p + 1];
            blue += weight * data[p + 2];
        }
    }
    out[at] = red;
    out[at + plane] = green;
    out[at + 2 * plane] = blue;
}
