// Whether a machine that has begun with the quick recoverer can afford the default one.

import type { PipelineClientResult } from "./protocol";

/** The default recoverer's ms a crop over those of the quick one (docs/recoverers.md: 5.0 on one thread, 4.8 on two). */
const COST_RATIO = 5;
/** Frames with hands that are judged together: a second of a camera's. */
const WINDOW_FRAMES = 30;

/** Takes the results of the quick recoverer. */
export class RecovererUpgrade {
    private readonly _recoverMs = new Float64Array(WINDOW_FRAMES);
    private _frames = 0;

    /** @param budgetMs that networks may take of a frame */
    public constructor(private readonly _budgetMs: number) {}

    /** @returns whether, by the median of the last second's frames, the default recoverer would keep to the budget */
    public isAffordable({ crops, times }: Pick<PipelineClientResult, "crops" | "times">): boolean {
        if (crops === 0) {
            return false;
        }
        this._recoverMs[this._frames++] = times.recoverMs;
        if (this._frames < WINDOW_FRAMES) {
            return false;
        }
        this._frames = 0;
        return COST_RATIO * this._recoverMs.sort()[WINDOW_FRAMES >> 1] <= this._budgetMs;
    }
}
