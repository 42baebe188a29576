// Which of onnxruntime's WASM files a visit fetches.

import { expect, test, type Page } from "@playwright/test";
import { splitFile } from "../../src/recovery/splitRuntime";

/** Opens the sandbox as hosts serve it that isolate no pages, so on one thread; the .wasm files of onnxruntime that were asked for. */
async function openAsync(page: Page, query: string): Promise<string[]> {
    const asked: string[] = [];
    page.on("request", (request) => {
        const file = new URL(request.url()).pathname.split("/").at(-1)!;
        if (/^(onnxruntime|ort).*\.wasm$/.test(file)) {
            asked.push(file);
        }
    });
    await page.route("**/sandbox/*", async (route) => {
        const response = await route.fetch();
        const headers = Object.entries(response.headers()).filter(([name]) => !name.startsWith("cross-origin-"));
        await route.fulfill({ response, headers: Object.fromEntries(headers) });
    });
    await page.goto(`/sandbox/?clip&backend=wasm&${query}`);
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 10, undefined, { timeout: 120_000 });
    return asked;
}

test("a visit fetches the core of onnxruntime's WASM and nothing else of it, whatever is shown", async ({ page }) => {
    const asked = await openAsync(page, "recoverer=fast");
    await page.evaluate(async () => {
        const { behaviour } = window.__scene;
        for (const name of ["amvur", "mediapipe", "mini", "jar"]) {
            await behaviour.setRecovererAsync(name);
        }
    });
    const { processed, withHand } = await page.evaluate(() => ({
        processed: window.__sandbox.framesProcessed,
        withHand: window.__sandbox.framesWithHand,
    }));
    console.log(`asked for ${asked.join(", ")}; a hand in ${withHand} of ${processed} frames`);
    expect(asked).toEqual([splitFile("core")]);
});

test("where the core is not served onnxruntime's own file is fetched, and hands are tracked", async ({ page }) => {
    await page.route(`**/${splitFile("core")}`, (route) => route.fulfill({ status: 404 }));
    const asked = await openAsync(page, "recoverer=fast");
    console.log(`asked for ${asked.join(", ")}`);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/^ort-wasm-simd-threaded/);
});
