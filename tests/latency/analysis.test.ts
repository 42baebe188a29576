import { describe, expect, it } from "vitest";
import {
    AMPLITUDE_PX,
    decodeFrame,
    encodeFrame,
    FRAMES_PER_SECOND,
    LOOP_FRAMES,
    LOOP_SECONDS,
    PARTS,
    positionAt,
} from "../../scenes/latency/path";
import type { LatencyRecords } from "../../scenes/latency/records";
import { analyseParts, pipelineLatencies } from "../../tools/latency/analysis";

const DRAW_MS = 16.7;
/** The webcam's clock does not begin with the page's. */
const START_MS = 5000;

/** A hand that is drawn `lagMs` late and `beyond` times as far out, at a constant distance. */
function drawnLate(lagMs: number, capturedLagMs: number, beyond = 1): LatencyRecords {
    const records: LatencyRecords = {
        ...{
            done: true,
            errors: [],
            focal: 500,
            backend: "",
            recoverer: "",
            pipelineMs: 0,
            frames: [],
            draws: [],
            renders: [],
        },
    };
    for (let frame = 0; frame < LOOP_FRAMES; frame++) {
        const captureMs = START_MS + (1000 * frame) / FRAMES_PER_SECOND;
        records.frames.push({ captureMs, deliveredMs: captureMs, code: frame });
    }
    for (let ms = 0; ms < LOOP_SECONDS * 1000; ms += DRAW_MS) {
        const at = (lag: number): number => positionAt((ms - lag) / 1000) + 12;
        const captureMs = START_MS + Math.floor(ms / 100) * 100;
        const drawn = { drawMs: START_MS + ms, predicted: true, captureMs, y: 0, depth: 0.6 };
        records.draws.push({ ...drawn, x: beyond * at(lagMs), capturedX: at(capturedLagMs) });
    }
    return records;
}

describe("the latency clip", () => {
    it("says which frame it shows, and a cell that is misread is noticed", () => {
        for (let frame = 0; frame < LOOP_FRAMES; frame++) {
            const cells = encodeFrame(frame);
            expect(decodeFrame(cells)).toBe(frame);
            cells[frame % cells.length] ^= 1;
            expect(decodeFrame(cells)).toBe(-1);
        }
    });

    it("moves without a jump, from its end to its beginning too", () => {
        let most = 0;
        for (let frame = 0; frame < LOOP_FRAMES; frame++) {
            const step = positionAt((frame + 1) / FRAMES_PER_SECOND) - positionAt(frame / FRAMES_PER_SECOND);
            most = Math.max(most, Math.abs(step));
        }
        console.log(`largest step ${most.toFixed(1)} px`);
        expect(most).toBeLessThan(AMPLITUDE_PX / 3);
    });
});

describe("the analysis of latency", () => {
    it("finds the lag of a drawn hand, whatever its constant distance", () => {
        const figures = analyseParts(drawnLate(30, 90));
        console.log(
            figures.map((f) => `${f.part}: ${f.lagMs} ms, ${f.capturedLagMs} ms without prediction`).join("; ")
        );
        expect(figures.map(({ part }) => part)).toEqual([...PARTS]);
        for (const { lagMs, capturedLagMs, shapePx } of figures) {
            expect(Math.abs(lagMs - 30)).toBeLessThanOrEqual(2);
            expect(Math.abs(capturedLagMs - 90)).toBeLessThanOrEqual(2);
            expect(shapePx).toBeLessThan(0.5);
        }
    });

    it("sees how far a hand goes beyond its turning points", () => {
        for (const { part, overshootPx } of analyseParts(drawnLate(0, 0, 1.1))) {
            const mean = overshootPx.reduce((a, b) => a + b, 0) / overshootPx.length;
            console.log(`${part}: ${mean.toFixed(1)} px beyond`);
            expect(Math.abs(mean - 0.1 * AMPLITUDE_PX)).toBeLessThan(1.5);
        }
    });

    it("takes the age of each frame's first picture", () => {
        const latencies = pipelineLatencies(drawnLate(0, 0));
        expect(latencies.length).toBe(LOOP_SECONDS * 10 - 1);
        expect(Math.max(...latencies)).toBeLessThanOrEqual(DRAW_MS);
    });
});
