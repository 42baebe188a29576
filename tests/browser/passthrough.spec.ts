// Real hands hide what is behind them: the passthrough scene in an emulated headset and as a mirror.

import { expect, test, type Page } from "@playwright/test";
import { PNG } from "pngjs";
import { emulateHeadset } from "./emulatedHeadset";

/** A box on the way from an eye to the middle of a palm, and past it; where that way meets the screen, CSS px. */
interface Sight {
    x: number;
    y: number;
}

declare global {
    interface Window {
        /** Puts the test's box so far on the way from the eye to the palm, 1 at the palm. */
        __placeBox: (share: number) => Promise<void>;
        __renderFrames: (frames: number) => Promise<void>;
    }
}

/** Colour of a page's pixel. */
async function colorAt(page: Page, { x, y }: Sight): Promise<number[]> {
    const { data, width } = PNG.sync.read(await page.screenshot());
    const at = (Math.round(y) * width + Math.round(x)) * 4;
    return [...data.subarray(at, at + 3)];
}

/** Whether a colour is the bright green of the test's box. */
const isBox = ([red, green, blue]: number[]): boolean => green > red + 60 && green > blue + 60;

/** Whether a colour is the clip's hand's. */
const isSkin = ([red, green, blue]: number[]): boolean => red > green + 15 && green > blue + 5;

/** Makes the box, for the hand of a side. */
async function addBox(page: Page, side: "left" | "right"): Promise<Sight> {
    return page.evaluate((wanted) => {
        const { world, behavior, xr } = window.__passthrough;
        window.__renderFrames = async (frames) => {
            for (let i = 0; i < frames; i++) {
                await new Promise<void>((resolve) => world.scene.onAfterRenderObservable.addOnce(() => resolve()));
            }
        };
        const joints = behavior!.hands.find((hand) => hand.side === wanted)!.worldJoints;
        const eye = xr ? xr.baseExperience.camera.rigCameras[0] : world.camera;
        // Two thirds from the wrist to the middle knuckle.
        const palm = [0, 1, 2].map((k) => (joints[k] + 2 * joints[11 * 3 + k]) / 3);
        const m = eye.getTransformationMatrix().asArray();
        const clip = [0, 1, 3].map(
            (row) => palm[0] * m[row] + palm[1] * m[4 + row] + palm[2] * m[8 + row] + m[12 + row]
        );
        const box = world.things[0].clone("test-box", null, true, false);
        const material = world.paint("test", 0);
        material.emissiveColor.set(0, 1, 0);
        material.albedoColor.set(0, 0, 0);
        box.material = material;
        // Nothing else is in the way.
        world.load({ title: "", hint: "", build: () => undefined });
        window.__placeBox = async (share) => {
            const { x, y, z } = eye.globalPosition;
            box.position.set(x + (palm[0] - x) * share, y + (palm[1] - y) * share, z + (palm[2] - z) * share);
            await window.__renderFrames(4);
        };
        const view = document.querySelector("[data-webxr_runtime] canvas") ?? document.getElementById("scene")!;
        const { left, top, width, height } = view.getBoundingClientRect();
        // The left eye has the left half.
        const ofEye = xr ? width / 2 : width;
        return {
            x: left + ((clip[0] / clip[2] + 1) / 2) * ofEye,
            y: top + ((1 - clip[1] / clip[2]) / 2) * height,
        };
    }, side);
}

async function look(page: Page, sight: Sight, share: number, picture?: string): Promise<number[]> {
    await page.evaluate((s) => window.__placeBox(s), share);
    if (picture) {
        await page.screenshot({ path: `out/${picture}.png` });
    }
    return colorAt(page, sight);
}

const BEHIND = 1.35;
const BEFORE = 0.7;

test("hides a box behind a hand and shows one before it (emulated passthrough)", async ({ page }) => {
    await page.setViewportSize({ width: 800, height: 500 });
    await emulateHeadset(page);
    await page.goto("/passthrough/");
    await page.locator("#enter").click();
    await page.waitForFunction(() => window.__passthrough?.behavior?.hands.length === 2, undefined, {
        timeout: 60_000,
    });
    await page.evaluate(() => window.__device.hands.right!.position.set(0.05, 1.5, -0.35));
    await page.waitForTimeout(1000);
    const sight = await addBox(page, "right");
    const behind = await look(page, sight, BEHIND, "passthrough-behind");
    const before = await look(page, sight, BEFORE, "passthrough-before");
    await page.evaluate(() => (window.__device.hands.right!.connected = false));
    await page.waitForFunction(() => window.__passthrough.behavior!.hands.length === 1);
    const alone = await look(page, sight, BEHIND);
    console.log(`at the palm: box behind ${behind}, box before ${before}, box without a hand ${alone}`);
    expect(isBox(behind)).toBe(false);
    expect(isBox(before)).toBe(true);
    expect(isBox(alone)).toBe(true);
});

test("is a mirror where there is no headset; without a camera a clip plays, whose hand hides things", async ({
    page,
}) => {
    await page.setViewportSize({ width: 800, height: 600 });
    await page.goto("/passthrough/?backend=wasm");
    await page.waitForFunction(() => window.__passthrough?.behavior?.hands.length === 1, undefined, {
        timeout: 90_000,
    });
    // The picture waits for the hand, and both for each other: a clip that stands still shows the same moment for good.
    await page.evaluate(() => (window.__passthrough.behavior!.source as { video: HTMLVideoElement }).video.pause());
    await page.waitForTimeout(3000);
    await expect(page.locator("#message")).toContainText("No camera was found");
    await expect(page.locator("#message")).toContainText("a clip of a hand plays");
    const { mode, side } = await page.evaluate(() => ({
        mode: window.__passthrough.mode,
        side: window.__passthrough.behavior!.hands[0].side,
    }));
    const sight = await addBox(page, side);
    const behind = await look(page, sight, BEHIND, "passthrough-mirror");
    const before = await look(page, sight, BEFORE);
    console.log(`${mode}: at the ${side} palm, box behind ${behind}, box before ${before}`);
    expect(mode).toBe("mirror");
    expect(isSkin(behind)).toBe(true);
    expect(isBox(before)).toBe(true);
});

test("sets the table at the height of the hands that lie on it", async ({ page }) => {
    await emulateHeadset(page);
    await page.goto("/passthrough/");
    await page.locator("#enter").click();
    await page.waitForFunction(() => window.__passthrough?.behavior?.hands.length === 2, undefined, {
        timeout: 60_000,
    });
    const { fingers, table } = await page.evaluate(async () => {
        const { left, right } = window.__device.hands;
        // Level, palms down: half a turn about the forearm is what iwer's relaxed hands need least of.
        for (const hand of [left!, right!]) {
            hand.position.set(hand === left ? -0.15 : 0.15, 0.9, -0.4);
        }
        const before = window.__passthrough.tableHeight;
        const start = performance.now();
        while (window.__passthrough.tableHeight === before && performance.now() - start < 15_000) {
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
        const { behavior, tableHeight } = window.__passthrough;
        const heights = behavior!.hands.flatMap(({ worldJoints, worldRadii }) =>
            [9, 14, 19, 24].map((tip) => worldJoints[tip * 3 + 1] - worldRadii[tip])
        );
        return { fingers: heights.reduce((sum, value) => sum + value, 0) / heights.length, table: tableHeight };
    });
    console.log(`table ${table.toFixed(3)} m above the floor; fingertips ${(1000 * fingers).toFixed(1)} mm above it`);
    expect(Math.abs(fingers)).toBeLessThan(0.003);
    expect(table).toBeGreaterThan(0.8);
});
