// The sandbox without a camera: the mouse's hand topples, throws and presses.

import { expect, test, type Page } from "@playwright/test";
import { mkdirSync } from "node:fs";

/** With FINE=1 in the environment they are drawn as finely as those of the docs. */
const PICTURES = "out/mouse";
const VIEW = { width: 800, height: 450 };

interface Place {
    x: number;
    y: number;
    z: number;
}

test.use({ viewport: VIEW });

/** The sandbox with the mouse as a hand, and no networks loaded. */
async function open(page: Page, level: number): Promise<void> {
    await page.clock.install();
    await page.goto(`/sandbox/?mouse&level=${level}${process.env.FINE ? "&quality=high" : ""}`);
    await page.waitForFunction(() => window.__scene?.behaviour.state === "running", undefined, { timeout: 60_000 });
    // Far enough ahead of a page that may be busy.
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
    // The measurements and buttons would catch the pointer.
    await page.addStyleTag({ content: ".card { pointer-events: none; opacity: 0.2; }" });
}

/** Playwright's clock draws a frame at every multiple of this, ms. */
const FRAME_MS = 16;
/** Lets so many frames be drawn: the page's time stands still otherwise, however slowly software draws. */
const frames = (page: Page, count: number): Promise<void> => page.clock.runFor(count * FRAME_MS);

/** Where a place of the scene is on the page, and how far from the camera along its axis. */
async function project(page: Page, place: Place): Promise<{ x: number; y: number; depth: number }> {
    return page.evaluate(({ x, y, z }) => {
        const { scene, camera } = window.__scene.world;
        const engine = scene.getEngine();
        const matrix = camera.getViewMatrix().asArray();
        const depth = matrix[2] * x + matrix[6] * y + matrix[10] * z + matrix[14];
        const right = matrix[0] * x + matrix[4] * y + matrix[8] * z + matrix[12];
        const up = matrix[1] * x + matrix[5] * y + matrix[9] * z + matrix[13];
        const tangent = Math.tan(camera.fov / 2);
        const canvas = engine.getRenderingCanvas()!.getBoundingClientRect();
        return {
            x: canvas.left + (canvas.width / 2) * (1 + right / (depth * tangent * (canvas.width / canvas.height))),
            y: canvas.top + (canvas.height / 2) * (1 - up / (depth * tangent)),
            depth,
        };
    }, place);
}

const RIGHT_BUTTON = 2;
/** What a unit of the wheel moves the hand by. */
const METRES_A_UNIT = 0.0004;
/** Depth of the hand that the mouse is, metres. */
let depth = 0.5;

/** Where the pointer is on the page. */
let pointer = { x: 0, y: 0 };

/** Browsers tell of a real pointer when they next draw in earnest; with the page's time standing still, events are sent. */
async function send(page: Page, type: "pointermove" | "pointerdown" | "pointerup", button = 0): Promise<void> {
    await page.evaluate(
        ([kind, { x, y }, pressed]) => {
            const init = { pointerId: 1, pointerType: "mouse", button: pressed, clientX: x, clientY: y, bubbles: true };
            document.getElementById("scene")!.dispatchEvent(new PointerEvent(kind, init));
        },
        [type, pointer, button] as const
    );
}

/** Brings the hand to a place of the scene in so many frames. */
async function reach(page: Page, from: Place, to: Place, steps: number): Promise<void> {
    for (let step = 1; step <= steps; step++) {
        const share = step / steps;
        const at = await project(page, {
            x: from.x + share * (to.x - from.x),
            y: from.y + share * (to.y - from.y),
            z: from.z + share * (to.z - from.z),
        });
        pointer = { x: at.x, y: at.y };
        await send(page, "pointermove");
        await page.evaluate(
            (deltaY) => document.getElementById("scene")!.dispatchEvent(new WheelEvent("wheel", { deltaY })),
            (depth - at.depth) / METRES_A_UNIT
        );
        depth = at.depth;
        await frames(page, 1);
    }
}

const thing = (page: Page, name: string, index = 0): Promise<Place> =>
    page.evaluate(
        ([wanted, i]) => {
            const mesh = window.__scene.world.things.filter(({ name: own }) => own === wanted)[i as number];
            const { x, y, z } = mesh.position;
            return { x, y, z };
        },
        [name, index] as const
    );

