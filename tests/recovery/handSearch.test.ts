// Hands that are too close or too far for the detector when it sees the whole picture.

import { readdirSync, readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, it } from "vitest";
import { createCropWindow, type CropWindow } from "../../src/camera/cropWindow";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { HandPipeline } from "../../src/recovery/handPipeline";
import type { RgbaImage } from "../../src/recovery/image";
import type { PalmDetector } from "../../src/recovery/palmDetector";
import type { Recoverer } from "../../src/recovery/recoverer";
import { SEARCH_LOOKS } from "../../src/tracking/searchViews";
import { windowFromPalm } from "../../src/tracking/windows";
import { wholeView } from "../helpers/wholeView";
import { loadNetworksAsync } from "../../tools/evaluation/evaluatePipeline";

const FOLDER = "tests/fixtures/parity/";
const [WIDTH, HEIGHT] = [640, 480];
const FRAME_MS = 33;
/** Frames in which every square is looked at, and a hand's side is decided. */
const FRAMES = SEARCH_LOOKS + 6;

/** A picture in which a photo's hand takes a share of the width, a tenth of it to the left of the middle. */
function framed(photo: RgbaImage, { cx, cy, side }: CropWindow, share: number): RgbaImage {
    const data = new Uint8Array(WIDTH * HEIGHT * 4);
    const scale = side / (share * WIDTH);
    for (let y = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++) {
            const [u, v] = [cx + (x - 0.4 * WIDTH) * scale, cy + (y - HEIGHT / 2) * scale].map(Math.round);
            if (u >= 0 && v >= 0 && u < photo.width && v < photo.height) {
                const from = (v * photo.width + u) * 4;
                data.set(photo.data.subarray(from, from + 4), (y * WIDTH + x) * 4);
            }
        }
    }
    return { data, width: WIDTH, height: HEIGHT };
}

describe("hands that are searched for", () => {
    let detector: PalmDetector;
    let recoverer: Recoverer;
    const hands: { photo: RgbaImage; window: CropWindow }[] = [];

    beforeAll(async () => {
        ({ detector, recoverer } = await loadNetworksAsync("models", "mediapipe"));
        for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".png"))) {
            const photo = PNG.sync.read(readFileSync(FOLDER + name));
            const view = wholeView(photo);
            const [palm] = await detector.detectAsync(photo, view);
            if (palm) {
                const window = createCropWindow();
                windowFromPalm(palm, view, window);
                hands.push({ photo, window });
            }
        }
    });

    /** How many hands are there in the first frame, and after all squares were looked at. */
    async function count(share: number): Promise<[number, number]> {
        let [first, last] = [0, 0];
        for (const { photo, window } of hands) {
            const picture = framed(photo, window, share);
            const intrinsics = intrinsicsFromFieldOfView(WIDTH, HEIGHT);
            const pipeline = new HandPipeline(detector, recoverer, { maxHands: 1 });
            const found: number[] = [];
            for (let frame = 0; frame < FRAMES && !found.at(-1); frame++) {
                found.push((await pipeline.processAsync(picture, frame * FRAME_MS, intrinsics)).hands.length);
            }
            first += found[0];
            last += found.at(-1)!;
        }
        const percent = Math.round(100 * share);
        console.log(
            `hand's window ${percent} % of the width: ${first} of ${hands.length} in the first frame, ${last} in all`
        );
        return [first, last];
    }

    it("are found at once where they are as large as usual", async () => {
        const [first] = await count(0.4);
        // A left hand is mirrored first, in the next frame.
        expect(first).toBeGreaterThanOrEqual(hands.length - 4);
    });

    it("are found in the next frames where they fill the picture", async () => {
        const [first, last] = await count(1.5);
        expect(last).toBeGreaterThanOrEqual(first + 4);
        expect(last).toBeGreaterThanOrEqual(0.8 * hands.length);
    });

    it("are found in the next frames where they are far", async () => {
        const [first, last] = await count(0.11);
        expect(last).toBeGreaterThanOrEqual(first + 3);
    });
});
