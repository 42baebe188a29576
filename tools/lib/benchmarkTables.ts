// The benchmark's report on the console, with ratios to the reference of the same run.

import { cpus } from "node:os";
import type { BenchmarkReport, StartFigures } from "../../scenes/benchmark/report";
import { number, sceneName, totalMegabytes } from "../../scenes/benchmark/tables";

/** A value and its ratio to the reference's. */
function beside(value: number | null | undefined, reference: number | null | undefined, digits: number): string {
    return `${number(value, digits)} (x ${number((value ?? NaN) / (reference ?? NaN), 2)})`;
}

export function printReport(report: BenchmarkReport): void {
    const { settings, machine, reference, contenders } = report;
    console.log(
        `${settings.rounds} rounds in turn; ${cpus().length} cores (${cpus()[0].model}); ${machine.userAgent}; WebGPU ${machine.gpuAdapter ?? "none"}; cross-origin isolated: ${machine.crossOriginIsolated}`
    );
    for (const { name, how, unavailable } of contenders) {
        console.log(`  ${name}: ${unavailable === null ? how : `not available, ${unavailable}`}`);
    }
    for (const { id, title, size, maxHands, figures } of report.situations) {
        const base = figures[reference];
        console.log(
            `\n${title}, ${size} px, at most ${maxHands} (x: times ${reference}; ms: median of the rounds' ratios)`
        );
        console.table(
            Object.fromEntries(
                Object.entries(figures).map(([name, own]) => [
                    name,
                    {
                        "ms a picture": `${number(own.ms.median, 1)} (x ${number(own.ratio, 2)})`,
                        p95: beside(own.ms.p95, base?.ms.p95, 1),
                        "page blocked ms": beside(own.blockingMs.median, base?.blockingMs.median, 2),
                        "blocked p95": beside(own.blockingMs.p95, base?.blockingMs.p95, 2),
                        "found %": number(100 * own.found, 1),
                        ...(own.falselyFound !== null && { "false %": number(100 * own.falselyFound, 1) }),
                        ...(id === "still" && { "jitter px": beside(own.jitterPx, base?.jitterPx, 3) }),
                    },
                ])
            )
        );
    }
    printStarts(report.starts, reference);
    console.log("\nA running scene, one hand:");
    console.table(
        report.scenes.map((scene) => ({
            bodies: scene.bodies,
            tracking: sceneName(scene),
            "frames/s": number(scene.framesPerSecond, 1),
            "interval p95 ms": number(scene.intervalMs.p95, 1),
            "our code ms": number(scene.oursMs?.median, 2),
            "our code p95 ms": number(scene.oursMs?.p95, 2),
            "hands/s": number(scene.handsPerSecond, 1),
        }))
    );
    for (const { of, at, ms } of report.growth) {
        console.log(`\nms, by ${of}:`);
        const row = (own: number[]): Record<string, string> =>
            Object.fromEntries(
                own.map((value, i) => [
                    `at ${at[i]}`,
                    ms[reference] ? beside(value, ms[reference][i], 1) : number(value, 2),
                ])
            );
        console.table(Object.fromEntries(Object.entries(ms).map(([name, own]) => [name, row(own)])));
    }
}

function printStarts(starts: Readonly<Record<string, StartFigures>>, reference: string): void {
    const base: StartFigures | undefined = starts[reference];
    const megabytes = (start: StartFigures | undefined, of: "raw" | "gzip"): number | null =>
        start ? totalMegabytes(start, of) : null;
    console.log("\nStart, from the call to the first hand, fresh pages; MB of the first visit:");
    console.table(
        Object.fromEntries(
            Object.entries(starts).map(([name, start]) => [
                name,
                {
                    "cold ms": beside(start.coldMs, base?.coldMs, 0),
                    "warm ms": beside(start.warmMs, base?.warmMs, 0),
                    MB: beside(megabytes(start, "raw"), megabytes(base, "raw"), 1),
                    "MB gzip": beside(megabytes(start, "gzip"), megabytes(base, "gzip"), 1),
                },
            ])
        )
    );
}
