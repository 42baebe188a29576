import { describe, expect, it } from "vitest";
import { RecovererLadder } from "../../src/worker/recovererLadder";

const BUDGET_MS = 25;
/** ms of one hand and of two, over those of `fast` for one. */
const COSTS: Record<string, readonly [number, number]> = { mini: [0.35, 0.5], fast: [1, 1.5], ahrnet: [2.4, 4.8] };

/** The changes on a machine where `fast` takes `quickMs(frame)` for one hand: frame and recoverer. */
function changes(quickMs: (frame: number) => number, hands: 0 | 1 | 2 = 1, frames = 300): [number, string][] {
    const ladder = new RecovererLadder(BUDGET_MS);
    const found: [number, string][] = [];
    let name = "fast";
    for (let frame = 0; frame < frames; frame++) {
        const recoverMs = quickMs(frame) * (hands === 0 ? 0 : COSTS[name][hands - 1]);
        const times = { pixelsMs: 1, detectMs: 0, recoverMs, solveMs: 0.3, textureMs: 0 };
        const next = ladder.next({ crops: hands, times });
        if (next) {
            found.push([frame, (name = next)]);
        }
    }
    return found;
}

describe("the recoverer that a machine can afford", () => {
    it("is the default one after a second of a quick machine's frames", () => {
        const found = changes(() => 3);
        console.log(`3 ms a hand: ${found.join("; ")}`);
        expect(found).toEqual([[29, "ahrnet"]]);
    });

    it("stays the quick one where the default takes more than the budget, and it does not", () => {
        expect(changes(() => BUDGET_MS / 2.4 + 0.1)).toEqual([]);
        expect(changes(() => BUDGET_MS / 2.4 - 0.1)).toEqual([[29, "ahrnet"]]);
        expect(changes(() => BUDGET_MS / 4.8 + 0.1, 2)).toEqual([]);
        expect(changes(() => BUDGET_MS / 4.8 - 0.1, 2)).toEqual([[29, "ahrnet"]]);
    });

    it("is the small one where the quick one takes more than the budget by a fifth", () => {
        const found = changes(() => 1.21 * BUDGET_MS);
        console.log(`${1.21 * BUDGET_MS} ms a hand: ${found.join("; ")}`);
        expect(found).toEqual([[29, "mini"]]);
        expect(changes(() => 1.19 * BUDGET_MS)).toEqual([]);
    });

    it("comes down when a machine gets slower, rung by rung, and does not go up again", () => {
        const found = changes((frame) => (frame < 100 ? 3 : frame < 200 ? 40 : 3));
        console.log(`3 ms, 40 ms, 3 ms a hand: ${found.join("; ")}`);
        expect(found.map(([, name]) => name)).toEqual(["ahrnet", "fast", "mini"]);
    });

    it("is not decided by slow frames here and there, nor by a start in slow code", () => {
        expect(changes((frame) => (frame % 3 === 0 ? 80 : 3))).toEqual([[29, "ahrnet"]]);
        expect(changes((frame) => (frame < 14 ? 80 : 3))).toEqual([[29, "ahrnet"]]);
    });

    it("is not asked of frames without hands", () => {
        expect(changes(() => 3, 0)).toEqual([]);
    });
});
