// What browsers do to a running page: no WebGPU, a lost GPU, a camera that changes, a tab that sleeps.

import { expect, test, type Page } from "@playwright/test";

const INLINE_CLIP = "/sandbox/?clip&worker=false";

async function waitForHands(page: Page, count = 2): Promise<void> {
    await page.waitForFunction((least) => (window.__sandbox?.framesWithHand ?? 0) >= least, count, {
        timeout: 150_000,
    });
}

/** Hands from now on. */
async function waitForMoreHands(page: Page): Promise<void> {
    await waitForHands(page, (await page.evaluate(() => window.__sandbox.framesWithHand)) + 2);
}

// The page's own thread stands for the worker's here: a worker's navigator cannot be changed from outside.
const withoutWebGpu: [name: string, change: () => void, reason: string][] = [
    [
        "is absent",
        () => Object.defineProperty(Navigator.prototype, "gpu", { value: undefined, configurable: true }),
        "this browser has no WebGPU",
    ],
    ["has no adapter", () => (GPU.prototype.requestAdapter = () => Promise.resolve(null)), "WebGPU found no adapter"],
    [
        "gives no device",
        () => {
            GPU.prototype.requestAdapter = () =>
                Promise.resolve({
                    info: {},
                    limits: {},
                    features: new Set(),
                    requestDevice: () => Promise.reject(new Error("refused by the test")),
                } as unknown as GPUAdapter);
        },
        "WebGPU failed to start: refused by the test",
    ],
];

for (const [name, change, reason] of withoutWebGpu) {
    test(`runs on WASM where WebGPU ${name}, and says so`, async ({ page }) => {
        await page.addInitScript(change);
        await page.goto(INLINE_CLIP);
        await waitForHands(page);
        const stats = await page.evaluate(() => window.__scene.behaviour.stats);
        console.log(`${stats?.backend}: ${stats?.reason}`);
        expect(stats).toMatchObject({ backend: "wasm", reason });
        expect(await page.evaluate(() => window.__sandbox.errors)).toEqual([]);
    });
}

test("follows a video in a browser without VideoFrames, as Firefox on Android", async ({ page }) => {
    await page.addInitScript(() => Reflect.deleteProperty(window, "VideoFrame"));
    await page.goto("/sandbox/?clip&backend=wasm");
    await waitForHands(page);
    const { framesProcessed, framesWithHand, errors } = await page.evaluate(() => window.__sandbox);
    console.log(`hand in ${framesWithHand} of ${framesProcessed} frames`);
    expect(await page.evaluate(() => typeof VideoFrame)).toBe("undefined");
    expect(errors).toEqual([]);
});

test("goes on with WASM when the WebGPU device is lost", async ({ page }) => {
    test.setTimeout(300_000);
    // The device lives in the worker: its script gets a first line that can take the device away.
    const prelude = `{
        const request = GPUAdapter.prototype.requestDevice;
        const channel = new BroadcastChannel("lose-device");
        GPUAdapter.prototype.requestDevice = async function (...args) {
            const device = await request.apply(this, args);
            channel.onmessage = () => device.destroy();
            return device;
        };
    }`;
    await page.route("**/handWorker*.js", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `${prelude};${await response.text()}` });
    });
    await page.goto("/sandbox/?clip=frames&backend=webgpu");
    await waitForHands(page, 1);
    expect(await page.evaluate(() => window.__scene.behaviour.stats?.backend)).toBe("webgpu");
    await page.evaluate(() => new BroadcastChannel("lose-device").postMessage(""));
    await page.waitForFunction(() => window.__scene.behaviour.stats?.backend === "wasm", undefined, {
        timeout: 60_000,
    });
    await waitForMoreHands(page);
    const { errors, state, reason } = await page.evaluate(() => ({
        errors: window.__sandbox.errors,
        state: window.__scene.behaviour.state,
        reason: window.__scene.behaviour.stats?.reason,
    }));
    console.log(`${reason}; ${errors.join("; ")}`);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain("device-lost");
    expect(state).toBe("running");
});

test("follows a camera whose picture changes its size and orientation", async ({ page }) => {
    const failures: string[] = [];
    page.on("pageerror", (error) => failures.push(String(error)));
    await page.addInitScript(() => {
        // A camera that shows the clip on a canvas.
        const video = Object.assign(document.createElement("video"), { muted: true, loop: true });
        video.src = "/assets/clip/hand.webm";
        const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
        const context = canvas.getContext("2d")!;
        setInterval(() => {
            context.fillRect(0, 0, canvas.width, canvas.height);
            context.drawImage(video, 0, 0, canvas.width, (canvas.width * 3) / 4);
        }, 33);
        (window as unknown as { __camera: HTMLCanvasElement }).__camera = canvas;
        navigator.mediaDevices.getUserMedia = async () => {
            await video.play();
            return canvas.captureStream(30);
        };
    });
    await page.goto("/sandbox/?backend=wasm");
    await waitForHands(page);
    const sizes: string[] = [];
    for (const [width, height] of [
        [480, 640],
        [320, 240],
        [800, 600],
    ]) {
        await page.evaluate(
            ([w, h]) =>
                Object.assign((window as unknown as { __camera: HTMLCanvasElement }).__camera, { width: w, height: h }),
            [width, height]
        );
        await page.waitForFunction(
            ([w, h]) => {
                const { video } = (window.__scene.behaviour as unknown as { source: { video: HTMLVideoElement } })
                    .source;
                return video.videoWidth === w && video.videoHeight === h;
            },
            [width, height],
            { timeout: 30_000 }
        );
        await waitForMoreHands(page);
        sizes.push(`${width} x ${height}`);
    }
    console.log(`hands found at 640 x 480, ${sizes.join(", ")}`);
    expect(await page.evaluate(() => window.__sandbox.errors)).toEqual([]);
    expect(failures).toEqual([]);
});

test("loses hands while the page sleeps, without errors, and finds them when it wakes", async ({ page }) => {
    const failures: string[] = [];
    page.on("pageerror", (error) => failures.push(String(error)));
    await page.goto("/sandbox/?clip&backend=wasm");
    await waitForHands(page);
    const session = await page.context().newCDPSession(page);
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await waitForMoreHands(page);
    // Where frames are few, the clip's hand may be between two windows at any moment.
    await page.waitForFunction(() => window.__scene.behaviour.hands.length === 1, undefined, { timeout: 30_000 });
    const { errors, state } = await page.evaluate(() => ({
        errors: window.__sandbox.errors,
        state: window.__scene.behaviour.state,
    }));
    console.log(`after 4 s of sleep: ${state}, one hand`);
    expect({ errors, state }).toEqual({ errors: [], state: "running" });
    expect(failures).toEqual([]);
});
