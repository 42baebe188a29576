// The sandbox in real Chromium: what a visitor with no camera, a refused camera or a damaged server sees.

import { expect, test, type Page } from "@playwright/test";
import { PNG } from "pngjs";
import { DEFAULT_RECOVERER } from "../../src/recovery/recovererNames";

function collectErrors(page: Page): string[] {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    return errors;
}

/** Number of clearly different colours in a screenshot: a blank canvas has a handful. */
function colours(png: Buffer): number {
    const { data } = PNG.sync.read(png);
    const seen = new Set<number>();
    for (let at = 0; at < data.length; at += 4) {
        seen.add(((data[at] >> 4) << 8) | ((data[at + 1] >> 4) << 4) | (data[at + 2] >> 4));
    }
    return seen.size;
}

/** Makes getUserMedia fail as a browser does. */
async function refuseCamera(page: Page, name: string): Promise<void> {
    await page.addInitScript((errorName) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused by the test", errorName));
    }, name);
}

test("plays the clip and says why when the camera is refused", async ({ page }) => {
    const errors = collectErrors(page);
    await refuseCamera(page, "NotAllowedError");
    await page.goto("/sandbox/?backend=wasm");
    await expect(page.locator("#message")).toContainText("refused", { timeout: 60_000 });
    await expect(page.locator("#source")).toContainText("clip", { timeout: 60_000 });
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 5, undefined, { timeout: 120_000 });
    const shot = colours(await page.locator("#scene").screenshot());
    console.log(
        `the canvas shows ${shot} colours, the hand was found in ${await page.evaluate(() => window.__sandbox.framesWithHand)} frames`
    );
    expect(shot).toBeGreaterThan(60);
    expect(errors).toEqual([]);
});

test("says that there is no camera and plays the clip", async ({ page }) => {
    await refuseCamera(page, "NotFoundError");
    await page.goto("/sandbox/?backend=wasm");
    await expect(page.locator("#message")).toContainText("No camera", { timeout: 60_000 });
});

test("names the model file that is missing, and stays alive", async ({ page }) => {
    const errors = collectErrors(page);
    const file = `${DEFAULT_RECOVERER}.onnx`;
    await page.route(`**/models/${file}`, (route) => route.fulfill({ status: 404 }));
    await page.goto("/sandbox/?clip&backend=wasm&worker=false");
    await expect(page.locator("#message")).toContainText(`${file} could not be read: the server answered 404`, {
        timeout: 60_000,
    });
    expect(await page.evaluate(() => window.__scene.behaviour.state)).toBe("failed");
    expect(await page.evaluate(() => window.__sandbox.errors[0])).toContain("model-missing");
    expect(errors).toEqual([]);
});

test("refuses a model file that was tampered with", async ({ page }) => {
    await page.route("**/models/palm.onnx", async (route) => {
        const response = await route.fetch();
        const body = await response.body();
        body[body.length >> 1] ^= 0xff;
        await route.fulfill({ response, body });
    });
    await page.goto("/sandbox/?clip&backend=wasm&worker=false");
    await expect(page.locator("#message")).toContainText("palm.onnx is not the one", { timeout: 60_000 });
    expect(await page.evaluate(() => window.__sandbox.errors[0])).toContain("model-damaged");
});

test("goes on with another source after a camera was unplugged", async ({ page }) => {
    await page.goto("/sandbox/?clip&backend=wasm");
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 2, undefined, { timeout: 120_000 });
    await page.evaluate(() => {
        // A camera that is a canvas: its track can be ended as an unplugged one is.
        const stream = document.createElement("canvas").captureStream(30);
        navigator.mediaDevices.getUserMedia = () => Promise.resolve(stream);
        (window as unknown as { __track: MediaStreamTrack }).__track = stream.getVideoTracks()[0];
    });
    await page.getByRole("button", { name: "Camera", exact: true }).dispatchEvent("click");
    await page.waitForTimeout(500);
    await page.evaluate(() =>
        (window as unknown as { __track: MediaStreamTrack }).__track.dispatchEvent(new Event("ended"))
    );
    await page.waitForFunction(() => window.__sandbox.errors.some((error) => error.startsWith("camera-lost")));
    const before = await page.evaluate(() => window.__sandbox.framesProcessed);
    await page.getByRole("button", { name: "Clip" }).dispatchEvent("click");
    await page.waitForFunction((count) => window.__sandbox.framesProcessed > count + 2, before, { timeout: 120_000 });
    expect(await page.evaluate(() => window.__scene.behaviour.state)).toBe("running");
});

test("leaves nothing behind after 100 attachments and detachments, most of them while loading", async ({ page }) => {
    const errors = collectErrors(page);
    await page.goto("/sandbox/?clip&backend=wasm");
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 2, undefined, { timeout: 120_000 });
    const counts = await page.evaluate(async () => {
        const { behaviour, world } = window.__scene;
        const { scene, camera } = world;
        const engine = scene.getPhysicsEngine() as unknown as { getBodies(): unknown[] };
        const count = () => ({
            meshes: scene.meshes.length,
            nodes: scene.transformNodes.length,
            materials: scene.materials.length,
            skeletons: scene.skeletons.length,
            textures: scene.textures.length,
            bodies: engine.getBodies().length,
            frameObservers:
                scene.onBeforeAnimationsObservable.observers.length + scene.onBeforeRenderObservable.observers.length,
            physicsObservers: scene.onBeforePhysicsObservable.observers.length,
            behaviors: camera.behaviors.length,
        });
        camera.removeBehavior(behaviour);
        await new Promise((resolve) => setTimeout(resolve, 400));
        const before = count();
        for (let i = 0; i < 100; i++) {
            camera.addBehavior(behaviour);
            await new Promise((resolve) => setTimeout(resolve, i % 10));
            camera.removeBehavior(behaviour);
        }
        await new Promise((resolve) => setTimeout(resolve, 400));
        return { before, after: count(), state: behaviour.state };
    });
    const workers = page.workers().length;
    console.log(`before ${JSON.stringify(counts.before)}, after ${JSON.stringify(counts.after)}, ${workers} workers`);
    for (const [kind, count] of Object.entries(counts.after)) {
        expect(count, kind).toBeLessThanOrEqual(counts.before[kind as keyof typeof counts.before]);
    }
    expect(counts.state).toBe("detached");
    expect(workers).toBe(0);
    expect(errors).toEqual([]);
});
