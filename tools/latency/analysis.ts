// From what the latency page wrote down to figures: how old a drawn hand is, how far it is behind, how far it shoots over.

import { percentile } from "../../scenes/benchmark/statistics";
import type { DrawRecord, FrameRecord, LatencyRecords } from "../../scenes/latency/records";
import {
    FRAMES_PER_SECOND,
    LOOP_FRAMES,
    partAt,
    PARTS,
    PART_SECONDS,
    positionAt,
    type Part,
} from "../../scenes/latency/path";
import { overshoots } from "./overshoot";

/** The beginning of a part, which the part before still shapes, is not judged, s. */
const SETTLING_SECONDS = 0.5;
/** Lags that are tried, ms. */
const LAG_FROM_MS = -150;
const LAG_TO_MS = 600;
const LAG_STEP_MS = 1;
/** Fewer drawn pictures of a part are not judged. */
const LEAST_DRAWS = 20;

/** A value that occurred: of an even number of them the greater of the two in the middle. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Where the clip was at a moment: from the captured frames' numbers, linearly between them. */
export class ClipClock {
    private readonly _times: number[] = [];
    /** Numbers of frames through all loops. */
    private readonly _indices: number[] = [];

    public constructor(frames: readonly FrameRecord[]) {
        let loops = 0;
        let last = -1;
        for (const { code, captureMs } of frames) {
            if (code < 0) {
                continue;
            }
            if (code < last) {
                loops++;
            }
            last = code;
            this._times.push(captureMs);
            this._indices.push(loops * LOOP_FRAMES + code);
        }
    }

    /** Seconds of the clip since the beginning of its first loop; carried on beyond the last frame. */
    public secondsAt(timeMs: number): number {
        const { _times: times, _indices: indices } = this;
        let low = 0;
        let high = times.length - 1;
        while (high - low > 1) {
            const middle = (low + high) >> 1;
            if (times[middle] <= timeMs) {
                low = middle;
            } else {
                high = middle;
            }
        }
        const share = (timeMs - times[low]) / (times[high] - times[low]);
        return (indices[low] + share * (indices[high] - indices[low])) / FRAMES_PER_SECOND;
    }

    /** How far frames are from being captured at even intervals, ms RMS about a straight line. */
    public get jitterMs(): number {
        const n = this._times.length;
        const meanTime = this._times.reduce((a, b) => a + b, 0) / n;
        const meanIndex = this._indices.reduce((a, b) => a + b, 0) / n;
        let sxx = 0;
        let sxy = 0;
        this._times.forEach((time, i) => {
            sxx += (this._indices[i] - meanIndex) ** 2;
            sxy += (this._indices[i] - meanIndex) * (time - meanTime);
        });
        const slope = sxy / sxx;
        const squares = this._times.map((time, i) => (time - meanTime - slope * (this._indices[i] - meanIndex)) ** 2);
        return Math.sqrt(squares.reduce((a, b) => a + b, 0) / n);
    }
}

/** Figures of one part of the clip in one loop. */
export interface PartFigures {
    part: Part;
    predicted: boolean;
    /** Time shift of the true way that the drawn way is nearest to, ms. */
    lagMs: number;
    /** The same of the way as captured, without prediction, in the same pictures, ms. */
    capturedLagMs: number;
    /** Distance of the drawn hand from the true one at the moment of drawing, px RMS, a constant distance left out. */
    errorPx: number;
    capturedErrorPx: number;
    /** What remains of it once the lag is taken away, px RMS. */
    shapePx: number;
    /** How far beyond the true way's turning points and halts the drawn hand goes, px; one value for each of them. */
    overshootPx: number[];
    capturedOvershootPx: number[];
}

/** A drawn place and where the clip was when it was drawn. */
export interface Sample {
    /** Seconds of the clip. */
    at: number;
    x: number;
}

/** Least squares over the lag, the constant distance between drawn and true place free. */
export function fitLag(samples: readonly Sample[]): { lagMs: number; rms: number; offset: number } {
    let best = { lagMs: NaN, rms: Infinity, offset: NaN };
    for (let lagMs = LAG_FROM_MS; lagMs <= LAG_TO_MS; lagMs += LAG_STEP_MS) {
        const { rms, offset } = distance(samples, lagMs);
        if (rms < best.rms) {
            best = { lagMs, rms, offset };
        }
    }
    return best;
}

/** Distance of the drawn way from the true one `lagMs` before: its mean, and what is left about it. */
export function distance(samples: readonly Sample[], lagMs: number): { rms: number; offset: number } {
    let sum = 0;
    let squares = 0;
    for (const { at, x } of samples) {
        const difference = x - positionAt(at - lagMs / 1000);
        sum += difference;
        squares += difference * difference;
    }
    const offset = sum / samples.length;
    return { rms: Math.sqrt(Math.max(squares / samples.length - offset * offset, 0)), offset };
}

/** RMS distance from the true way at the moment itself, about a known constant distance. */
function errorOf(samples: readonly Sample[], offset: number): number {
    const squares = samples.reduce((sum, { at, x }) => sum + (x - offset - positionAt(at)) ** 2, 0);
    return Math.sqrt(squares / samples.length);
}

/** Figures of all parts of all loops that were drawn. */
export function analyseParts({ frames, draws }: LatencyRecords): PartFigures[] {
    const clock = new ClipClock(frames);
    const groups = new Map<string, DrawRecord[]>();
    for (const draw of draws) {
        const seconds = clock.secondsAt(draw.drawMs);
        const key = `${Math.floor(seconds / PART_SECONDS)}`;
        if (partAt(seconds).elapsed >= SETTLING_SECONDS) {
            groups.set(key, [...(groups.get(key) ?? []), draw]);
        }
    }
    return [...groups.entries()]
        .filter(([, group]) => group.length >= LEAST_DRAWS && group.every((d) => d.predicted === group[0].predicted))
        .map(([key, group]) => {
            const drawn = group.map(({ drawMs, x }) => ({ at: clock.secondsAt(drawMs), x }));
            const captured = group.map(({ drawMs, capturedX }) => ({ at: clock.secondsAt(drawMs), x: capturedX }));
            const fit = fitLag(drawn);
            const capturedFit = fitLag(captured);
            const part = PARTS[Number(key) % PARTS.length];
            return {
                part,
                predicted: group[0].predicted,
                lagMs: fit.lagMs,
                capturedLagMs: capturedFit.lagMs,
                errorPx: errorOf(drawn, fit.offset),
                capturedErrorPx: errorOf(captured, capturedFit.offset),
                shapePx: fit.rms,
                overshootPx: overshoots(part, drawn, fit.offset, fit.lagMs),
                capturedOvershootPx: overshoots(part, captured, capturedFit.offset, capturedFit.lagMs),
            };
        });
}

/** ms from the capture of a frame to the end of the first picture that was drawn of it. */
export function pipelineLatencies({ draws }: LatencyRecords): number[] {
    return draws
        .filter((draw, i) => i > 0 && draw.captureMs !== draws[i - 1].captureMs)
        .map(({ drawMs, captureMs }) => drawMs - captureMs);
}

/** ms from the capture of the frame that it comes from to the drawing of a hand, of every drawn picture. */
export function ages({ draws }: LatencyRecords): number[] {
    return draws.map(({ drawMs, captureMs }) => drawMs - captureMs);
}
