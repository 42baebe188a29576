// The report as charts, drawn with Chart.js (MIT).

import { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale } from "chart.js";
import { LineController, LineElement, LogarithmicScale, PointElement, Title, Tooltip } from "chart.js";
import type { ChartConfiguration, ChartDataset, Plugin } from "chart.js";
import type { BenchmarkReport, ByteKind, Growth } from "./report";
import { sceneName } from "./tables";

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, LineController);
Chart.register(LineElement, LogarithmicScale, PointElement, Title, Tooltip);

const MEGABYTE = 1e6;
const INK = "#e8eaf0";
const QUIET = "#a4abba";
const LINES = "#2d323d";
const PAPER = "#1f232b";
/** Ours are blue and green, the others warm. */
const OUR_COLOURS = ["#8fc7ff", "#4f9de8", "#6fd3b5", "#3aa583", "#b8e0ff", "#9be7d0"];
const THEIR_COLOURS = ["#f2a65a", "#c97b2f", "#f2d06b", "#c2a03a", "#d9748f"];
const SERIES_COLOURS = ["#8fc7ff", "#f2a65a", "#6fd3b5", "#d9748f", "#f2d06b"];
/** Sharp on dense screens, and in the pictures that the tool writes. */
const PIXEL_RATIO = 2;
const PADDING_PX = 12;
Chart.defaults.font.family = "system-ui, sans-serif";

/** Height of a chart without its bars, of a bar, and the least of all, rem. */
const FRAME_REM = 6;
const BAR_REM = 0.6;
const LEAST_REM = 20;

/** A chart that the tool writes as a picture. */
interface NamedChart {
    /** Of its file, without the ending. */
    name: string;
    configuration: ChartConfiguration<"bar" | "line">;
    /** Side by side in one row of the chart. */
    bars: number;
}

type Options = NonNullable<NamedChart["configuration"]["options"]>;
/** A legend's entry and its values, one a label. */
type Series = [label: string, values: (number | null)[]];

/** Puts the charts onto the page in place of those before. */
export function showCharts(report: BenchmarkReport): void {
    const place = document.getElementById("charts")!;
    place.querySelectorAll("canvas").forEach((canvas) => Chart.getChart(canvas)?.destroy());
    place.replaceChildren();
    for (const { name, configuration, bars: count } of listCharts(report)) {
        const canvas = document.createElement("canvas");
        canvas.dataset.name = name;
        const figure = document.createElement("figure");
        figure.style.height = `${Math.max(LEAST_REM, FRAME_REM + count * BAR_REM)}rem`;
        figure.append(canvas);
        place.append(figure);
        new Chart(canvas, configuration);
    }
}

function listCharts({ contenders, situations, starts, scenes, growth }: BenchmarkReport): NamedChart[] {
    const names = contenders.filter(({ how }) => how).map(({ name }) => name);
    const figuresOf = (id: string) => situations.find((situation) => situation.id === id)!.figures;
    const [one, still] = [figuresOf("one"), figuresOf("still")];
    const charts = [
        bars(
            "speed",
            "ms a picture, median",
            names,
            situations
                .filter(({ id }) => id !== "still")
                .map(({ title, figures }): Series => [title, names.map((name) => figures[name].ms.median)])
        ),
        bars(
            "blocking",
            "Page blocked, ms a picture (one hand, logarithmic)",
            names,
            [
                ["median", names.map((name) => one[name].blockingMs.median)],
                ["p95", names.map((name) => one[name].blockingMs.p95)],
            ],
            ({ scales }) => Object.assign(scales!.x!, { type: "logarithmic", ticks: POWERS_OF_TEN })
        ),
        bars("jitter", "Jitter of keypoints, px (RMS of second differences, a hand keeps still)", names, [
            ["jitter", names.map((name) => still[name].jitterPx)],
        ]),
        bars("start", "From the call to the first hand, ms", names, [
            ["first visit", names.map((name) => starts[name]?.coldMs ?? null)],
            ["second visit", names.map((name) => starts[name]?.warmMs ?? null)],
        ]),
    ];
    if (names.some((name) => starts[name]?.bytes)) {
        charts.push(
            bars(
                "bytes",
                "First visit, MB (gzip)",
                names,
                BYTE_KINDS.map(([kind, title]) => [
                    title,
                    names.map((name) => (starts[name]?.bytes?.[kind].gzip ?? NaN) / MEGABYTE),
                ]),
                ({ scales }) => [scales!.x!, scales!.y!].forEach((scale) => Object.assign(scale, { stacked: true }))
            )
        );
    }
    if (scenes.length > 0) {
        const modes = [...new Set(scenes.map(sceneName))];
        const bodies = [...new Set(scenes.map((scene) => scene.bodies))];
        charts.push(
            bars(
                "frames-per-second",
                "Frames a second of a running scene",
                modes,
                bodies.map((count) => [
                    `${count} bodies`,
                    scenes.filter((scene) => scene.bodies === count).map((scene) => scene.framesPerSecond),
                ])
            )
        );
    }
    return [...charts, ...growth.map(lines)];
}

