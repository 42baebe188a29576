import type { CropWindow } from "../../src/camera/cropWindow";
import type { RgbaImage } from "../../src/recovery/image";

/** What `sampleCrop` is to give, by its definition, a pixel at a time: 3 x N x N, 0..1. */
export function bilinearCrop(image: RgbaImage, window: CropWindow, size: number, oversampling: number): Float32Array {
    const samples = size * oversampling;
    const out = new Float32Array(3 * size * size);
    for (let j = 0; j < samples; j++) {
        for (let i = 0; i < samples; i++) {
            const u = ((window.mirrored ? samples - i : i) - samples / 2) * (window.side / samples);
            const v = (j - samples / 2) * (window.side / samples);
            const x = window.cx + Math.cos(window.rotation) * u - Math.sin(window.rotation) * v;
            const y = window.cy + Math.sin(window.rotation) * u + Math.cos(window.rotation) * v;
            const pixel = Math.floor(j / oversampling) * size + Math.floor(i / oversampling);
            for (let colour = 0; colour < 3; colour++) {
                out[colour * size * size + pixel] +=
                    bilinear(image, x, y, colour) / (255 * oversampling * oversampling);
            }
        }
    }
    return out;
}

function bilinear({ data, width, height }: RgbaImage, x: number, y: number, colour: number): number {
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    let sum = 0;
    for (const [u, v] of [
        [x0, y0],
        [x0 + 1, y0],
        [x0, y0 + 1],
        [x0 + 1, y0 + 1],
    ]) {
        if (u >= 0 && v >= 0 && u < width && v < height) {
            sum += (1 - Math.abs(x - u)) * (1 - Math.abs(y - v)) * data[4 * (v * width + u) + colour];
        }
    }
    return sum;
}
