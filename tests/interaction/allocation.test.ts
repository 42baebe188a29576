import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Allocation, Origin } from "../helpers/allocation";
import type { AllocationReport } from "./allocationRun";

/**
 * Bytes of our own a rendered frame, with two hands that hold things: about 4200 and 3200 are reached (26,300 and 22,400 before they were
 * looked for). Nearly all of it is numbers that V8 boxes, 16 bytes each, where they are passed to functions or returned by them.
 */
const BOUND = 8000;
const LISTED = 25;

function measure(): AllocationReport[] {
    const output = execFileSync(process.execPath, ["--import", "tsx", "tests/interaction/allocationRun.ts"], {
        encoding: "utf8",
        maxBuffer: 64e6,
    });
    // Babylon greets on standard output, too.
    return JSON.parse(output.trim().split("\n").pop()!) as AllocationReport[];
}

function bytesOf({ allocations, frames }: AllocationReport, origin: Origin): number {
    return allocations.filter((a) => a.origin === origin).reduce((sum, { bytes }) => sum + bytes, 0) / frames;
}

function describeReport(report: AllocationReport): string {
    const list = (origin: Origin, count: number): string =>
        report.allocations
            .filter((a) => a.origin === origin)
            .slice(0, count)
            .map(({ name, bytes }: Allocation) => `\n    ${(bytes / report.frames).toFixed(1)} ${name}`)
            .join("");
    const sum = (origin: Origin): string => bytesOf(report, origin).toFixed(1);
    return (
        `${report.title}, ${report.grabs} grabs in ${report.frames} frames, bytes a frame:\n` +
        `  ours ${sum("ours")}${list("ours", LISTED)}\n` +
        `  where Havok is called ${sum("bindings")}${list("bindings", 6)}\n` +
        `  Babylon's and Havok's ${sum("babylon")}${list("babylon", 6)}\n` +
        `  others ${sum("others")}${list("others", 6)}`
    );
}

describe("what the page's thread allocates, with two hands among 32 bodies", () => {
    const reports = measure();

    it.each(reports.map((report) => [report.title, report] as const))(
        `is below ${BOUND} bytes a frame of our own: %s`,
        (_, report) => {
            console.log(describeReport(report));
            expect(report.grabs).toBeGreaterThan(0);
            expect(bytesOf(report, "ours")).toBeLessThan(BOUND);
        }
    );
});
