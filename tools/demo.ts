// npm run demo -- --headless OUT [--recoverer NAME]
// Plays the sandbox on the bundled clip in Chromium, frame by frame, and writes screenshots, events.json and summary.json.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import type { SandboxReport } from "../scenes/sandbox/log";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./lib/chromium";
import { buildScenesAsync, serveScenesAsync } from "./lib/scenesServer";
import { DEFAULT_RECOVERER } from "../src/recovery/recovererNames";

const POLL_MS = 60;
const TIMEOUT_MS = 10 * 60_000;

/** Lets the clip run to its end; takes a picture wherever the page waits for one. */
async function runAsync(page: Page, out: string): Promise<SandboxReport> {
    const start = Date.now();
    for (;;) {
        const report = await page.evaluate(() => window.__sandbox);
        if (report.snapshot) {
            await page.screenshot({ path: join(out, `${report.snapshot}.png`) });
            await page.evaluate(() => window.__scene.resume());
        }
        if (report.done || report.errors.length > 0) {
            return report;
        }
        if (Date.now() - start > TIMEOUT_MS) {
            throw new Error(
                `The clip was not over after ${TIMEOUT_MS / 60_000} minutes: ${report.framesProcessed} frames were processed.`
            );
        }
        await page.waitForTimeout(POLL_MS);
    }
}

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            headless: { type: "string" },
            recoverer: { type: "string", default: DEFAULT_RECOVERER },
            size: { type: "string", default: "1280x720" },
        },
    });
    const [width, height] = values.size.split("x").map(Number);
    const out = values.headless;
    if (!out) {
        throw new Error("usage: npm run demo -- --headless OUT [--recoverer mediapipe] [--size 1280x720]");
    }
    mkdirSync(out, { recursive: true });
    await buildScenesAsync();
    const server = await serveScenesAsync();
    const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: CHROMIUM_ARGUMENTS });
    try {
        const page = await browser.newPage({ viewport: { width, height } });
        const consoleErrors: string[] = [];
        page.on("console", (message) => message.type() === "error" && consoleErrors.push(message.text()));
        page.on("pageerror", (error) => consoleErrors.push(String(error)));
        const start = Date.now();
        await page.goto(`${server.url}/sandbox/?clip=frames&snapshots&backend=wasm&recoverer=${values.recoverer}`);
        await page.waitForFunction(() => window.__sandbox !== undefined);
        const report = await runAsync(page, out);
        const stats = await page.evaluate(() => window.__scene.behaviour.stats);
        const seconds = (Date.now() - start) / 1000;
        const count = (kind: string): number => report.events.filter((event) => event.kind === kind).length;
        const summary = {
            framesProcessed: report.framesProcessed,
            framesWithHand: report.framesWithHand,
            trackedRatio: report.framesWithHand / report.framesProcessed,
            pinches: count("pinch-start"),
            grabs: count("grab-start"),
            objectsGrabbed: count("object-grabbed"),
            objectsReleased: count("object-released"),
            carries: report.carries.map(({ thing, frames, lift, travel, releaseSpeed }) => ({
                thing,
                frames,
                liftMm: Math.round(lift * 1000),
                travelMm: Math.round(travel * 1000),
                releaseSpeed: Number(releaseSpeed.toFixed(2)),
            })),
            handsLost: count("hand-lost"),
            errors: [...report.errors, ...consoleErrors],
            backend: stats && `${stats.backend}, ${stats.threads} threads: ${stats.reason}`,
            stageMs: stats && { ...stats.times, latencyMs: stats.latencyMs },
            framesPerSecond: report.framesProcessed / seconds,
            seconds,
        };
        writeFileSync(join(out, "events.json"), `${JSON.stringify(report.events, null, 2)}\n`);
        writeFileSync(join(out, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
        console.log(JSON.stringify(summary, null, 2));
        if (summary.errors.length > 0) {
            process.exitCode = 1;
        }
    } finally {
        await browser.close();
        await server.close();
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
