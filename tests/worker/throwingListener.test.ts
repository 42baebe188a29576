// A listener of the application's that throws costs nobody the frames to come: neither in the worker's client nor in the page's own thread.

import { afterEach, expect, it, vi } from "vitest";
import type { SourceFrame } from "../../src/sources/frameSource";
import { InlineClient } from "../../src/worker/inlineClient";
import type { FromWorker, PipelineClient, PipelineOptions, ToWorker } from "../../src/worker/protocol";
import { WorkerClient } from "../../src/worker/workerClient";
import { BASE, FRAME_MS, photoAt, standInForBrowser } from "../helpers/hostFrames";

const FRAMES = 3;
const OPTIONS: PipelineOptions = { recoverer: "mini", maxHands: 1, backend: "wasm", modelBaseUrl: BASE, handSize: 1 };

afterEach(() => vi.unstubAllGlobals());

/** A worker that starts at once and finds no hands; what its page's listener throws is what a browser would report. */
class StandInWorker {
    public static readonly reported: unknown[] = [];
    public onmessage: ((event: { data: FromWorker }) => void) | null = null;

    public postMessage(message: ToWorker): void {
        queueMicrotask(() => this._answer(message));
    }

    public terminate(): void {
        this.onmessage = null;
    }

    private _answer(message: ToWorker): void {
        try {
            if (message.type === "start") {
                const report = { backend: "wasm", reason: "stand-in", threads: 1 } as const;
                this.onmessage?.({ data: { type: "started", report } });
            } else if (message.type === "frame") {
                const { timeMs, width, height, buffer, meshes, textures } = message;
                const times = { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 };
                const data = { timeMs, width, height, buffer, meshes, textures, times, count: 0, crops: 0 };
                this.onmessage?.({ data: { type: "result", ...data } });
            }
        } catch (error) {
            StandInWorker.reported.push(error);
        }
    }
}

/** Hands frames over one by one, to a listener that throws at every one. */
async function countFramesAsync(client: PipelineClient): Promise<{ heard: number; errors: string[] }> {
    const errors: string[] = [];
    client.onError = ({ message }) => errors.push(message);
    await client.startAsync(OPTIONS, () => undefined);
    let heard = 0;
    for (let i = 1; i <= FRAMES; i++) {
        const frame: SourceFrame = photoAt(i * FRAME_MS);
        await new Promise<void>((resolve) => {
            client.onResult = () => {
                heard++;
                // In this call's stack the queue is not yet free.
                setTimeout(resolve);
                throw new Error(`listener ${i}`);
            };
            client.submit(frame);
        });
    }
    client.dispose();
    return { heard, errors };
}

it("in the worker's client", async () => {
    vi.stubGlobal("Worker", StandInWorker);
    const { heard, errors } = await countFramesAsync(new WorkerClient());
    const reported = StandInWorker.reported.map(String);
    console.log(`${heard} of ${FRAMES} frames were heard of; reported: ${reported.join(", ")}`);
    expect(heard).toBe(FRAMES);
    expect(reported).toEqual(["Error: listener 1", "Error: listener 2", "Error: listener 3"]);
    expect(errors).toEqual([]);
});

it("in the page's own thread, where it is not taken for the frame's error", async () => {
    standInForBrowser();
    const reported: string[] = [];
    const { queueMicrotask: queue } = globalThis;
    vi.stubGlobal("queueMicrotask", (task: () => void) =>
        queue(() => {
            try {
                task();
            } catch (error) {
                reported.push(String(error));
            }
        })
    );
    const { heard, errors } = await countFramesAsync(new InlineClient());
    console.log(`${heard} of ${FRAMES} frames were heard of; reported: ${reported.join(", ")}`);
    expect(heard).toBe(FRAMES);
    expect(reported).toEqual(["Error: listener 1", "Error: listener 2", "Error: listener 3"]);
    expect(errors).toEqual([]);
});
