import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { CropWindow } from "../../src/camera/cropWindow";
import type { RgbaImage } from "../../src/recovery/image";
import { sampleCrop } from "../../src/recovery/sampleCrop";
import { bilinearCrop } from "../helpers/bilinearCrop";
import { seededRandom } from "../helpers/random";

const SIZE = 16;
const WINDOWS = 60;

function noise(width: number, height: number, random: () => number): RgbaImage {
    const data = new Uint8Array(width * height * 4);
    data.forEach((_, i) => (data[i] = 1 + random() * 254));
    return { data, width, height };
}

/** Of 255, over the crop. */
function greatestDifference(image: RgbaImage, window: CropWindow, oversampling: number): number {
    const crop = new Float32Array(3 * SIZE ** 2);
    sampleCrop(image, window, SIZE, crop, oversampling);
    const wanted = bilinearCrop(image, window, SIZE, oversampling);
    return 255 * crop.reduce((worst, value, at) => Math.max(worst, Math.abs(value - wanted[at])), 0);
}

it.each([1, 2, 4])(
    "samples as its definition says, inside and across the border, with %d samples a side",
    (oversampling) => {
        const random = seededRandom(7);
        let worst = 0;
        let black = 0;
        for (let i = 0; i < WINDOWS; i++) {
            // From pictures smaller than a crop's kernel reads at once to ones of which a window is a part.
            const [width, height] = [1 + Math.floor(60 * random()), 1 + Math.floor(40 * random())];
            const window = {
                cx: width * (1.2 * random() - 0.1),
                cy: height * (1.2 * random() - 0.1),
                side: 2 + 30 * random() ** 2,
                rotation: 2 * Math.PI * random(),
                mirrored: random() < 0.5,
            };
            const image = noise(width, height, random);
            worst = Math.max(worst, greatestDifference(image, window, oversampling));
            black += bilinearCrop(image, window, SIZE, 1).includes(0) ? 1 : 0;
        }
        console.log(`${WINDOWS} windows, ${black} across a border: within ${worst.toFixed(3)} of 255`);
        expect(worst).toBeLessThan(0.05);
        expect(black).toBeGreaterThan(WINDOWS / 4);
        expect(black).toBeLessThan(WINDOWS);
    }
);

it("is as exact far from the origin of the largest pictures", () => {
    const random = seededRandom(3);
    const [width, height] = [16384, 24];
    const image = noise(width, height, random);
    const window = { cx: width - 30, cy: 11, side: 21, rotation: 0.4, mirrored: false };
    const worst = greatestDifference(image, window, 2);
    console.log(`at ${window.cx} px: within ${worst.toFixed(3)} of 255`);
    expect(worst).toBeLessThan(0.05);
});

it("samples crops of different sizes by turns, as the detector's and the recoverer's", () => {
    const random = seededRandom(9);
    const image = noise(50, 40, random);
    const window = { cx: 24, cy: 21, side: 18, rotation: 0.2, mirrored: false };
    let worst = 0;
    for (const [size, oversampling] of [
        [128, 2],
        [192, 1],
        [96, 2],
        [224, 1],
        [128, 2],
    ]) {
        const crop = new Float32Array(3 * size ** 2);
        sampleCrop(image, window, size, crop, oversampling);
        const wanted = bilinearCrop(image, window, size, oversampling);
        worst = crop.reduce((most, value, at) => Math.max(most, 255 * Math.abs(value - wanted[at])), worst);
    }
    console.log(`within ${worst.toFixed(3)} of 255`);
    expect(worst).toBeLessThan(0.05);
});

it("leaves nothing of one picture in the crop of another", () => {
    const random = seededRandom(5);
    const crop = new Float32Array(3 * SIZE ** 2);
    const wide = { cx: 20, cy: 20, side: 80, rotation: 0.3, mirrored: false };
    sampleCrop(noise(40, 40, random), wide, SIZE, crop, 2);
    const dark: RgbaImage = { data: new Uint8Array(9 * 9 * 4), width: 9, height: 9 };
    for (const window of [wide, { ...wide, cx: -500 }, { ...wide, side: NaN }]) {
        crop.fill(1);
        sampleCrop(dark, window, SIZE, crop, 2);
        expect(crop.every((value) => value === 0)).toBe(true);
    }
});

it("says what of a manifest's input it can't sample", () => {
    const image = noise(8, 8, seededRandom(1));
    const window = { cx: 4, cy: 4, side: 8, rotation: 0, mirrored: false };
    expect(() => sampleCrop(image, window, 18, new Float32Array(3 * 18 ** 2))).toThrow(/18 px/);
    expect(() => sampleCrop(image, window, SIZE, new Float32Array(3 * SIZE ** 2), 3)).toThrow(/3 samples/);
});

it("runs the kernel that its source compiles to", () => {
    const source = readFileSync("src/recovery/assembly/sampleCrop.ts");
    const made = readFileSync("src/recovery/cropKernel.generated.ts", "utf8");
    expect(made).toContain(`sha256 ${createHash("sha256").update(source).digest("hex")}`);
});
