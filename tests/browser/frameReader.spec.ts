// Reading only a part of a frame gives what reading all of it gives there.

import { expect, test } from "@playwright/test";
import type { PartsFigures } from "../../scenes/parity/frameParts";
import type { TurnedFigures } from "../../scenes/parity/turnedFrames";

// A part of a frame whose colours are kept for 2 x 2 pixels may be converted with other neighbours at its edge.
const ROUNDING = 2;

for (const [width, height] of [
    [640, 480],
    [1280, 720],
]) {
    test(`parts of frames of ${width} x ${height} px are the same as in the whole`, async ({ page }) => {
        await page.goto("/parity/");
        await page.waitForFunction(() => typeof window.__readParts === "function", undefined, { timeout: 30_000 });
        const found: PartsFigures[] = await page.evaluate(([w, h]) => window.__readParts(w, h), [width, height]);
        for (const { kind, way, parts, worst, distinct, wholeMs, partMs } of found) {
            console.log(
                `${kind}: ${parts} parts differ by ${worst} of 255 at most (${way ?? "drawn"}; whole ${wholeMs.toFixed(2)} ms, part ${partMs.toFixed(2)} ms)`
            );
            expect(worst).toBeLessThanOrEqual(ROUNDING);
            expect(distinct).toBeGreaterThan(0);
        }
    });
}

test("frames that are to be shown turned, as phones give them, are read turned on either backend", async ({ page }) => {
    await page.goto("/parity/");
    await page.waitForFunction(() => typeof window.__readTurned === "function", undefined, { timeout: 30_000 });
    const found: TurnedFigures[] | null = await page.evaluate(() => window.__readTurned(320, 240));
    expect(found, "this browser has no turned frames").not.toBe(null);
    for (const { rotation, worst, stored, worstOnGpu } of found!) {
        console.log(
            `turned by ${rotation}: off by ${worst} of 255 (as it is stored ${stored}); crop on the GPU off by ${worstOnGpu.toFixed(2)}`
        );
        expect(worst).toBeLessThanOrEqual(ROUNDING);
        expect(worstOnGpu).toBeLessThanOrEqual(ROUNDING);
    }
    expect(found!.filter(({ stored }) => stored > 100)).toHaveLength(3);
});
