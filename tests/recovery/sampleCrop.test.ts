import { expect, it } from "vitest";
import type { RgbaImage } from "../../src/recovery/image";
import { sampleCrop } from "../../src/recovery/sampleCrop";
import { seededRandom } from "../helpers/random";

const SIZE = 16;

it("makes a pixel of an oversampled crop the mean of those of a finer one, at the picture's border too", () => {
    const random = seededRandom(7);
    const image: RgbaImage = { data: new Uint8Array(40 * 30 * 4), width: 40, height: 30 };
    image.data.forEach((_, i) => (image.data[i] = random() * 256));
    const window = { cx: 30, cy: 12, side: 33, rotation: 0.7, mirrored: true };
    const fine = new Float32Array(3 * (2 * SIZE) ** 2);
    const coarse = new Float32Array(3 * SIZE ** 2);
    sampleCrop(image, window, 2 * SIZE, fine);
    sampleCrop(image, window, SIZE, coarse, 2);
    let worst = 0;
    coarse.forEach((value, at) => {
        const plane = Math.floor(at / SIZE ** 2);
        const y = 2 * Math.floor((at % SIZE ** 2) / SIZE);
        const x = 2 * (at % SIZE);
        let mean = 0;
        for (const [i, j] of [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
        ]) {
            mean += fine[plane * (2 * SIZE) ** 2 + (y + i) * 2 * SIZE + x + j] / 4;
        }
        worst = Math.max(worst, Math.abs(value - mean));
    });
    console.log(`${SIZE} px crop against the mean of ${2 * SIZE} px: within ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(1e-5);
});
