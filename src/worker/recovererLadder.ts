// Which recoverer a machine can afford: it begins with the quick one and goes up or down by what frames take.

import { DEFAULT_RECOVERER, QUICK_RECOVERER, SMALL_RECOVERER } from "../recovery/recovererNames";
import type { PipelineClientResult } from "./protocol";

/** A recoverer and its ms for one hand and for two, over the quick one's for one (docs/recoverers.md, docs/performance.md). */
interface Rung {
    name: string;
    cost: readonly [one: number, two: number];
}

const LADDER: readonly Rung[] = [
    { name: SMALL_RECOVERER, cost: [0.35, 0.5] },
    { name: QUICK_RECOVERER, cost: [1, 1.5] },
    { name: DEFAULT_RECOVERER, cost: [2.4, 4.8] },
];
/** Frames with hands that are judged together: a second of a camera's. */
const WINDOW_FRAMES = 30;
/** A recoverer stays until it takes this much more than the budget: going over to another costs a frame or two. */
const TOLERANCE = 1.2;

/** Takes the results of the recoverer that it said last, the quick one at first. */
export class RecovererLadder {
    private readonly _ms = new Float64Array(WINDOW_FRAMES);
    /** What the next better one would take. */
    private readonly _betterMs = new Float64Array(WINDOW_FRAMES);
    private _frames = 0;
    private _rung = 1;
    /** One that was too slow once is not tried again: nobody is served by a recoverer that changes all the time. */
    private _best = LADDER.length - 1;

    /** @param budgetMs that networks may take of a frame */
    public constructor(private readonly _budgetMs: number) {}

    /** @returns the recoverer to go over to, by the medians of the last second's frames; null to stay */
    public next({ crops, times }: Pick<PipelineClientResult, "crops" | "times">): string | null {
        if (crops === 0) {
            return null;
        }
        const better = LADDER[Math.min(this._rung + 1, this._best)];
        const hands = crops > 1 ? 1 : 0;
        this._ms[this._frames] = times.recoverMs;
        this._betterMs[this._frames] = (times.recoverMs * better.cost[hands]) / LADDER[this._rung].cost[hands];
        if (++this._frames < WINDOW_FRAMES) {
            return null;
        }
        this._frames = 0;
        if (this._rung > 0 && median(this._ms) > TOLERANCE * this._budgetMs) {
            this._best = --this._rung;
        } else if (this._rung < this._best && median(this._betterMs) <= this._budgetMs) {
            this._rung++;
        } else {
            return null;
        }
        return LADDER[this._rung].name;
    }
}

/** Sorts them. */
function median(values: Float64Array): number {
    return values.sort()[values.length >> 1];
}
