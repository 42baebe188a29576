// The networks in TypeScript on WASM against Python's onnxruntime on the same photos (models/training/reference.py).

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, it } from "vitest";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import type { RgbaImage } from "../../src/recovery/image";
import type { PalmDetector } from "../../src/recovery/palmDetector";
import type { Recoverer } from "../../src/recovery/recoverer";
import { cropToImage, windowFromPalm } from "../../src/tracking/windows";
import { wholeView } from "../helpers/wholeView";
import { loadNetworksAsync } from "../../tools/evaluation/evaluatePipeline";
import { createCropWindow, type CropWindow } from "../../src/camera/cropWindow";

const FOLDER = fileURLToPath(new URL("../fixtures/parity/", import.meta.url));
const MODELS = fileURLToPath(new URL("../../models/", import.meta.url));

interface ReferenceHand {
    window: CropWindow;
    keypointsPx: [number, number][];
    keypoints: [number, number, number][];
}

interface ReferencePhoto {
    size: [number, number];
    palms: { box: [number, number, number, number]; keypoints: [number, number][]; score: number }[];
    hands: { plain: ReferenceHand; mirrored: ReferenceHand }[];
}

/** Score of palms of hands, and how near a window is that of the same hand, sides. */
const SURE_PALM = 0.8;
const SAME_HAND = 0.5;

const { photos } = JSON.parse(readFileSync(`${FOLDER}reference.json`, "utf8")) as {
    photos: Record<string, ReferencePhoto>;
};
const read = (name: string): RgbaImage => PNG.sync.read(readFileSync(FOLDER + name));

/** Turns keypoints from the crop's axes into the image's. */
function toImageAxes(keypoints: Float32Array, { rotation, mirrored }: CropWindow): Float64Array {
    const [cosine, sine, flip] = [Math.cos(rotation), Math.sin(rotation), mirrored ? -1 : 1];
    const turned = Float64Array.from(keypoints);
    for (let i = 0; i < turned.length; i += 3) {
        const [x, y] = [flip * keypoints[i], keypoints[i + 1]];
        turned[i] = cosine * x - sine * y;
        turned[i + 1] = sine * x + cosine * y;
    }
    return turned;
}

describe("networks on WASM agree with Python", () => {
    let detector: PalmDetector;
    let recoverer: Recoverer;

    beforeAll(async () => {
        ({ detector, recoverer } = await loadNetworksAsync(MODELS, "mediapipe"));
    });

    it("finds the same palms on 20 photos, boxes within 1 px", async () => {
        let worst = 0;
        let palmCount = 0;
        for (const [name, reference] of Object.entries(photos)) {
            const image = read(name);
            const view = wholeView(image);
            const [originX, originY] = [view.cx - view.side / 2, view.cy - view.side / 2];
            const palms = await detector.detectAsync(image, view);
            expect(palms.length, name).toBe(reference.palms.length);
            for (const [i, palm] of palms.entries()) {
                const { box, keypoints } = reference.palms[i];
                const mine = [
                    originX + palm.cx * view.side,
                    originY + palm.cy * view.side,
                    palm.width * view.side,
                    palm.height * view.side,
                ];
                worst = Math.max(worst, ...mine.map((value, k) => Math.abs(value - box[k])));
                keypoints.forEach(([x, y], k) => {
                    const dx = originX + palm.keypoints[k * 2] * view.side - x;
                    const dy = originY + palm.keypoints[k * 2 + 1] * view.side - y;
                    worst = Math.max(worst, Math.hypot(dx, dy));
                });
                palmCount++;
            }
        }
        console.log(
            `${Object.keys(photos).length} photos, ${palmCount} palms: boxes and keypoints within ${worst.toFixed(3)} px`
        );
        expect(Object.keys(photos).length).toBe(20);
        expect(worst).toBeLessThan(1);
    });

    it("finds the same hands in a coarse look, their windows a tenth of the side off at most in the mean", async () => {
        const off: number[] = [];
        let [wanted, found] = [0, 0];
        for (const [name, { hands, palms }] of Object.entries(photos)) {
            const image = read(name);
            const view = wholeView(image);
            const seen = await detector.detectAsync(image, view, true);
            const windows = seen.map((palm) => {
                const window = createCropWindow();
                windowFromPalm(palm, view, window);
                return window;
            });
            for (const [i, { plain }] of hands.entries()) {
                // What is least like a palm in these photos is none (README of the fixtures).
                if (palms[i].score < SURE_PALM) {
                    continue;
                }
                const { cx, cy, side } = plain.window;
                const distances = windows.map((window) => Math.hypot(window.cx - cx, window.cy - cy) / side);
                const nearest = Math.min(...distances);
                wanted++;
                if (nearest < SAME_HAND) {
                    found++;
                    off.push(nearest);
                }
            }
        }
        const mean = off.reduce((a, b) => a + b) / off.length;
        console.log(`${found} of ${wanted} hands, windows ${mean.toFixed(3)} of their side away`);
        expect(found).toBe(wanted);
        expect(mean).toBeLessThan(0.1);
    });

    it("takes the same windows from palms", async () => {
        let worst = 0;
        for (const [name, reference] of Object.entries(photos)) {
            const image = read(name);
            const view = wholeView(image);
            const palms = await detector.detectAsync(image, view);
            for (const [i, palm] of palms.entries()) {
                const window = createCropWindow();
                windowFromPalm(palm, view, window);
                const { cx, cy, side } = reference.hands[i].plain.window;
                worst = Math.max(
                    worst,
                    Math.abs(window.cx - cx),
                    Math.abs(window.cy - cy),
                    Math.abs(window.side - side)
                );
            }
        }
        console.log(`windows within ${worst.toFixed(3)} px`);
        expect(worst).toBeLessThan(1);
    });

    it("recovers the same keypoints, mirrored crops included, within 0.5 px and 0.5 mm", async () => {
        let worstPx = 0;
        let worstMm = 0;
        const recovered = createRecoveredHand();
        const px = new Float32Array(42);
        for (const [name, reference] of Object.entries(photos)) {
            const image = read(name);
            for (const hand of reference.hands) {
                for (const expected of [hand.plain, hand.mirrored]) {
                    await recoverer.recoverAsync(image, expected.window, recovered);
                    cropToImage(recovered.crop, expected.window, px);
                    expected.keypointsPx.forEach(
                        ([x, y], k) => (worstPx = Math.max(worstPx, Math.hypot(px[k * 2] - x, px[k * 2 + 1] - y)))
                    );
                    const turned = toImageAxes(recovered.keypoints, expected.window);
                    expected.keypoints
                        .flat()
                        .forEach((value, k) => (worstMm = Math.max(worstMm, 1000 * Math.abs(turned[k] - value))));
                }
            }
        }
        console.log(`keypoints within ${worstPx.toFixed(3)} px and ${worstMm.toFixed(3)} mm`);
        expect(worstPx).toBeLessThan(0.5);
        expect(worstMm).toBeLessThan(0.5);
    });
});
