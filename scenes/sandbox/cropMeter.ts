// What the running recoverer costs: the median over the last second, which one slow frame does not move.

import type { PipelineClientResult } from "../../src/index";

const WINDOW_MS = 1000;

export class CropMeter {
    private readonly _samples: { atMs: number; ms: number }[] = [];

    /** Takes the crops of a processed frame. */
    public add({ crops, times }: PipelineClientResult): void {
        if (crops > 0) {
            this._samples.push({ atMs: performance.now(), ms: times.recoverMs / crops });
        }
    }

    /** Another recoverer runs from now on. */
    public reset(): void {
        this._samples.length = 0;
    }

    /** ms of one crop; null where none was looked at for a second. */
    public get medianMs(): number | null {
        const since = performance.now() - WINDOW_MS;
        while (this._samples.length > 0 && this._samples[0].atMs < since) {
            this._samples.shift();
        }
        const sorted = this._samples.map(({ ms }) => ms).sort((a, b) => a - b);
        return sorted.length > 0 ? sorted[sorted.length >> 1] : null;
    }
}
