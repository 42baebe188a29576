// npm run demo -- --headless OUT
// Plays the sandbox on the bundled clip in Chromium, frame by frame, and writes screenshots, events.json and summary.json.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import type { SandboxReport } from "../scenes/sandbox/log";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./lib/chromium";
import { buildScenesAsync, serveScenesAsync } from "./lib/scenesServer";

/** Frames of the clip at which the picture is taken besides the events. */
const SNAPSHOTS = [30];
/** How long a thing is carried before its picture is taken, frames. */
const CARRY_FRAMES = 45;
const POLL_MS = 60;
const TIMEOUT_MS = 10 * 60_000;

async function run(page: Page, out: string): Promise<SandboxReport> {
    const start = Date.now();
    const taken = new Set<string>();
    const snapshot = async (name: string): Promise<void> => {
        if (!taken.has(name)) {
            taken.add(name);
            await page.screenshot({ path: join(out, `${name}.png`) });
        }
    };
    for (;;) {
        const report = await page.evaluate(() => window.__sandbox);
        for (const frame of SNAPSHOTS.filter((at) => report.framesProcessed >= at)) {
            await snapshot(`frame-${String(frame).padStart(3, "0")}`);
        }
        for (const [i, event] of report.events.filter(({ kind }) => kind === "object-grabbed").entries()) {
            if (report.framesProcessed >= event.frame + CARRY_FRAMES) {
                await snapshot(`held-${i + 1}`);
            }
        }
        for (const [i] of report.events.filter(({ kind }) => kind === "object-released").entries()) {
            await snapshot(`released-${i + 1}`);
        }
        if (report.done || report.errors.length > 0) {
            await snapshot("end");
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
    const { values } = parseArgs({ options: { headless: { type: "string" }, size: { type: "string", default: "1280x720" } } });
    const [width, height] = values.size.split("x").map(Number);
    const out = values.headless;
    if (!out) {
        throw new Error("usage: npm run demo -- --headless OUT [--size 1280x720]");
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
        await page.goto(`${server.url}/sandbox/?clip=frames&backend=wasm`);
        await page.waitForFunction(() => window.__sandbox !== undefined);
        const report = await run(page, out);
        const count = (kind: string): number => report.events.filter((event) => event.kind === kind).length;
        const summary = {
            framesProcessed: report.framesProcessed,
            framesWithHand: report.framesWithHand,
            trackedRatio: report.framesWithHand / report.framesProcessed,
            pinches: count("pinch-start"),
            grabs: count("grab-start"),
            objectsGrabbed: count("object-grabbed"),
            objectsReleased: count("object-released"),
            liftsMm: report.lifts.map((lift) => Math.round(lift * 1000)),
            handsLost: count("hand-lost"),
            errors: [...report.errors, ...consoleErrors],
            seconds: (Date.now() - start) / 1000,
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