test.beforeEach(() => {
    depth = 0.5;
    mkdirSync(PICTURES, { recursive: true });
});

test("topples the tower", async ({ page }) => {
    await open(page, 0);
    const top = await thing(page, "tower", 3);
    const before = { ...top, z: top.z - 0.14 };
    await reach(page, before, before, 3);
    await send(page, "pointerdown", RIGHT_BUTTON);
    await frames(page, 30);
    await reach(page, before, { ...top, z: top.z + 0.08 }, 16);
    // Before it comes back: what falls off the table does.
    await frames(page, 20);
    const { y } = await thing(page, "tower", 3);
    await page.screenshot({ path: `${PICTURES}/tower.png` });
    console.log(`the top of the tower went from ${(top.y * 1000).toFixed(0)} to ${(y * 1000).toFixed(0)} mm`);
    expect(y).toBeLessThan(top.y - 0.05);
});

test("throws a ball into the bin", async ({ page }) => {
    await open(page, 0);
    const bin = { x: 0.095, y: 0, z: -0.06 };
    const rim = 0.09;
    const ballIndex = 2; // the yellow one beside the bin
    const start = await thing(page, "ball", ballIndex);
    const above = { ...start, y: 0.22 };
    let throws = 0;
    let speed = 0;
    let landed = false;
    // As people do: now and then one bounces off the rim.
    while (!landed && throws < 4) {
        throws++;
        await page.evaluate(() => window.__scene.world.reset());
        await frames(page, 30);
        await reach(page, above, above, 2);
        await frames(page, 10);
        await reach(page, above, start, 8);
        await frames(page, 6);
        await send(page, "pointerdown");
        await frames(page, 20);
        const held = await page.evaluate(
            () => window.__scene.behaviour.hands[0]?.grabber?.heldBody?.transformNode.name
        );
        expect(held).toBe("ball");
        await page.screenshot({ path: `${PICTURES}/held.png` });
        await reach(page, start, above, 8);
        await frames(page, 10);
        // A swing to the left that goes on after the fingers have opened, as swings do.
        const release = { x: bin.x + 0.08, y: 0.22, z: bin.z };
        await reach(page, above, release, 5);
        await send(page, "pointerup");
        await reach(page, release, { ...release, x: bin.x - 0.08 }, 9);
        speed = await page.evaluate(() => window.__sandbox.carries.at(-1)!.releaseSpeed);
        await frames(page, 90);
        const { x, y, z } = await thing(page, "ball", ballIndex);
        landed = Math.hypot(x - bin.x, z - bin.z) < 0.07 && y < rim;
    }
    await page.screenshot({ path: `${PICTURES}/bin.png` });
    console.log(`in the bin after ${throws} throws, the last at ${speed.toFixed(2)} m/s`);
    expect(landed).toBe(true);
    expect(speed).toBeGreaterThan(0.3);
});

test("presses a button", async ({ page }) => {
    await open(page, 2);
    const button = await page.evaluate(() => {
        const { x, y, z } = window.__scene.world.scene.getMeshByName("button")!.position;
        return { x, y, z };
    });
    const above = { ...button, y: button.y + 0.08 };
    await reach(page, above, above, 2);
    await send(page, "pointerdown", RIGHT_BUTTON);
    await frames(page, 15);
    await reach(page, above, { ...button, y: button.y + 0.005 }, 12);
    await frames(page, 30);
    const pressed = await page.evaluate(
        (rest) => rest - window.__scene.world.scene.getMeshByName("button")!.position.y,
        button.y
    );
    const glow = await page.evaluate(() => {
        const { emissiveColor } = window.__scene.world.scene.getMaterialByName("lamp") as unknown as {
            emissiveColor: { r: number; g: number; b: number };
        };
        return [emissiveColor.r, emissiveColor.g, emissiveColor.b];
    });
    await page.screenshot({ path: `${PICTURES}/button.png` });
    console.log(
        `the cap is ${(pressed * 1000).toFixed(1)} mm down, the lamp glows ${glow.map((c) => c.toFixed(2)).join(" ")}`
    );
    expect(pressed).toBeGreaterThan(0.008);
    expect(Math.max(...glow)).toBeGreaterThan(0.1);
});
