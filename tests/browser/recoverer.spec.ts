// Another recoverer while hands are tracked, in the worker of a real browser.

import { expect, test } from "@playwright/test";

test("changes the recoverer in the middle of a clip, and keeps it where another is missing", async ({ page }) => {
    await page.route("**/models/nothing-of-that-name.json", (route) => route.fulfill({ status: 404 }));
    await page.goto("/sandbox/?clip&backend=wasm");
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 4, undefined, { timeout: 120_000 });
    const change = (name: string): Promise<{ code: string; recoverer: string; id: number }> =>
        page.evaluate(async (wanted) => {
            const { behaviour } = window.__scene;
            const code = await behaviour.setRecovererAsync(wanted).then(
                () => "",
                (error: { code: string }) => error.code
            );
            return { code, recoverer: behaviour.recoverer, id: behaviour.hands[0]?.state.id ?? -1 };
        }, name);
    const framesAfter = async (count: number): Promise<{ processed: number; withHand: number }> => {
        const before = await page.evaluate(() => ({ ...window.__sandbox, events: [] }));
        await page.waitForFunction(
            (until) => window.__sandbox.framesProcessed >= until,
            before.framesProcessed + count,
            { timeout: 120_000 }
        );
        return page.evaluate(
            ([processed, withHand]) => ({
                processed: window.__sandbox.framesProcessed - processed,
                withHand: window.__sandbox.framesWithHand - withHand,
            }),
            [before.framesProcessed, before.framesWithHand] as const
        );
    };
    const losses = (): Promise<number> =>
        page.evaluate(() => window.__sandbox.events.filter(({ kind }) => kind === "hand-lost").length);
    await page.waitForFunction(() => window.__scene.behaviour.hands[0]?.isTracked, undefined, { timeout: 30_000 });
    const lossesBefore = await losses();
    const first = await page.evaluate(() => window.__scene.behaviour.hands[0]?.state.id ?? -1);
    const ours = await change("camera-space");
    const lossesAfter = await losses();
    expect(ours).toMatchObject({ code: "", recoverer: "camera-space" });
    if (lossesAfter === lossesBefore) {
        expect(ours.id).toBe(first);
    }
    const seen = await framesAfter(6);
    const missing = await change("nothing-of-that-name");
    const seenAfter = await framesAfter(3);
    console.log(
        `hand ${first} in ${seen.withHand} of ${seen.processed} frames with camera-space, ${seenAfter.withHand} of ${seenAfter.processed} after ${missing.code}; lost ${lossesAfter - lossesBefore} times in the change`
    );
    expect(missing.code).toBe("model-missing");
    expect(missing.recoverer).toBe("camera-space");
    // Where making the network takes a second, the clip's hand may have moved out of its window meanwhile: it is found again.
    expect(lossesAfter - lossesBefore).toBeLessThanOrEqual(1);
    expect(seen.withHand).toBe(seen.processed);
    expect(seenAfter.withHand).toBe(seenAfter.processed);
    expect(await page.evaluate(() => window.__scene.behaviour.state)).toBe("running");
    // Two at once, the larger file first: what was asked for last stays.
    const last = await page.evaluate(async () => {
        const { behaviour } = window.__scene;
        await Promise.all(["ehpe", "fast"].map((name) => behaviour.setRecovererAsync(name)));
        return behaviour.recoverer;
    });
    console.log(`ehpe and fast asked for at once: ${last}`);
    expect(last).toBe("fast");
});

test("begins with the quick recoverer, and goes over to the default one where the machine can afford it", async ({
    page,
}) => {
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
    // A budget that any machine keeps to.
    await page.goto("/sandbox/?clip&backend=wasm&recoverer=auto&budget=10000");
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 1, undefined, { timeout: 120_000 });
    const first = await page.evaluate(() => ({
        recoverer: window.__scene.behaviour.recoverer,
        id: window.__scene.behaviour.hands[0]?.state.id,
    }));
    const fetchedFirst = fetched.filter((path) => path.endsWith(".onnx"));
    await page.waitForFunction(() => window.__scene.behaviour.recoverer === "ahrnet", undefined, { timeout: 120_000 });
    const frames = await page.evaluate(() => window.__sandbox.framesProcessed);
    await page.waitForFunction((until) => window.__sandbox.framesProcessed >= until, frames + 3, { timeout: 60_000 });
    const then = await page.evaluate(() => ({
        tracked: window.__scene.behaviour.hands.some(({ isTracked }) => isTracked),
        pressed: document.querySelector("#recoverers [aria-pressed=true]")?.getAttribute("aria-label"),
        errors: window.__sandbox.errors,
    }));
    console.log(
        `${first.recoverer} after ${fetchedFirst.join(" and ")}; ahrnet after ${frames} frames: ${JSON.stringify(then)}`
    );
    expect(first.recoverer).toBe("fast");
    expect(fetchedFirst.map((path) => path.split("/").at(-1))).toEqual(["palm.onnx", "fast.onnx"]);
    expect(frames).toBeGreaterThanOrEqual(30);
    expect(then).toEqual({ tracked: true, pressed: "AHRNet", errors: [] });
});

test("comes down to the small recoverer where the quick one takes more than the budget", async ({ page }) => {
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(...(/[^/]+\.onnx$/.exec(request.url()) ?? [])));
    // A budget that no machine keeps to.
    await page.goto("/sandbox/?clip&backend=wasm&recoverer=auto&budget=0.1");
    await page.waitForFunction(() => window.__scene?.behaviour.recoverer === "mini", undefined, { timeout: 180_000 });
    const frames = await page.evaluate(() => window.__sandbox.framesProcessed);
    await page.waitForFunction((until) => window.__sandbox.framesProcessed >= until, frames + 40, { timeout: 60_000 });
    const then = await page.evaluate(() => ({
        recoverer: window.__scene.behaviour.recoverer,
        tracked: window.__scene.behaviour.hands.some(({ isTracked }) => isTracked),
        pressed: document.querySelector("#recoverers [aria-pressed=true]")?.getAttribute("aria-label"),
        errors: window.__sandbox.errors,
    }));
    console.log(`mini after ${frames} frames, ${fetched.join(" and ")}: ${JSON.stringify(then)}`);
    expect(fetched).toEqual(["palm.onnx", "fast.onnx", "mini.onnx"]);
    expect(then).toEqual({ recoverer: "mini", tracked: true, pressed: "Mini", errors: [] });
});