const BYTE_KINDS: [ByteKind, string][] = [
    ["script", "JavaScript"],
    ["wasm", "WebAssembly"],
    ["model", "models"],
];

/** Of a logarithmic axis. */
const POWERS_OF_TEN = {
    color: QUIET,
    maxRotation: 0,
    autoSkip: false,
    callback: (value: number | string): string => (Number.isInteger(Math.log10(Number(value))) ? String(value) : ""),
};

function bars(
    name: string,
    title: string,
    labels: string[],
    series: Series[],
    adapt?: (options: Options) => void
): NamedChart {
    const datasets = series.map(([label, data], i) => ({
        label,
        data,
        backgroundColor: SERIES_COLOURS[i % SERIES_COLOURS.length],
        borderRadius: 3,
    }));
    const options = look(title, series.length > 1);
    options.indexAxis = "y";
    options.scales!.y!.grid = { display: false };
    adapt?.(options);
    return {
        name,
        configuration: { type: "bar", data: { labels, datasets }, options, plugins: [PAPER_BEHIND] },
        bars: labels.length * series.length,
    };
}

function lines({ of, at, ms }: Growth): NamedChart {
    let ours = 0;
    let theirs = 0;
    const datasets = Object.entries(ms).map(([label, values]): ChartDataset<"line", { x: number; y: number }[]> => {
        const isOurs = label.startsWith("ours") || label.startsWith("our ");
        const colour = isOurs
            ? OUR_COLOURS[ours++ % OUR_COLOURS.length]
            : THEIR_COLOURS[theirs++ % THEIR_COLOURS.length];
        return {
            label,
            data: values.map((y, i) => ({ x: at[i], y })),
            borderColor: colour,
            backgroundColor: colour,
            borderWidth: 2,
            pointRadius: 3,
        };
    });
    const options = look(`ms, by ${of}`, true);
    options.scales!.x!.type = "linear";
    Object.assign(options.scales!.x!, { ticks: { color: QUIET, callback: exactly(at) }, afterBuildTicks: onlyAt(at) });
    options.scales!.y!.min = 0;
    return {
        name: `by-${of.replace(/,.*/, "").replaceAll(" ", "-")}`,
        configuration: { type: "line", data: { datasets }, options, plugins: [PAPER_BEHIND] },
        bars: 0,
    };
}

/** Ticks where it was measured. */
const onlyAt =
    (at: readonly number[]) =>
    (axis: { ticks: { value: number }[] }): void => {
        axis.ticks = at.map((value) => ({ value }));
    };

const exactly =
    (at: readonly number[]) =>
    (_: unknown, index: number): string =>
        String(at[index]);

function look(title: string, hasLegend: boolean): Options {
    return {
        animation: false,
        maintainAspectRatio: false,
        devicePixelRatio: PIXEL_RATIO,
        layout: { padding: PADDING_PX },
        plugins: {
            title: { display: true, text: title, color: INK, align: "start", font: { size: 14, weight: 600 } },
            legend: {
                display: hasLegend,
                position: "bottom",
                labels: { color: QUIET, boxWidth: 12, boxHeight: 12, font: { size: 11 } },
            },
        },
        scales: {
            x: { grid: { color: LINES }, ticks: { color: QUIET } },
            y: { grid: { color: LINES }, ticks: { color: QUIET } },
        },
    };
}

/** Pictures of a chart have no page behind them. */
const PAPER_BEHIND: Plugin = {
    id: "paper",
    beforeDraw: ({ ctx, width, height }) => {
        ctx.save();
        ctx.fillStyle = PAPER;
        ctx.fillRect(0, 0, width, height);
        ctx.restore();
    },
};
