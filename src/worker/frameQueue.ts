// Only the newest frame is processed: one in flight, one waiting, the rest closed.

import type { SourceFrame } from "../sources/frameSource";
import type { BackendReport, FrameTimes, PipelineStats } from "./protocol";

/** Weight of a new frame in the running means: about the last 30 frames. */
const MEAN_WEIGHT = 1 / 30;

/** Keeps the waiting frame and the running figures of a client. */
export class FrameQueue {
    public readonly stats: PipelineStats;
    private _waiting: SourceFrame | null = null;
    private _inFlight = false;

    /** @param process starts on a frame, and owns its image; `done` is called when it is finished */
    public constructor(
        report: BackendReport,
        private readonly _process: (frame: SourceFrame) => void
    ) {
        this.stats = {
            ...report,
            times: { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 },
            latencyMs: 0,
            processed: 0,
            dropped: 0,
        };
    }

    public submit(frame: SourceFrame): void {
        if (this._inFlight) {
            if (this._waiting) {
                this._waiting.image.close();
                this.stats.dropped++;
            }
            this._waiting = frame;
        } else {
            this._inFlight = true;
            this._process(frame);
        }
    }

    /** The frame in flight is finished: takes its figures and starts the waiting one. */
    public done(times: FrameTimes, latencyMs: number): void {
        const { stats } = this;
        const weight = stats.processed === 0 ? 1 : MEAN_WEIGHT;
        stats.processed++;
        for (const stage of Object.keys(times) as (keyof FrameTimes)[]) {
            stats.times[stage] += weight * (times[stage] - stats.times[stage]);
        }
        stats.latencyMs += weight * (latencyMs - stats.latencyMs);
        const next = this._waiting;
        this._waiting = null;
        this._inFlight = next !== null;
        if (next) {
            this._process(next);
        }
    }

    public clear(): void {
        this._waiting?.image.close();
        this._waiting = null;
    }
}
