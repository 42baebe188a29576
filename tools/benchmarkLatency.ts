// npm run benchmark:latency [-- --json FILE --seconds N --recoverer NAME --backend wasm|webgpu|auto --processing MS]
// From a webcam's frame to the hand that is drawn, in Chromium: how late it is, with prediction and without. With --processing no
// browser is run: the same code in Node, as if a frame took so many milliseconds.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import { HEIGHT, LOOP_SECONDS, PARTS, WIDTH } from "../scenes/latency/path";
import type { LatencyRecords } from "../scenes/latency/records";
import { percentile } from "../scenes/benchmark/statistics";
import { intrinsicsFromFieldOfView } from "../src/camera/intrinsics";
import { DEFAULT_RECOVERER } from "../src/recovery/recovererNames";
import { ages, analyseParts, ClipClock, median, pipelineLatencies } from "./latency/analysis";
import { LatencyClip } from "./latency/clip";
import { simulateAsync } from "./latency/simulation";
import { findOrInstallChromium, webcamArguments } from "./lib/chromium";
import { buildScenesAsync, serveScenesAsync } from "./lib/scenesServer";

/** Time for models to load, and for a slow machine. */
const SPARE_MS = 180_000;
const MM = 1000;

interface RowFigures {
    lagMs: number;
    errorMm: number;
    errorPx: number;
    shapePx: number;
    overshootMm: number;
    overshootP95Mm: number;
}

export interface LatencyReport {
    recoverer: string;
    backend: string;
    machine: string;
    loops: number;
    framesPerSecond: { camera: number; results: number; drawn: number };
    pipelineMs: { median: number; p95: number };
    ageMs: { median: number; p95: number };
    /** How even the webcam's frames came, ms RMS. */
    captureJitterMs: number;
    mmPerPx: number;
    parts: {
        part: string;
        /** Loops with prediction switched on, and off. */
        on: RowFigures;
        off: RowFigures;
        /** The very pictures of `on`, as they would have been without. */
        onWithout: { lagMs: number; errorPx: number };
        /** Lag with prediction over lag without, both of the very same pictures: median, and of each loop, sorted. */
        lagRatio: number;
        lagRatios: number[];
    }[];
}

function summarise(records: LatencyRecords, loops: number): LatencyReport {
    const { frames, draws, renders, focal } = records;
    const mmPerPx = (MM * median(draws.map(({ depth }) => depth))) / focal;
    const figures = analyseParts(records);
    const seconds = (renders[renders.length - 1] - renders[0]) / 1000;
    const latencies = pipelineLatencies(records);
    const allAges = ages(records);
    return {
        recoverer: records.recoverer,
        backend: records.backend,
        machine: `${cpus().length} cores, ${cpus()[0].model}`,
        loops,
        framesPerSecond: {
            camera: frames.length / seconds,
            results: latencies.length / seconds,
            drawn: renders.length / seconds,
        },
        pipelineMs: { median: median(latencies), p95: percentile(latencies, 0.95) },
        ageMs: { median: median(allAges), p95: percentile(allAges, 0.95) },
        captureJitterMs: new ClipClock(frames).jitterMs,
        mmPerPx,
        parts: PARTS.map((part) => {
            const of = (predicted: boolean): typeof figures =>
                figures.filter((f) => f.part === part && f.predicted === predicted);
            const row = (predicted: boolean): RowFigures => {
                const chosen = of(predicted);
                const overshoot = chosen.flatMap(({ overshootPx }) => overshootPx);
                const errorPx = median(chosen.map((f) => f.errorPx));
                return {
                    lagMs: median(chosen.map((f) => f.lagMs)),
                    errorPx,
                    errorMm: errorPx * mmPerPx,
                    shapePx: median(chosen.map((f) => f.shapePx)),
                    overshootMm: median(overshoot) * mmPerPx,
                    overshootP95Mm: percentile(overshoot, 0.95) * mmPerPx,
                };
            };
            const on = of(true);
            const lagRatios = on.map((f) => f.lagMs / f.capturedLagMs).sort((a, b) => a - b);
            return {
                part,
                on: row(true),
                off: row(false),
                onWithout: {
                    lagMs: median(on.map((f) => f.capturedLagMs)),
                    errorPx: median(on.map((f) => f.capturedErrorPx)),
                },
                lagRatio: median(lagRatios),
                lagRatios,
            };
        }),
    };
}

