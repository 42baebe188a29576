// The networks on WebGPU (SwiftShader: correct, not fast) against WASM, on the same frames through the whole worker.

import { expect, test, type Page } from "@playwright/test";

const FRAMES = 2;

async function firstHands(page: Page, backend: string): Promise<{ keypointsPx: number[]; wrist: number[] }[]> {
    await page.goto(`/sandbox/?clip=frames&backend=${backend}`);
    await page.waitForFunction((count) => (window.__sandbox?.firstHands.length ?? 0) >= count, FRAMES, {
        timeout: 220_000,
    });
    expect(await page.evaluate(() => window.__scene.behaviour.stats?.backend)).toBe(backend);
    return page.evaluate(() => window.__sandbox.firstHands);
}

test("WebGPU and WASM agree on the first frames of the clip", async ({ page }) => {
    test.setTimeout(480_000);
    const wasm = await firstHands(page, "wasm");
    const webgpu = await firstHands(page, "webgpu");
    let worstPx = 0;
    let worstMm = 0;
    for (let frame = 0; frame < FRAMES; frame++) {
        wasm[frame].keypointsPx.forEach(
            (value, i) => (worstPx = Math.max(worstPx, Math.abs(value - webgpu[frame].keypointsPx[i])))
        );
        wasm[frame].wrist.forEach(
            (value, i) => (worstMm = Math.max(worstMm, 1000 * Math.abs(value - webgpu[frame].wrist[i])))
        );
    }
    console.log(`${FRAMES} frames: keypoints within ${worstPx.toFixed(4)} px, wrist within ${worstMm.toFixed(3)} mm`);
    expect(worstPx).toBeLessThan(0.5);
    expect(worstMm).toBeLessThan(1);
});
