// One contender starts in a page of its own: ?contender=NAME, and the benchmark's ?recoverers and ?gpu.

import { focalLengthPx } from "../focalLength";
import { readSettings } from "../settings";
import { createUsualScene } from "../usualScene";
import { listContenders } from "../contenders/contenderList";
import { loadClipDescription, readClipImagesAsync } from "../../sandbox/clipImages";

/** What a start page tells: to the tool in `window.__start`, to the page that holds it as a message. */
export interface StartResult {
    type: "start";
    /** From the call to the first hand, ms; null where it failed. */
    ms: number | null;
    /** Addresses of what was loaded before the call: the page's own. */
    before: string[];
    error: string | null;
}

declare global {
    interface Window {
        __start?: StartResult;
    }
}

/** Pictures in which a hand has to be found. */
const TRIES = 10;

async function startAsync(): Promise<StartResult> {
    const query = new URLSearchParams(location.search);
    const settings = readSettings(query);
    const entry = listContenders(settings.recoverers).find(({ name }) => name === query.get("contender"));
    if (!entry) {
        throw new Error(`No contender is called ${query.get("contender")}.`);
    }
    const scene = createUsualScene();
    const clip = await loadClipDescription();
    const [image] = await readClipImagesAsync(clip, 1);
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d", { willReadFrequently: true })!.drawImage(image, 0, 0);
    const options = { maxHands: 1, focalPx: focalLengthPx(clip, image), mayUseGpu: settings.gpu } as const;
    const before = [...performance.getEntriesByType("resource").map(({ name }) => name)];
    const start = performance.now();
    const contender = entry.create(options);
    await contender.startAsync();
    for (let tried = 0; tried < TRIES; tried++) {
        if ((await contender.processAsync(canvas)).hands.length > 0) {
            const ms = performance.now() - start;
            scene.dispose();
            return { type: "start", ms, before, error: null };
        }
    }
    throw new Error(`${entry.name} found no hand in ${TRIES} pictures.`);
}

window.__start = await startAsync().catch((error: unknown) => ({
    type: "start" as const,
    ms: null,
    before: [],
    error: String(error),
}));
window.parent.postMessage(window.__start, location.origin);