function print(report: LatencyReport): void {
    const { framesPerSecond: rate, pipelineMs, ageMs } = report;
    console.log(
        `${report.recoverer} on ${report.backend}; ${report.machine}; ${report.loops} loops of ${LOOP_SECONDS} s, prediction on and off in turn`
    );
    console.log(
        `a second: ${rate.camera.toFixed(1)} camera frames, ${rate.results.toFixed(1)} results, ${rate.drawn.toFixed(1)} drawn; frames captured ${report.captureJitterMs.toFixed(1)} ms RMS off even intervals`
    );
    console.log(
        `capture to first drawn picture: median ${pipelineMs.median.toFixed(0)} ms, p95 ${pipelineMs.p95.toFixed(0)}; age of a drawn hand: median ${ageMs.median.toFixed(0)}, p95 ${ageMs.p95.toFixed(0)}; 1 px is ${report.mmPerPx.toFixed(2)} mm`
    );
    console.table(
        report.parts.flatMap(({ part, on, off, onWithout, lagRatio, lagRatios }) =>
            ([true, false] as const).map((isOn) => {
                const row = isOn ? on : off;
                return {
                    way: part,
                    prediction: isOn ? "on" : "off",
                    "lag ms": row.lagMs,
                    "error mm": row.errorMm.toFixed(1),
                    "error px": row.errorPx.toFixed(1),
                    "shape px": row.shapePx.toFixed(1),
                    "overshoot mm": row.overshootMm.toFixed(1),
                    p95: row.overshootP95Mm.toFixed(1),
                    "lag ratio": isOn
                        ? `${lagRatio.toFixed(2)} (${lagRatios[0]?.toFixed(2)}-${lagRatios[lagRatios.length - 1]?.toFixed(2)})`
                        : "",
                    "same pictures, off": isOn ? `${onWithout.lagMs} ms, ${onWithout.errorPx.toFixed(1)} px` : "",
                };
            })
        )
    );
}

async function recordAsync(page: Page, url: string, seconds: number): Promise<LatencyRecords> {
    await page.goto(url);
    await page.waitForFunction(() => window.__latency?.done || window.__latency?.errors.length > 0, undefined, {
        timeout: 1000 * (seconds + 2 * LOOP_SECONDS) + SPARE_MS,
        polling: 1000,
    });
    const records = await page.evaluate(() => window.__latency);
    if (records.errors.length > 0) {
        throw new Error(records.errors.join("\n"));
    }
    return records;
}

/** A browser before a webcam that shows the clip. */
async function recordInBrowserAsync(
    clip: LatencyClip,
    query: Record<string, string>,
    seconds: number
): Promise<LatencyRecords> {
    const folder = mkdtempSync(join(tmpdir(), "latency-"));
    const file = join(folder, "clip.y4m");
    clip.write(file);
    await buildScenesAsync();
    const server = await serveScenesAsync();
    const browser = await chromium.launch({
        executablePath: findOrInstallChromium(),
        args: webcamArguments(file),
    });
    try {
        const page = await browser.newPage({ viewport: { width: 240, height: 200 } });
        return await recordAsync(page, `${server.url}/latency/?${new URLSearchParams(query)}`, seconds);
    } finally {
        await browser.close();
        await server.close();
        rmSync(folder, { recursive: true, force: true });
    }
}

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            seconds: { type: "string", default: "120" },
            recoverer: { type: "string", default: DEFAULT_RECOVERER },
            backend: { type: "string", default: "wasm" },
            processing: { type: "string" },
            json: { type: "string" },
            /** What the page wrote down, for other analyses. */
            records: { type: "string" },
        },
    });
    const { recoverer, backend, processing } = values;
    // As many loops with prediction as without.
    const loops = 2 * Math.max(1, Math.round(Number(values.seconds) / LOOP_SECONDS / 2));
    const { fieldOfView } = JSON.parse(readFileSync("assets/clip/clip.json", "utf8")) as { fieldOfView: number };
    const { fx: focal } = intrinsicsFromFieldOfView(WIDTH, HEIGHT, fieldOfView);
    const clip = new LatencyClip();
    const records = processing
        ? await simulateAsync(clip, { recoverer, processingMs: Number(processing), loops, focal })
        : await recordInBrowserAsync(
              clip,
              { loops: String(loops), fieldOfView: String(fieldOfView), recoverer, backend },
              loops * LOOP_SECONDS
          );
    const report = summarise(records, loops);
    print(report);
    if (values.json) {
        writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
    }
    if (values.records) {
        writeFileSync(values.records, JSON.stringify(records));
    }
}

await main();
process.exit(0);
