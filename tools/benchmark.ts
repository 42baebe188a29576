// npm run benchmark [-- --quick --recoverers a,b --rounds N --frames N --repeats N --seconds N --json FILE --charts FOLDER --gpu]: this plugin beside
// MediaPipe's hand trackers, in one browser and one run.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import { listContenders } from "../scenes/benchmark/contenders/contenderList";
import type { BenchmarkReport } from "../scenes/benchmark/report";
import { readSettings } from "../scenes/benchmark/settings";
import { printReport } from "./lib/benchmarkTables";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./lib/chromium";
import { measureFreshStartsAsync } from "./lib/freshStarts";
import { fetchMediaPipe } from "./lib/mediapipe";
import { buildScenesAsync } from "./lib/scenesServer";
import { serveSiteAsync } from "./lib/siteServer";

const TIMEOUT_MS = 90 * 60_000;
const VIEWPORT = { width: 1280, height: 900 };

const FLAGS = ["quick", "gpu"] as const;
const VALUES = ["recoverers", "rounds", "frames", "repeats", "seconds", "steps"] as const;

/** What the pages' addresses say. */
function readQuery(): { query: Record<string, string>; json?: string; charts?: string } {
    const { values } = parseArgs({
        options: {
            quick: { type: "boolean" },
            gpu: { type: "boolean" },
            recoverers: { type: "string" },
            rounds: { type: "string" },
            frames: { type: "string" },
            repeats: { type: "string" },
            seconds: { type: "string" },
            steps: { type: "string" },
            json: { type: "string" },
            charts: { type: "string" },
        },
    });
    const query: Record<string, string> = {};
    FLAGS.filter((name) => values[name]).forEach((name) => (query[name] = ""));
    VALUES.filter((name) => values[name]).forEach((name) => (query[name] = values[name]!));
    return { query, json: values.json, charts: values.charts };
}

/** Writes the page's charts as pictures. */
async function saveChartsAsync(page: Page, folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const charts = await page.$$eval("#charts canvas", (canvases) =>
        (canvases as HTMLCanvasElement[]).map((canvas) => ({ name: canvas.dataset.name, url: canvas.toDataURL() }))
    );
    for (const { name, url } of charts) {
        writeFileSync(join(folder, `${name}.png`), Buffer.from(url.split(",")[1], "base64"));
    }
}

async function runPageAsync(page: Page): Promise<BenchmarkReport> {
    await page.waitForFunction(() => window.__benchmark?.done, undefined, { timeout: TIMEOUT_MS, polling: 1000 });
    const report = (await page.evaluate(() => window.__benchmark))!;
    if (report.error) {
        throw new Error(report.error);
    }
    return report;
}

async function main(): Promise<void> {
    const { query, json, charts } = readQuery();
    const { recoverers, repeats } = readSettings(new URLSearchParams(query));
    const names = listContenders(recoverers).map(({ name }) => name);
    fetchMediaPipe();
    await buildScenesAsync();
    const server = await serveSiteAsync();
    try {
        console.log(`Starts in fresh browsers, ${repeats} times ${names.length}…`);
        const starts = await measureFreshStartsAsync(server, names, repeats, query);
        const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: CHROMIUM_ARGUMENTS });
        try {
            const page = await browser.newPage({ viewport: VIEWPORT });
            await page.addInitScript((measured) => (window.__starts = measured), starts);
            console.log("Pictures in turn, then scenes…");
            await page.goto(`${server.url}/benchmark/?${new URLSearchParams({ ...query, run: "" })}`);
            const report = await runPageAsync(page);
            printReport(report);
            if (json) {
                writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
            }
            if (charts) {
                await saveChartsAsync(page, charts);
            }
        } finally {
            await browser.close();
        }
    } finally {
        await server.close();
    }
}

await main();
