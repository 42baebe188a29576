// Real hands hide what is behind them: the passthrough scene in an emulated headset and as a mirror.

import { expect, test, type Page } from "@playwright/test";
import { PNG } from "pngjs";
import { emulateHeadset } from "./emulatedHeadset";

/** Colour of a page's pixel. */
async function colorAt(page: Page, x: number, y: number): Promise<number[]> {
    const { data, width } = PNG.sync.read(await page.screenshot());
    const at = (Math.round(y) * width + Math.round(x)) * 4;
    return [...data.subarray(at, at + 3)];
}

/** Whether a colour is the bright green of the test's box. */
const isBox = ([red, green, blue]: number[]): boolean => green > red + 60 && green > blue + 60;

test("hides a box behind a hand and shows one before it (emulated passthrough)", async ({ page }) => {
    await page.setViewportSize({ width: 800, height: 500 });
    await emulateHeadset(page);
    await page.goto("/passthrough/");
    await page.locator("#enter").click();
    await page.waitForFunction(() => (window.__passthrough?.behavior?.hands.length ?? 0) === 2, undefined, {
        timeout: 60_000,
    });
    // The hand upright before the left eye, and where its palm is on the screen.
    const palm = await page.evaluate(async () => {
        const { world, behavior, xr } = window.__passthrough;
        const device = window.__device;
        device.hands.right!.position.set(0.05, 1.5, -0.35);
        const rendered = async (frames: number): Promise<void> => {
            for (let i = 0; i < frames; i++) {
                await new Promise<void>((resolve) => world.scene.onAfterRenderObservable.addOnce(() => resolve()));
            }
        };
        await rendered(10);
        const hand = behavior!.hands.find(({ side }) => side === "right")!;
        const joints = hand.worldJoints;
        const eye = xr!.baseExperience.camera.rigCameras[0];
        const at = [0, 1, 2].map((k) => (joints[k] + 2 * joints[11 * 3 + k]) / 3);
        const m = eye.getTransformationMatrix().asArray();
        const clip = [0, 1, 3].map((row) => at[0] * m[row] + at[1] * m[4 + row] + at[2] * m[8 + row] + m[12 + row]);
        const box = world.things[0].clone("test-box", null, true, false);
        const material = world.paint("test", 0);
        material.emissiveColor.set(0, 1, 0);
        material.albedoColor.set(0, 0, 0);
        box.material = material;
        box.rotationQuaternion = null;
        box.scaling.setAll(1.6);
        const globals = window as unknown as { __placeBox: (share: number) => Promise<void> };
        globals.__placeBox = async (share) => {
            const { x, y, z } = eye.globalPosition;
            box.position.set(x + (at[0] - x) * share, y + (at[1] - y) * share, z + (at[2] - z) * share);
            await rendered(4);
        };
        const view = document.querySelector("[data-webxr_runtime] canvas") ?? document.querySelector("canvas")!;
        const { left, top, width, height } = view.getBoundingClientRect();
        return {
            // The left eye has the left half.
            x: left + ((clip[0] / clip[2] + 1) / 2) * (width / 2),
            y: top + ((1 - clip[1] / clip[2]) / 2) * height,
        };
    });
    const place = (share: number): Promise<void> =>
        page.evaluate(
            (s) => (window as unknown as { __placeBox: (share: number) => Promise<void> }).__placeBox(s),
            share
        );
    await place(1.35);
    const behind = await colorAt(page, palm.x, palm.y);
    await page.screenshot({ path: "out/passthrough-behind.png" });
    await place(0.7);
    const before = await colorAt(page, palm.x, palm.y);
    await page.screenshot({ path: "out/passthrough-before.png" });
    await place(1.35);
    await page.evaluate(async () => {
        window.__device.hands.right!.connected = false;
        await new Promise((resolve) => setTimeout(resolve, 1500));
    });
    const alone = await colorAt(page, palm.x, palm.y);
    console.log(
        `at the palm (${palm.x.toFixed(0)}, ${palm.y.toFixed(0)}): box behind ${behind}, box before ${before}, box without a hand ${alone}`
    );
    expect(isBox(behind)).toBe(false);
    expect(isBox(before)).toBe(true);
    expect(isBox(alone)).toBe(true);
});

test("is a mirror with the clip's hand where there is no headset", async ({ page }) => {
    await page.setViewportSize({ width: 800, height: 600 });
    await page.goto("/passthrough/?clip&backend=wasm&mode=mirror");
    await page.waitForFunction(() => (window.__passthrough?.behavior?.hands.length ?? 0) === 1, undefined, {
        timeout: 90_000,
    });
    await page.waitForTimeout(6000);
    await page.screenshot({ path: "out/passthrough-mirror.png" });
    const depth = await page.evaluate(() => window.__passthrough.behavior!.hands[0]?.state.joints[11 * 3 + 2]);
    console.log(`the clip's hand is ${depth?.toFixed(2)} m before the camera`);
});
