// The networks on WebGPU (SwiftShader: correct, not fast) against WASM, on the same frames: in the whole worker, and in the page,
// where what is asked of the GPU can be counted.

import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import type { ModelManifest } from "../../src/recovery/manifest";
import type { FollowedFrame } from "../../scenes/parity/gpuPath";

const FRAMES = 2;
const TOLERANCE_PX = 0.5;
const TOLERANCE_MM = 1;

/** Largest distances of two lists of numbers' members. */
const worst = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** Places relative to the first. */
const shapeOf = (places: readonly number[]): number[] => places.map((value, i) => value - places[i % 2]);

async function firstHands(
    page: Page,
    recoverer: string,
    backend: string
): Promise<{ keypointsPx: number[]; wrist: number[] }[]> {
    await page.goto(`/sandbox/?clip=frames&backend=${backend}&recoverer=${recoverer}`);
    await page.waitForFunction((count) => (window.__sandbox?.firstHands.length ?? 0) >= count, FRAMES, {
        timeout: 220_000,
    });
    expect(await page.evaluate(() => window.__scene.behaviour.stats?.backend)).toBe(backend);
    return page.evaluate(() => window.__sandbox.firstHands);
}

// One of the larger networks, and the two whose heads are graphs of their own.
for (const recoverer of ["ahrnet", "fast", "mini"]) {
    test(`WebGPU and WASM agree on the first frames of the clip with ${recoverer}`, async ({ page }) => {
        test.setTimeout(480_000);
        const wasm = await firstHands(page, recoverer, "wasm");
        const webgpu = await firstHands(page, recoverer, "webgpu");
        const px = Math.max(...webgpu.map(({ keypointsPx }, i) => worst(keypointsPx, wasm[i].keypointsPx)));
        const mm = 1000 * Math.max(...webgpu.map(({ wrist }, i) => worst(wrist, wasm[i].wrist)));
        console.log(`${FRAMES} frames: keypoints within ${px.toFixed(4)} px, wrist within ${mm.toFixed(3)} mm`);
        expect(px).toBeLessThan(TOLERANCE_PX);
        expect(mm).toBeLessThan(TOLERANCE_MM);
    });
}

const PICTURE = "tests/fixtures/parity/two_hands.png";
const COUNTED_FRAMES = 6;
/** Pipelines are compiled and buffers taken in the first frames. */
const WARM_UP_FRAMES = 3;
/** Small enough for SwiftShader to run often. */
const MICRO = "tests/fixtures/micro/micro";
const micro = {
    manifest: JSON.parse(readFileSync(`${MICRO}.json`, "utf8")) as ModelManifest,
    file: readFileSync(`${MICRO}.onnx`).toString("base64"),
};

for (const asVideoFrame of [true, false]) {
    const kind = asVideoFrame ? "VideoFrame" : "ImageBitmap";
    test(`two hands of a ${kind} stay on the GPU: one readback a frame, no new buffers, the same as on WASM`, async ({
        page,
    }) => {
        test.setTimeout(240_000);
        await page.goto("/parity/");
        await page.waitForFunction(() => "__followHands" in window, undefined, { timeout: 20_000 });
        const picture = readFileSync(PICTURE).toString("base64");
        const follow = (backend: "wasm" | "webgpu"): Promise<FollowedFrame[]> =>
            page.evaluate(
                ([name, where, what, frames, video]) => window.__followHands(name, where, what, frames, video),
                [micro, backend, picture, COUNTED_FRAMES, asVideoFrame] as const
            );
        const onWasm = await follow("wasm");
        const onGpu = await follow("webgpu");
        let px = 0;
        let mm = 0;
        onGpu.forEach(({ hands }, i) => {
            expect(hands.map(({ side }) => side)).toEqual(onWasm[i].hands.map(({ side }) => side));
            hands.forEach((hand, h) => {
                px = Math.max(px, worst(hand.keypointsPx, onWasm[i].hands[h].keypointsPx));
                mm = Math.max(mm, 1000 * worst(hand.wrist, onWasm[i].hands[h].wrist));
            });
        });
        const [first, darker] = [onGpu[0], onGpu[COUNTED_FRAMES - 1]].map(({ hands }) => shapeOf(hands[0].keypointsPx));
        const moved = worst(first, darker);
        const last = onGpu.slice(WARM_UP_FRAMES);
        const calls = last.map(({ gpu }) => gpu);
        console.log(
            `${kind}: what is seen changes the hand by ${moved.toFixed(1)} px; ${onGpu.map(({ hands }) => hands.length).join(", ")} hands within ${px.toFixed(3)} px and ${mm.toFixed(3)} mm of WASM's; ` +
                `a frame after ${WARM_UP_FRAMES}: ${JSON.stringify(calls)}; ${last.map(({ ms }) => ms.toFixed(0)).join(", ")} ms`
        );
        expect(last.every(({ hands }) => hands.length === 2)).toBe(true);
        expect(moved).toBeGreaterThan(2 * TOLERANCE_PX);
        expect(px).toBeLessThan(TOLERANCE_PX);
        expect(mm).toBeLessThan(TOLERANCE_MM);
        for (const { createBuffer, createTexture, mapAsync } of calls) {
            expect({ createBuffer, createTexture, mapAsync }).toEqual({
                createBuffer: 0,
                createTexture: 0,
                mapAsync: 1,
            });
        }
    });
}

