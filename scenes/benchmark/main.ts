// This pipeline beside MediaPipe's, in one page and one run, and what tracking costs a scene. `npm run benchmark` opens it.
// ?frames= pictures a round, ?rounds=, ?seconds= of each scene.

import { createClipSequence, loadClipDescription } from "../sandbox/clip";
import { MediaPipePipeline, OurPipeline, type Contender, type FrameFigures } from "./pipelines";
import { measureSceneAsync, type SceneFigures } from "./renderRate";
import { median, percentile } from "./statistics";

/** What one contender was measured at. */
export interface PipelineFigures {
    name: string;
    how: string;
    /** From the call to the first hand; everything is fetched from this machine. */
    coldStartMs: number;
    medianMs: number;
    p95Ms: number;
    blockingMedianMs: number;
    blockingP95Ms: number;
    /** Medians of the single rounds, ms. */
    roundsMs: number[];
    /** Share of the pictures with a hand. */
    found: number;
    /** Distance of the 2D keypoints from the first contender's, px. */
    differencePx: number;
}

export interface BenchmarkReport {
    pictures: number;
    size: string;
    pipelines: PipelineFigures[];
    scenes: SceneFigures[];
    done: boolean;
    error: string | null;
}

declare global {
    interface Window {
        __benchmark: BenchmarkReport;
        /** For the tool: what is fetched from now on belongs to this contender. */
        __mark?: (name: string) => Promise<void>;
    }
}

const parameters = new URLSearchParams(location.search);
const FRAMES = Number(parameters.get("frames") ?? 100);
const ROUNDS = Number(parameters.get("rounds") ?? 3);
const SECONDS = Number(parameters.get("seconds") ?? 10);
const status = document.getElementById("status")!;
const report: BenchmarkReport = {
    pictures: FRAMES * ROUNDS,
    size: "",
    pipelines: [],
    scenes: [],
    done: false,
    error: null,
};
window.__benchmark = report;

async function runAsync(): Promise<void> {
    const clip = await loadClipDescription();
    const { images } = await createClipSequence(clip);
    const { width, height } = images[0];
    report.size = `${width} x ${height}`;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    const focal = width / 2 / Math.tan(clip.fieldOfView / 2);
    const intrinsics = { fx: focal, fy: focal, cx: width / 2, cy: height / 2 };
    const contenders: Contender[] = [
        new OurPipeline("babylon-hand-tracking", intrinsics, { backend: "wasm" }),
        new MediaPipePipeline(),
    ];
    const coldStarts: number[] = [];
    for (const contender of contenders) {
        status.textContent = `${contender.name} starts…`;
        await window.__mark?.(contender.name);
        context.drawImage(images[0], 0, 0);
        const start = performance.now();
        await contender.startAsync();
        await contender.processAsync(canvas, 0);
        coldStarts.push(performance.now() - start);
        await window.__mark?.("");
    }
    const figures: FrameFigures[][][] = contenders.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
        for (const [i, contender] of contenders.entries()) {
            status.textContent = `Round ${round + 1} of ${ROUNDS}: ${contender.name}…`;
            figures[i].push([]);
            for (let frame = 0; frame < FRAMES; frame++) {
                context.drawImage(images[frame % images.length], 0, 0);
                figures[i][round].push(await contender.processAsync(canvas, 1 + round * FRAMES + frame));
            }
        }
    }
    report.pipelines = contenders.map((contender, i) => {
        const all = figures[i].flat();
        return {
            name: contender.name,
            how: contender.describe(),
            coldStartMs: coldStarts[i],
            medianMs: median(all.map(({ ms }) => ms)),
            p95Ms: percentile(
                all.map(({ ms }) => ms),
                0.95
            ),
            blockingMedianMs: median(all.map(({ blockingMs }) => blockingMs)),
            blockingP95Ms: percentile(
                all.map(({ blockingMs }) => blockingMs),
                0.95
            ),
            roundsMs: figures[i].map((round) => median(round.map(({ ms }) => ms))),
            found: all.filter(({ keypointsPx }) => keypointsPx).length / all.length,
            differencePx: difference(figures[0].flat(), all),
        };
    });
    contenders.forEach((contender) => contender.dispose());
    show(
        "pipelines",
        ["", "ms a frame", "p95", "page blocked, ms", "cold start, ms", "found"],
        report.pipelines.map((p) => [
            p.name,
            p.medianMs.toFixed(1),
            p.p95Ms.toFixed(1),
            p.blockingMedianMs.toFixed(2),
            p.coldStartMs.toFixed(0),
            `${(100 * p.found).toFixed(0)} %`,
        ])
    );
    for (const mode of ["none", "worker", "page"] as const) {
        status.textContent = `A scene, tracking: ${mode}…`;
        const scene = document.getElementById("scene") as HTMLCanvasElement;
        const fresh = scene.cloneNode() as HTMLCanvasElement;
        scene.replaceWith(fresh);
        report.scenes.push(await measureSceneAsync(fresh, clip, mode, SECONDS));
        show(
            "scenes",
            ["tracking", "frames a second", "interval p95, ms", "our code, ms", "p95", "hands a second"],
            report.scenes.map((s) => [
                s.mode,
                s.framesPerSecond.toFixed(1),
                s.intervalP95Ms.toFixed(1),
                s.ours?.medianMs.toFixed(2) ?? "–",
                s.ours?.p95Ms.toFixed(2) ?? "–",
                s.handsPerSecond.toFixed(1),
            ])
        );
    }
    status.textContent = `${report.pictures} pictures of ${report.size} px each, ${ROUNDS} rounds in turn.`;
}

/** Mean distance of the keypoints of a picture, px: the median of the pictures that both found a hand in. */
function difference(a: readonly FrameFigures[], b: readonly FrameFigures[]): number {
    return median(
        a.flatMap(({ keypointsPx: p }, i) => {
            const q = b[i].keypointsPx;
            if (!p || !q) {
                return [];
            }
            let sum = 0;
            for (let at = 0; at < p.length; at += 2) {
                sum += Math.hypot(p[at] - q[at], p[at + 1] - q[at + 1]);
            }
            return [sum / (p.length / 2)];
        })
    );
}

function show(id: string, titles: string[], rows: string[][]): void {
    const row = (cells: string[], tag: string): HTMLTableRowElement => {
        const tr = document.createElement("tr");
        tr.append(...cells.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
        return tr;
    };
    document.getElementById(id)!.replaceChildren(row(titles, "th"), ...rows.map((cells) => row(cells, "td")));
}

try {
    await runAsync();
} catch (error) {
    report.error = (error as Error).message;
    status.textContent = `${report.error} MediaPipe's files are fetched by npm run benchmark.`;
}
report.done = true;
