import { expect, it } from "vitest";
import { createRegion, regionOfWindows } from "../../src/camera/region";
import type { RgbaImage } from "../../src/recovery/image";
import { sampleCrop } from "../../src/recovery/sampleCrop";
import { partOf } from "../helpers/partOf";
import { seededRandom } from "../helpers/random";

const [WIDTH, HEIGHT] = [97, 64];
const CROP = 24;
const WINDOWS = 200;

it("has all that windows show, wherever they lie, and no more than it must", () => {
    const random = seededRandom(5);
    const image: RgbaImage = { data: new Uint8Array(WIDTH * HEIGHT * 4), width: WIDTH, height: HEIGHT };
    image.data.forEach((_, i) => (image.data[i] = 1 + random() * 254));
    const whole = new Float32Array(3 * CROP ** 2);
    const part = new Float32Array(whole.length);
    const region = createRegion();
    let differing = 0;
    let empty = 0;
    let share = 0;
    for (let i = 0; i < WINDOWS; i++) {
        const window = {
            cx: WIDTH * (1.6 * random() - 0.3),
            cy: HEIGHT * (1.6 * random() - 0.3),
            side: 5 + 40 * random(),
            rotation: 2 * Math.PI * random(),
            mirrored: random() < 0.5,
        };
        regionOfWindows([{ window }], WIDTH, HEIGHT, region);
        sampleCrop(image, window, CROP, whole);
        sampleCrop(partOf(image, region), window, CROP, part);
        differing += whole.some((value, at) => value !== part[at]) ? 1 : 0;
        empty += region.width * region.height === 0 ? 1 : 0;
        const square = Math.SQRT2 * window.side + 6;
        expect(Math.max(region.width, region.height)).toBeLessThanOrEqual(square);
        share += (region.width * region.height) / (WIDTH * HEIGHT) / WINDOWS;
    }
    console.log(
        `${WINDOWS} windows: ${differing} crops differ; ${empty} lie outside; regions are ${(100 * share).toFixed(0)} % of the image`
    );
    expect(differing).toBe(0);
    expect(empty).toBeGreaterThan(0);
});
