// Two hands in a frame: each is looked at in a smaller crop, where the network leaves the side open.

import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import { HandPipeline } from "../../src/recovery/handPipeline";
import { parseManifest, type ModelManifest } from "../../src/recovery/manifest";
import type { Recoverer } from "../../src/recovery/recoverer";
import { loadNetworksAsync } from "../../tools/evaluation/evaluatePipeline";

const FRAME_MS = 33;
/** Sides of hands are voted on in the first few. */
const FRAMES = 6;
const WITH_CROP = { vertices: false, crop: true };

function readManifest(name: string): ModelManifest {
    return parseManifest(readFileSync(`models/${name}.json`, "utf8"), name) as ModelManifest;
}

function readPhoto(name: string): PNG {
    return PNG.sync.read(readFileSync(`tests/fixtures/parity/${name}`));
}

const sideOf = (crop: Float32Array): number => Math.sqrt(crop.length / 3);

describe("two hands in a frame", () => {
    it("are looked at in crops of the manifest's coarse size once both are hands, one hand in the full size", async () => {
        const { size, coarseSize } = readManifest("fast").input;
        for (const [photo, hands, last] of [
            ["asl_025.png", 1, size],
            ["two_hands.png", 2, coarseSize],
        ] as const) {
            const { detector, recoverer } = await loadNetworksAsync("models", "fast");
            const sides: number[] = [];
            const lookAsync = recoverer.startAsync.bind(recoverer);
            recoverer.startAsync = async (picture, window, slot, count) => {
                await lookAsync(picture, window, slot, count, WITH_CROP);
                sides.push(sideOf(recoverer.cropOf(slot)));
            };
            const pipeline = new HandPipeline(detector, recoverer);
            const image = readPhoto(photo);
            const camera = intrinsicsFromFieldOfView(image.width, image.height);
            let found = 0;
            for (let frame = 1; frame <= FRAMES; frame++) {
                found = (await pipeline.processAsync(image, frame * FRAME_MS, camera)).hands.length;
            }
            console.log(`${photo}: ${found} hands, crops of ${sides.join(", ")} px`);
            expect(found).toBe(hands);
            expect(sides.slice(0, hands)).toEqual(Array(hands).fill(size));
            expect(sides.slice(-hands)).toEqual(Array(hands).fill(last));
        }
    });

    it("are found where the full crop finds them", async () => {
        const { recoverer } = await loadNetworksAsync("models", "fast");
        const image = readPhoto("two_hands.png");
        const { photos } = JSON.parse(readFileSync("tests/fixtures/parity/reference.json", "utf8")) as {
            photos: Record<string, { hands: { plain: { window: Parameters<Recoverer["startAsync"]>[1] } }[] }>;
        };
        const off: number[] = [];
        for (const { plain } of photos["two_hands.png"].hands) {
            const [alone, paired] = [createRecoveredHand(), createRecoveredHand()];
            for (const [count, out] of [
                [1, alone],
                [2, paired],
            ] as const) {
                await recoverer.startAsync(image, plain.window, 0, count);
                await recoverer.finishAsync();
                recoverer.take(0, out);
            }
            expect(Math.min(alone.presence, paired.presence)).toBeGreaterThan(0.5);
            let sum = 0;
            for (let i = 0; i < alone.crop.length; i += 2) {
                sum += Math.hypot(alone.crop[i] - paired.crop[i], alone.crop[i + 1] - paired.crop[i + 1]);
            }
            off.push((100 * 2 * sum) / alone.crop.length);
        }
        console.log(`keypoints differ by ${off.map((value) => value.toFixed(2)).join(" and ")} % of the window's side`);
        expect(Math.max(...off)).toBeLessThan(3);
    });

    it("need a positive coarse size", () => {
        const manifest = readManifest("fast");
        manifest.input.coarseSize = 0;
        expect(() => parseManifest(JSON.stringify(manifest), "fast.json")).toThrow("coarseSize is 0");
    });
});
