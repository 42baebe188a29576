// Pinches and grabs of a real hand before Chromium's fake webcam.

import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { launchWithClipAsWebcam } from "./fakeWebcam";

interface Clip {
    frames: number;
    framesPerSecond: number;
    fieldOfView: number;
    events: { frame: number; kind: string }[];
}

const clip = JSON.parse(readFileSync("assets/clip/clip.json", "utf8")) as Clip;
const LOOPS = 2;

test("counts the pinches and grabs that a person sees, and none while the hand is open", async ({ baseURL }) => {
    const browser = await launchWithClipAsWebcam();
    try {
        const page = await browser.newPage({ viewport: { width: 320, height: 180 } });
        await page.goto(`${baseURL}/sandbox/?backend=wasm&fieldOfView=${clip.fieldOfView}`);
        // From one pinch to another, whole loops of the clip hold as many of each event as the clip does.
        await page.waitForFunction(
            (count) => (window.__sandbox?.events.filter(({ kind }) => kind === "pinch-start").length ?? 0) > count,
            LOOPS,
            { timeout: 180_000 }
        );
        const { events, framesProcessed, framesWithHand, errors } = await page.evaluate(() => window.__sandbox);
        const starts = events.flatMap(({ kind }, i) => (kind === "pinch-start" ? [i] : []));
        const count = (kind: string): number =>
            events.slice(starts[0], starts[LOOPS]).filter((event) => event.kind === kind).length;
        const seen = {
            pinchStart: count("pinch-start"),
            pinchEnd: count("pinch-end"),
            grabStart: count("grab-start"),
            grabEnd: count("grab-end"),
        };
        console.log(
            `${LOOPS} loops: ${JSON.stringify(seen)}; hand in ${framesWithHand} of ${framesProcessed} processed frames`
        );
        expect(seen).toEqual({ pinchStart: LOOPS, pinchEnd: LOOPS, grabStart: LOOPS, grabEnd: LOOPS });
        expect(framesWithHand / framesProcessed).toBeGreaterThan(0.98);
        expect(errors).toEqual([]);
    } finally {
        await browser.close();
    }
});
