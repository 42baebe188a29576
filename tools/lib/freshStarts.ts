// Start-up times and bytes of first and second visits, each in a browser with an empty profile.

import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium, type BrowserContext } from "@playwright/test";
import type { ByteKind, Bytes, StartFigures } from "../../scenes/benchmark/report";
import type { StartResult } from "../../scenes/benchmark/start/main";
import { median } from "../../scenes/benchmark/statistics";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./chromium";
import type { SiteServer } from "./siteServer";

/** After a first visit, before its page closes: the browser writes its caches. */
const SETTLE_MS = 1500;
const TIMEOUT_MS = 120_000;

/**
 * Contenders in turn, `repeats` times: a first visit, and a second one in the same profile.
 * @param query what the start page's address says besides the contender
 */
export async function measureFreshStartsAsync(
    server: SiteServer,
    contenders: readonly string[],
    repeats: number,
    query: Readonly<Record<string, string>>
): Promise<Record<string, StartFigures>> {
    const visits = contenders.map((name) => ({
        name,
        url: `${server.url}/benchmark/start/?${new URLSearchParams({ ...query, contender: name })}`,
        cold: [] as number[],
        warm: [] as number[],
        bytes: null as StartFigures["bytes"],
    }));
    for (let round = 0; round < repeats; round++) {
        for (const visit of visits) {
            const profile = mkdtempSync(join(tmpdir(), "benchmark-profile-"));
            const browser = await chromium.launchPersistentContext(profile, {
                executablePath: findOrInstallChromium(),
                args: [...CHROMIUM_ARGUMENTS, ...server.arguments],
            });
            try {
                server.sent.length = 0;
                const first = await visitAsync(browser, visit.url, SETTLE_MS);
                visit.bytes ??= countBytes(server, first.before);
                visit.cold.push(first.ms!);
                visit.warm.push((await visitAsync(browser, visit.url, 0)).ms!);
            } finally {
                await browser.close();
                rmSync(profile, { recursive: true, force: true });
            }
        }
    }
    return Object.fromEntries(
        visits.map(({ name, cold, warm, bytes }) => [name, { coldMs: median(cold), warmMs: median(warm), bytes }])
    );
}

async function visitAsync(browser: BrowserContext, url: string, settleMs: number): Promise<StartResult> {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => window.__start, undefined, { timeout: TIMEOUT_MS });
    const result = (await page.evaluate(() => window.__start))!;
    await page.waitForTimeout(settleMs);
    await page.close();
    if (result.ms === null) {
        throw new Error(`${url}: ${result.error}`);
    }
    return result;
}

/** What was sent, but for the page's own files. */
function countBytes(server: SiteServer, before: readonly string[]): Record<ByteKind, Bytes> {
    const own = before.map((address) => new URL(address).pathname);
    const isOwn = (file: string): boolean => extname(file) === ".html" || own.some((path) => file.endsWith(path));
    const bytes: Record<ByteKind, Bytes> = {
        script: { raw: 0, gzip: 0 },
        wasm: { raw: 0, gzip: 0 },
        model: { raw: 0, gzip: 0 },
    };
    for (const file of new Set(server.sent.filter((name) => !isOwn(name)))) {
        const kind = extname(file) === ".js" ? "script" : extname(file) === ".wasm" ? "wasm" : "model";
        bytes[kind].raw += statSync(file).size;
        bytes[kind].gzip += gzipSync(readFileSync(file)).length;
    }
    return bytes;
}
