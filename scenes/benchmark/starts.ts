// Start-up times in fresh pages, as far as a page can measure them itself: later visits, whose files the browser has.

import type { ContenderEntry } from "./contenders/contender";
import type { StartFigures } from "./report";
import type { Settings } from "./settings";
import type { StartResult } from "./start/main";
import { median } from "./statistics";

declare global {
    interface Window {
        /** What the tool has measured in fresh browsers, by contender. */
        __starts?: Record<string, StartFigures>;
    }
}

/** @param tell hears what is going on */
export async function measureStartsAsync(
    entries: readonly ContenderEntry[],
    { repeats, recoverers, gpu }: Settings,
    tell: (doing: string) => void
): Promise<Record<string, StartFigures>> {
    if (window.__starts) {
        return window.__starts;
    }
    const times = new Map(entries.map(({ name }) => [name, [] as number[]]));
    // The first time fills the caches.
    for (let round = -1; round < repeats; round++) {
        for (const { name } of entries) {
            tell(`Start ${round + 1} of ${repeats}: ${name}`);
            const query = new URLSearchParams({ contender: name, recoverers: recoverers.join() });
            if (gpu) {
                query.set("gpu", "");
            }
            const ms = await startInFrameAsync(`./start/?${query}`);
            if (round >= 0) {
                times.get(name)!.push(ms);
            }
        }
    }
    return Object.fromEntries(
        [...times].map(([name, ms]) => [name, { coldMs: null, warmMs: median(ms), bytes: null }])
    );
}

async function startInFrameAsync(url: string): Promise<number> {
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.hidden = true;
    const result = await new Promise<StartResult>((resolve) => {
        const listen = ({ source, data }: MessageEvent<StartResult>): void => {
            if (source === frame.contentWindow && data.type === "start") {
                removeEventListener("message", listen);
                resolve(data);
            }
        };
        addEventListener("message", listen);
        document.body.append(frame);
    });
    frame.remove();
    if (result.ms === null) {
        throw new Error(result.error!);
    }
    return result.ms;
}
