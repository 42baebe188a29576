import { describe, expect, it } from "vitest";
import { RecovererUpgrade } from "../../src/worker/recovererUpgrade";

const BUDGET_MS = 25;

/** Frame at which an upgrade is said to be affordable, -1 where none is, where frame `i` took `ms(i)` for `crops` hands. */
function frameOfUpgrade(ms: (frame: number) => number, crops = 1, frames = 90): number {
    const upgrade = new RecovererUpgrade(BUDGET_MS);
    for (let frame = 0; frame < frames; frame++) {
        const recoverMs = ms(frame);
        const times = { pixelsMs: 1, detectMs: 0, recoverMs, solveMs: 0.3, textureMs: 0 };
        if (upgrade.isAffordable({ crops, times })) {
            return frame;
        }
    }
    return -1;
}

describe("whether the default recoverer is affordable", () => {
    it("is known after a second of a quick machine's frames", () => {
        const at = frameOfUpgrade(() => 3);
        console.log(`3 ms a frame: after ${at + 1} frames`);
        expect(at).toBe(29);
    });

    it("is denied where five times the quick one's time is more than the budget", () => {
        expect(frameOfUpgrade(() => BUDGET_MS / 5 + 0.1)).toBe(-1);
        expect(frameOfUpgrade(() => BUDGET_MS / 5 - 0.1)).toBe(29);
    });

    it("is not decided by slow frames here and there, nor by a start in slow code", () => {
        expect(frameOfUpgrade((frame) => (frame % 3 === 0 ? 80 : 3))).toBe(29);
        expect(frameOfUpgrade((frame) => (frame < 20 ? 80 : 3))).toBe(59);
    });

    it("is not asked of frames without hands", () => {
        expect(frameOfUpgrade(() => 0, 0)).toBe(-1);
    });
});
