// A worker whose script does not come: once, which is made good, and for good, which is told.

import { afterEach, expect, it, vi } from "vitest";
import type { FromWorker, PipelineOptions, ToWorker } from "../../src/worker/protocol";
import { WorkerClient } from "../../src/worker/workerClient";

const OPTIONS: PipelineOptions = {
    recoverer: "mini",
    maxHands: 1,
    backend: "wasm",
    modelBaseUrl: "http://models.test/",
    handSize: 1,
};

afterEach(() => vi.unstubAllGlobals());

/** Workers of which the first ones fail, with or without a message. @returns those that were made, and their ends */
function standInForWorkers(failures: number, message?: string): { made: number; terminated: number } {
    const counts = { made: 0, terminated: 0 };
    vi.stubGlobal(
        "Worker",
        class {
            public onmessage: ((event: { data: FromWorker }) => void) | null = null;
            public onerror: ((event: { message?: string }) => void) | null = null;
            private readonly _fails = counts.made++ < failures;
            public postMessage(sent: ToWorker): void {
                expect(sent).toEqual({ type: "start", options: OPTIONS });
                const report = { backend: "wasm", reason: "stand-in", threads: 1 } as const;
                queueMicrotask(() =>
                    this._fails ? this.onerror?.({ message }) : this.onmessage?.({ data: { type: "started", report } })
                );
            }
            public terminate(): void {
                counts.terminated++;
            }
        }
    );
    return counts;
}

it.each([
    ["does not come once", 1, undefined, { code: null, made: 2, terminated: 1 }],
    ["does not come at all", 9, undefined, { code: "worker-failed", made: 2, terminated: 1 }],
    ["fails by itself", 9, "Uncaught SyntaxError", { code: "worker-failed", made: 1, terminated: 0 }],
])("a script that %s", async (_what, failures, message, expected) => {
    const counts = standInForWorkers(failures, message);
    const client = new WorkerClient();
    const error: unknown = await client
        .startAsync(OPTIONS, () => undefined)
        .then(
            () => null,
            (thrown: unknown) => thrown
        );
    const { made, terminated } = counts;
    console.log(`${made} workers, ${terminated} ended: ${String(error)}`);
    expect({ code: (error as { code?: string } | null)?.code ?? null, made, terminated }).toEqual(expected);
    client.dispose();
    expect(counts.terminated).toBe(made);
});
