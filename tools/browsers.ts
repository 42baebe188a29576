// npm run browsers -- [--recoverer NAME] [--frames N] [--seconds N]
// The sample clip through the whole behaviour in every engine that this machine has: Chromium, Firefox (its own, not Playwright's) and
// WebKitGTK. Prints a table: hands found, their distance from Chromium's, milliseconds.

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { launch } from "puppeteer-core";
import type { ClipFigures } from "../scenes/parity/clipRun";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./lib/chromium";
import { buildScenesAsync, serveScenesAsync } from "./lib/scenesServer";
import { launchWebKitAsync } from "./lib/webKit";
import { QUICK_RECOVERER } from "../src/recovery/recovererNames";

const PAGE = "/parity/";
const FIREFOXES = ["firefox-esr", "firefox"];
/** The page's scripts are there after this, ms. */
const LOADED_MS = 5000;
/** How long the frames may take that are followed one by one. */
const FRAMES_SECONDS = 120;

/** A page of one browser. */
interface Opened {
    name: string;
    evaluateAsync: (expression: string) => Promise<unknown>;
    closeAsync: () => Promise<void>;
}

function findFirefox(): string | null {
    for (const name of FIREFOXES) {
        try {
            return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
        } catch {
            // Not this one.
        }
    }
    return null;
}

async function openChromiumAsync(url: string): Promise<Opened> {
    const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: CHROMIUM_ARGUMENTS });
    const page = await browser.newPage();
    await page.goto(url);
    return {
        name: `Chromium ${browser.version()}`,
        evaluateAsync: (expression) => page.evaluate(expression),
        closeAsync: () => browser.close(),
    };
}

async function openFirefoxAsync(url: string): Promise<Opened | null> {
    const executablePath = findFirefox();
    if (!executablePath) {
        return null;
    }
    const browser = await launch({
        browser: "firefox",
        executablePath,
        // Plays without a click.
        extraPrefsFirefox: { "media.autoplay.default": 0 },
        protocolTimeout: 2000 * FRAMES_SECONDS,
    });
    const page = await browser.newPage();
    await page.goto(url);
    return {
        name: (await browser.version()).replace("/", " "),
        evaluateAsync: (expression) => page.evaluate(expression),
        closeAsync: () => browser.close(),
    };
}

async function openWebKitAsync(url: string): Promise<Opened | null> {
    const browser = await launchWebKitAsync();
    await browser?.openAsync(url);
    return browser && { ...browser, name: `WebKitGTK ${browser.version}` };
}

function distancePx(a: readonly number[], b: readonly number[]): number {
    return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            recoverer: { type: "string", default: QUICK_RECOVERER },
            frames: { type: "string", default: "60" },
            seconds: { type: "string", default: "15" },
        },
    });
    const { recoverer, frames, seconds } = values;
    await buildScenesAsync();
    const server = await serveScenesAsync();
    // The same files, by the name for which all browsers trust a page without https.
    const url = server.url.replace("127.0.0.1", "localhost") + PAGE;
    const rows: Record<string, string | number>[] = [];
    let first: ClipFigures | null = null;
    try {
        for (const openAsync of [openChromiumAsync, openFirefoxAsync, openWebKitAsync]) {
            const page = await openAsync(url);
            if (!page) {
                continue;
            }
            try {
                await new Promise((resolve) => setTimeout(resolve, LOADED_MS));
                const followAsync = async (count: string, most: string): Promise<ClipFigures> =>
                    (await page.evaluateAsync(`window.__followClip("${recoverer}", ${count}, ${most})`)) as ClipFigures;
                const stepped = await followAsync(frames, String(FRAMES_SECONDS));
                const played = await followAsync("null", seconds);
                first ??= stepped;
                rows.push({
                    browser: page.name,
                    backend: `${played.stats?.backend}, ${played.stats?.threads} threads`,
                    "hand in frames": `${stepped.framesWithHand} of ${stepped.frames}`,
                    "in the video": `${played.framesWithHand} of ${played.frames}`,
                    "px from the first": distancePx(stepped.keypointsPx, first.keypointsPx).toFixed(3),
                    "picture ms": (played.stats?.times.pixelsMs ?? NaN).toFixed(1),
                    "network ms": (played.stats?.times.recoverMs ?? NaN).toFixed(1),
                    "there and back ms": (played.stats?.latencyMs ?? NaN).toFixed(1),
                    errors: [...stepped.errors, ...played.errors].join("; "),
                });
            } finally {
                await page.closeAsync();
            }
        }
    } finally {
        await server.close();
    }
    console.table(rows);
    process.exitCode = rows.some(({ errors }) => errors !== "") ? 1 : 0;
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
