// This plugin beside MediaPipe's trackers, in one page and one run, and what tracking costs a scene. `npm run benchmark` opens it
// with ?run; visitors press a button. See settings.ts for what its address may say.

import { loadClipDescription, readClipImagesAsync } from "../sandbox/clipImages";
import { measureBodiesGrowthAsync } from "./bodiesGrowth";
import { showCharts } from "./charts";
import type { ContenderEntry } from "./contenders/contender";
import { listContenders, REFERENCE, whyUnavailableAsync } from "./contenders/contenderList";
import { Field } from "./field";
import { focalLengthPx } from "./focalLength";
import { measureGrowthAsync } from "./growth";
import { describeMachineAsync } from "./machine";
import type { BenchmarkReport } from "./report";
import { measureScenesAsync } from "./scenes";
import { readSettings, type Settings } from "./settings";
import { measureSituationsAsync } from "./situations";
import { measureStartsAsync } from "./starts";
import { showTables } from "./tables";
import { oneHand } from "./clips";

declare global {
    interface Window {
        /** Of the last run, or the one that goes on. */
        __benchmark?: BenchmarkReport;
    }
}

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/** Says what goes on, and lets the browser show it. */
async function tell(doing: string): Promise<void> {
    element("status").textContent = doing;
    await new Promise((resolve) => setTimeout(resolve));
}

async function createReportAsync(settings: Settings): Promise<BenchmarkReport> {
    return {
        date: new Date().toISOString(),
        settings,
        machine: await describeMachineAsync(),
        reference: REFERENCE,
        contenders: [],
        situations: [],
        starts: {},
        scenes: [],
        growth: [],
        done: false,
        error: null,
    };
}

/** Fills the report step by step, and shows it as far as it is. */
async function runAsync(report: BenchmarkReport): Promise<void> {
    const { settings } = report;
    const show = (): void => {
        element("results").hidden = false;
        showTables(report);
        showCharts(report);
    };
    const advance = (step: number): void => {
        element<HTMLProgressElement>("progress").value = step / STEPS;
    };
    const entries = await findContendersAsync(report);
    advance(1);
    report.starts = await measureStartsAsync(entries, settings, tell);
    advance(2);
    await tell("Reading the sample clip");
    const clip = await loadClipDescription();
    const wanted = Math.min(settings.rounds * settings.frames, clip.frames);
    const images = await readClipImagesAsync(clip, wanted);
    const field = new Field(entries, { focalPx: focalLengthPx(clip, images[0]), mayUseGpu: settings.gpu });
    for (const entry of entries) {
        for (const maxHands of [1, 2] as const) {
            await tell(`${entry.name} starts for ${maxHands}`);
            await field.startAsync(entry, maxHands, oneHand(images));
        }
        report.contenders.find(({ name }) => name === entry.name)!.how = field.describe(entry);
    }
    advance(3);
    report.situations = await measureSituationsAsync(field, images, settings, tell);
    show();
    advance(4);
    report.growth = await measureGrowthAsync(field, images, settings, tell);
    field.dispose();
    report.growth.push(await measureBodiesGrowthAsync(settings, tell));
    advance(5);
    element("scene").classList.add("running");
    report.scenes = await measureScenesAsync(element("scene"), clip, settings, tell);
    element("scene").remove();
    show();
    advance(STEPS);
}

/** What `advance` counts to. */
const STEPS = 6;

/** Those that can run here; the report and the page tell of the others. */
async function findContendersAsync({ contenders, settings }: BenchmarkReport): Promise<ContenderEntry[]> {
    const entries: ContenderEntry[] = [];
    for (const entry of listContenders(settings.recoverers)) {
        const unavailable = await whyUnavailableAsync(entry);
        contenders.push({ name: entry.name, how: null, unavailable });
        if (unavailable === null) {
            entries.push(entry);
        }
    }
    element("contenders").replaceChildren(
        ...contenders.map(({ name, unavailable }) => {
            const chip = Object.assign(document.createElement("li"), { textContent: name });
            if (unavailable !== null) {
                chip.classList.add("missing");
                chip.title = unavailable;
            }
            return chip;
        })
    );
    element("missing").hidden = entries.length === contenders.length;
    return entries;
}

async function startAsync(query: URLSearchParams): Promise<void> {
    element("controls")
        .querySelectorAll<HTMLButtonElement | HTMLInputElement>("button, input")
        .forEach((control) => (control.disabled = true));
    const report = await createReportAsync(readSettings(query));
    window.__benchmark = report;
    showMachine(report);
    try {
        await runAsync(report);
        const { rounds, frames } = report.settings;
        await tell(`Done: ${rounds} rounds in turn, at least ${frames} pictures of each situation a turn.`);
        element<HTMLButtonElement>("copy").disabled = false;
    } catch (error) {
        report.error = (error as Error).message;
        await tell(`The run ended early: ${report.error}`);
    }
    report.done = true;
}

function showMachine({ machine }: BenchmarkReport): void {
    const rows = {
        Browser: machine.userAgent,
        Cores: String(machine.cores),
        GPU: `${machine.gpuAdapter ?? "no WebGPU"}; WebGL by ${machine.webglRenderer}`,
        "Cross-origin isolated": machine.crossOriginIsolated ? "yes" : "no: networks run on one thread",
    };
    element("machine").replaceChildren(
        ...Object.entries(rows).flatMap(([term, text]) => [
            Object.assign(document.createElement("dt"), { textContent: term }),
            Object.assign(document.createElement("dd"), { textContent: text }),
        ])
    );
}

const query = new URLSearchParams(location.search);
for (const length of ["quick", "full"]) {
    element(length).onclick = () => {
        query.delete("quick");
        if (length === "quick") {
            query.set("quick", "");
        }
        if (element<HTMLInputElement>("gpu").checked) {
            query.set("gpu", "");
        }
        void startAsync(query);
    };
}
element("copy").onclick = async () => {
    await navigator.clipboard.writeText(JSON.stringify(window.__benchmark, null, 2));
    element("status").textContent = "Copied.";
};
if (query.has("run")) {
    void startAsync(query);
} else {
    const report = await createReportAsync(readSettings(query));
    showMachine(report);
    await findContendersAsync(report);
}