const withoutImports: [name: string, change: () => void][] = [
    ["are missing", () => Reflect.deleteProperty(GPUDevice.prototype, "importExternalTexture")],
    [
        "are refused",
        () => {
            GPUDevice.prototype.importExternalTexture = () => {
                throw new DOMException("no back resource", "OperationError");
            };
        },
    ],
    [
        "show something else",
        () => {
            const real = Object.getOwnPropertyDescriptor(GPUDevice.prototype, "importExternalTexture")!;
            const black = new VideoFrame(new Uint8Array(16), {
                format: "RGBA",
                codedWidth: 2,
                codedHeight: 2,
                timestamp: 0,
            });
            GPUDevice.prototype.importExternalTexture = function () {
                return (real.value as GPUDevice["importExternalTexture"]).call(this, { source: black });
            };
        },
    ],
];

for (const [name, change] of withoutImports) {
    test(`hands of VideoFrames are the same as on WASM where a browser's external textures ${name}`, async ({
        page,
    }) => {
        await page.addInitScript(change);
        await page.goto("/parity/");
        await page.waitForFunction(() => "__followHands" in window, undefined, { timeout: 20_000 });
        const picture = readFileSync(PICTURE).toString("base64");
        const [onWasm, onGpu] = await page.evaluate(
            async ([name, what]) => [
                await window.__followHands(name, "wasm", what, 2, true),
                await window.__followHands(name, "webgpu", what, 2, true),
            ],
            [micro, picture] as const
        );
        const px = Math.max(
            ...onGpu.flatMap(({ hands }, i) =>
                hands.map(({ keypointsPx }, h) => worst(keypointsPx, onWasm[i].hands[h].keypointsPx))
            )
        );
        console.log(`${onGpu.map(({ hands }) => hands.length).join(", ")} hands within ${px.toFixed(3)} px`);
        expect(onGpu.map(({ hands }) => hands.length)).toEqual(onWasm.map(({ hands }) => hands.length));
        expect(onGpu.at(-1)!.hands.length).toBe(2);
        expect(px).toBeLessThan(TOLERANCE_PX);
    });
}

// SwiftShader is left alone by "auto" unless it looks like hardware.
const asHardware = (): void => {
    Object.defineProperty(GPUAdapterInfo.prototype, "architecture", { get: () => "stand-in" });
    Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
};

for (const isBroken of [false, true]) {
    const what = isBroken
        ? "takes WASM where a GPU computes something else"
        : "compares a GPU that computes right by time";
    test(`"auto" ${what}, and says so`, async ({ page }) => {
        await page.addInitScript(asHardware);
        if (isBroken) {
            await page.addInitScript(() => {
                const real = Object.getOwnPropertyDescriptor(GPUBuffer.prototype, "getMappedRange")!;
                GPUBuffer.prototype.getMappedRange = function (...range) {
                    const bytes = (real.value as GPUBuffer["getMappedRange"]).apply(this, range);
                    if (this.label === "hand tracking readback") {
                        new Float32Array(bytes).forEach((value, i, all) => (all[i] = value + 0.03));
                    }
                    return bytes;
                };
            });
        }
        await page.goto("/parity/");
        await page.waitForFunction(() => "__chooseBackend" in window, undefined, { timeout: 20_000 });
        const { backend, reason } = await page.evaluate((recoverer) => window.__chooseBackend(recoverer), micro);
        console.log(`${backend}: ${reason}`);
        if (isBroken) {
            expect(backend).toBe("wasm");
            expect(reason).toMatch(/another hand than WASM: keypoints are 30\.0 mm and 3\.0 % of the crop apart/);
        } else {
            expect(reason).toMatch(/^WebGPU takes [\d.]+ ms a hand, WASM about [\d.]+ ms$/);
        }
    });
}
