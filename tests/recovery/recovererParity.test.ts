// Our own recoverers in TypeScript on WASM against Python's onnxruntime, in the windows of the parity photos
// (models/training/reference_states.py).

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { expect, it } from "vitest";
import type { CropWindow } from "../../src/camera/cropWindow";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import { loadNetworksAsync } from "../../tools/evaluation/evaluatePipeline";

const FOLDER = fileURLToPath(new URL("../fixtures/parity/", import.meta.url));
const MODELS = fileURLToPath(new URL("../../models/", import.meta.url));
const KINDS = ["plain", "mirrored"] as const;
/** Offsets in `state` (models/training/contract.py). */
const [CROP, LOG_SIGMA, LOG_WIDTH] = [63, 105, 126];
const CROP_PX = 224;

type Kinds<T> = Record<(typeof KINDS)[number], T>;
const readJson = (name: string): unknown => JSON.parse(readFileSync(FOLDER + name, "utf8"));
const { photos } = readJson("reference.json") as {
    photos: Record<string, { hands: Kinds<{ window: CropWindow }>[] }>;
};
const NAMES = ["camera-space", "ahrnet", "ehpe", "amvur", "jar", "fast", "mini"];

it.each(NAMES)("the recoverer %s says the same as in Python, within 0.2 mm and 0.1 px", async (recovererName) => {
    const states = readJson(`${recovererName}.json`) as Record<string, Kinds<number[]>[]>;
    const { recoverer } = await loadNetworksAsync(MODELS, recovererName);
    const found = createRecoveredHand();
    const worst = { mm: 0, px: 0, logSigma: 0, width: 0 };
    let crops = 0;
    for (const [name, hands] of Object.entries(states)) {
        const image = PNG.sync.read(readFileSync(FOLDER + name));
        for (const [i, hand] of hands.entries()) {
            for (const kind of KINDS) {
                const state = hand[kind];
                await recoverer.recoverAsync(image, photos[name].hands[i][kind].window, found);
                const difference = (values: Float32Array, from: number): number =>
                    Math.max(...values.map((value, k) => Math.abs(value - state[from + k])));
                worst.mm = Math.max(worst.mm, 1000 * difference(found.keypoints, 0));
                worst.px = Math.max(worst.px, CROP_PX * difference(found.crop, CROP));
                worst.logSigma = Math.max(worst.logSigma, difference(found.logSigma, LOG_SIGMA));
                worst.width = Math.max(worst.width, Math.abs(Math.expm1(found.logWindowWidth - state[LOG_WIDTH])));
                crops++;
            }
        }
    }
    console.log(
        `${crops} crops: keypoints within ${worst.mm.toFixed(3)} mm, positions ${worst.px.toFixed(3)} px, log sigma ${worst.logSigma.toFixed(4)}, width ${(100 * worst.width).toFixed(3)} %`
    );
    expect(crops).toBe(44);
    expect(worst.mm).toBeLessThan(0.2);
    expect(worst.px).toBeLessThan(0.1);
    expect(worst.width).toBeLessThan(0.002);
});
