// The report as tables.

import type { BenchmarkReport, ByteKind, SceneFigures, StartFigures } from "./report";

const MEGABYTE = 1e6;
const NOTHING = "–";
/** How names of our contenders begin. */
const OURS = "ours";

/** A cell: a line, and perhaps a smaller one below. */
type Cell = string | [line: string, below: string];

export const number = (value: number | null | undefined, digits: number): string =>
    value === null || value === undefined || Number.isNaN(value) ? NOTHING : value.toFixed(digits);

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** All that a first visit fetches, MB. */
export function totalMegabytes({ bytes }: StartFigures, of: "raw" | "gzip"): number | null {
    return bytes && (Object.keys(bytes) as ByteKind[]).reduce((sum, kind) => sum + bytes[kind][of], 0) / MEGABYTE;
}

/** In words. */
export function sceneName({ mode }: SceneFigures): string {
    return { none: "no tracking", worker: "tracking in the worker", page: "tracking in the page" }[mode];
}

export function showTables(report: BenchmarkReport): void {
    showGlance(report);
    showSituations(report);
    show(
        "scenes",
        ["", "bodies", "frames/s", "interval p95, ms", "our code, ms", "p95", "hands/s"],
        report.scenes.map((scene) => [
            sceneName(scene),
            String(scene.bodies),
            number(scene.framesPerSecond, 1),
            number(scene.intervalMs.p95, 1),
            number(scene.oursMs?.median, 2),
            number(scene.oursMs?.p95, 2),
            scene.mode === "none" ? NOTHING : number(scene.handsPerSecond, 1),
        ])
    );
}

function showGlance({ situations, starts, contenders }: BenchmarkReport): void {
    const [one] = situations;
    const still = situations.find(({ id }) => id === "still");
    show(
        "glance",
        [
            "",
            "ms a picture",
            "p95",
            "×",
            "page blocked, ms",
            "p95",
            "jitter, px",
            "cold start, ms",
            "warm start, ms",
            "MB (gzip)",
        ],
        contenders
            .filter(({ name }) => one?.figures[name])
            .map(({ name, how }) => {
                const figures = one.figures[name];
                const start: StartFigures | undefined = starts[name];
                return [
                    [name, how ?? ""],
                    number(figures.ms.median, 1),
                    number(figures.ms.p95, 1),
                    number(figures.ratio, 2),
                    number(figures.blockingMs.median, 2),
                    number(figures.blockingMs.p95, 2),
                    number(still?.figures[name].jitterPx, 2),
                    number(start?.coldMs, 0),
                    number(start?.warmMs, 0),
                    start?.bytes
                        ? `${number(totalMegabytes(start, "raw"), 1)} (${number(totalMegabytes(start, "gzip"), 1)})`
                        : NOTHING,
                ];
            })
    );
}

function showSituations({ situations, contenders }: BenchmarkReport): void {
    show(
        "situations",
        ["", ...situations.map(({ title, size, maxHands }): Cell => [title, `${size}, at most ${maxHands}`])],
        contenders
            .filter(({ name }) => situations[0]?.figures[name])
            .map(({ name }) => [
                name,
                ...situations.map(({ figures }): Cell => {
                    const { ms, ratio, found, falselyFound } = figures[name];
                    const below = [
                        ...(ratio === null ? [] : [`× ${number(ratio, 2)}`]),
                        `${percent(found)} found`,
                        ...(falselyFound ? [`${percent(falselyFound)} false`] : []),
                    ];
                    return [number(ms.median, 1), below.join(", ")];
                }),
            ])
    );
}

function show(id: string, titles: Cell[], rows: Cell[][]): void {
    const row = (cells: Cell[], tag: string): HTMLTableRowElement => {
        const tr = document.createElement("tr");
        tr.append(...cells.map((cell) => fill(document.createElement(tag), cell)));
        const [name] = cells;
        tr.classList.toggle("ours", (typeof name === "string" ? name : name[0]).startsWith(OURS));
        return tr;
    };
    document.getElementById(id)!.replaceChildren(row(titles, "th"), ...rows.map((cells) => row(cells, "td")));
}

function fill(element: HTMLElement, cell: Cell): HTMLElement {
    const [line, below] = typeof cell === "string" ? [cell, ""] : cell;
    element.append(line);
    if (below) {
        element.append(Object.assign(document.createElement("small"), { textContent: below }));
    }
    return element;
}
