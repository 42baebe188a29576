// npm run benchmark [-- --frames N --rounds N --seconds N --json FILE]: this pipeline beside @mediapipe/tasks-vision, in one page and one run.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { chromium } from "@playwright/test";
import type { BenchmarkReport, PipelineFigures } from "../scenes/benchmark/main";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./lib/chromium";
import { fetchMediaPipe } from "./lib/mediapipe";
import { buildScenesAsync, serveScenesAsync } from "./lib/scenesServer";

const TIMEOUT_MS = 20 * 60_000;
const MEGABYTE = 1e6;

interface Download {
    bytes: number;
    gzipBytes: number;
    files: string[];
}

/** Files of the built site, or of MediaPipe's folder, that were asked for while a contender started. */
class Downloads {
    public readonly of = new Map<string, Download>();
    private _name = "";

    public mark(name: string): void {
        this._name = name;
    }

    public add(url: string): void {
        const path = new URL(url).pathname;
        const entry = this.of.get(this._name) ?? { bytes: 0, gzipBytes: 0, files: [] };
        if (!this._name || !extname(path) || entry.files.includes(path)) {
            return;
        }
        const file = path.startsWith("/mediapipe/") ? join(".cache", path) : join("dist-scenes", path);
        entry.files.push(path);
        entry.bytes += statSync(file).size;
        entry.gzipBytes += gzipSync(readFileSync(file)).length;
        this.of.set(this._name, entry);
    }
}

function print(report: BenchmarkReport, downloads: ReadonlyMap<string, Download>): void {
    console.log(
        `${report.pictures} pictures of ${report.size} px, one hand, pipelines in turn; ${cpus().length} cores (${cpus()[0].model}), Chromium, no GPU`
    );
    console.table(
        Object.fromEntries(
            report.pipelines.map((p) => [
                p.name,
                {
                    "ms a frame": p.medianMs.toFixed(1),
                    p95: p.p95Ms.toFixed(1),
                    "page blocked ms": p.blockingMedianMs.toFixed(2),
                    "blocked p95": p.blockingP95Ms.toFixed(2),
                    "cold start ms": p.coldStartMs.toFixed(0),
                    "MB (gzip)": `${((downloads.get(p.name)?.bytes ?? 0) / MEGABYTE).toFixed(1)} (${((downloads.get(p.name)?.gzipBytes ?? 0) / MEGABYTE).toFixed(1)})`,
                    found: `${(100 * p.found).toFixed(0)} %`,
                },
            ])
        )
    );
    const [ours, theirs] = report.pipelines;
    const ratio = (of: (p: PipelineFigures) => number): string => (of(ours) / of(theirs)).toFixed(2);
    const bytes = (p: PipelineFigures): number => downloads.get(p.name)?.gzipBytes ?? NaN;
    console.log(`${ours.name}: ${ours.how}\n${theirs.name}: ${theirs.how}`);
    console.log(
        `ours over theirs: ms a frame ${ratio((p) => p.medianMs)} (rounds ${ours.roundsMs.map((ms, i) => (ms / theirs.roundsMs[i]).toFixed(2)).join(", ")}), page blocked ${ratio((p) => p.blockingMedianMs)}, cold start ${ratio((p) => p.coldStartMs)}, bytes (gzip) ${ratio(bytes)}; 2D keypoints differ by ${theirs.differencePx.toFixed(1)} px`
    );
    console.log("\nA scene with one hand and 30 bodies, networks on WASM:");
    console.table(
        Object.fromEntries(
            report.scenes.map((s) => [
                s.mode === "none" ? "no tracking" : `tracking in the ${s.mode}`,
                {
                    "frames/s": s.framesPerSecond.toFixed(1),
                    "interval p95 ms": s.intervalP95Ms.toFixed(1),
                    "our code ms": s.ours?.medianMs.toFixed(2) ?? "–",
                    "our code p95 ms": s.ours?.p95Ms.toFixed(2) ?? "–",
                    "hands/s": s.handsPerSecond.toFixed(1),
                },
            ])
        )
    );
}

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            frames: { type: "string", default: "100" },
            rounds: { type: "string", default: "3" },
            seconds: { type: "string", default: "10" },
            json: { type: "string" },
        },
    });
    fetchMediaPipe();
    await buildScenesAsync();
    const server = await serveScenesAsync();
    const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: CHROMIUM_ARGUMENTS });
    try {
        const page = await browser.newPage({ viewport: { width: 640, height: 400 } });
        const downloads = new Downloads();
        page.on("request", (request) => downloads.add(request.url()));
        await page.exposeFunction("__mark", (name: string) => downloads.mark(name));
        const { frames, rounds, seconds, json } = values;
        await page.goto(`${server.url}/benchmark/?frames=${frames}&rounds=${rounds}&seconds=${seconds}`);
        await page.waitForFunction(() => window.__benchmark?.done, undefined, { timeout: TIMEOUT_MS, polling: 1000 });
        const report = await page.evaluate(() => window.__benchmark);
        if (report.error) {
            throw new Error(report.error);
        }
        print(report, downloads.of);
        if (json) {
            writeFileSync(
                json,
                `${JSON.stringify({ ...report, downloads: Object.fromEntries(downloads.of) }, null, 2)}\n`
            );
        }
    } finally {
        await browser.close();
        await server.close();
    }
}

await main();
