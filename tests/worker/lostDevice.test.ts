// What a lost WebGPU device leaves of a pipeline host: the networks run on WASM here, and only the device is a stand-in.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SourceFrame } from "../../src/sources/frameSource";
import type * as backendChoice from "../../src/worker/backendChoice";
import { PipelineHost } from "../../src/worker/pipelineHost";
import { createResultBuffer } from "../../src/worker/resultBuffers";
import { BASE, FRAME_MS, photoAt, standInForBrowser } from "../helpers/hostFrames";

/** Longer than a host waits after a failed run for news while the GPU has nothing to do. */
const LATE_MS = 1500;

let gpu: StandInDevice;

/** A device with work to do, that is lost on command. */
class StandInDevice {
    public lose!: (info: { message: string }) => void;
    public finishWork!: () => void;
    public readonly lost = new Promise((resolve) => (this.lose = resolve));
    public readonly queue = { onSubmittedWorkDone: () => this._work };
    private readonly _work = new Promise<void>((resolve) => (this.finishWork = resolve));
    public destroy(): void {}
}

vi.mock("../../src/worker/backendChoice", async (original) => {
    const real = await original<typeof backendChoice>();
    return {
        ...real,
        createNetworksAsync: async (...[wanted, ...rest]: Parameters<typeof real.createNetworksAsync>) => {
            const networks = await real.createNetworksAsync("wasm", ...rest);
            if (wanted === "webgpu") {
                networks.report.backend = "webgpu";
                networks.gpu = { device: gpu } as unknown as typeof networks.gpu;
            }
            return networks;
        },
    };
});

beforeEach(() => {
    standInForBrowser();
    gpu = new StandInDevice();
});
afterEach(() => vi.unstubAllGlobals());

/** A host on the stand-in device, that has seen a hand; `run` is what every further run of its recoverer does. */
async function startAsync(run: () => Promise<void>) {
    const host = new PipelineHost();
    const errors: string[] = [];
    host.onError = (error) => errors.push(error.code);
    await host.startAsync(
        { recoverer: "mediapipe", maxHands: 1, backend: "webgpu", modelBaseUrl: BASE, handSize: 1 },
        () => undefined
    );
    const buffer = createResultBuffer(1);
    let timeMs = 0;
    const processAsync = async (): Promise<number> => {
        let count = NaN;
        const frame: SourceFrame = photoAt((timeMs += FRAME_MS));
        await host.processAsync(frame, buffer, null, null, (hands) => (count = hands));
        return count;
    };
    expect(await processAsync()).toBe(1);
    const { hand } = (host as unknown as { _networks: backendChoice.Networks })._networks;
    hand.finishAsync = run;
    return { host, errors, processAsync };
}

it("a run that fails before the news of the loss comes is not told of by itself, however late the news", async () => {
    const { host, errors, processAsync } = await startAsync(() => Promise.reject(new Error("mapping failed")));
    setTimeout(() => gpu.lose({ message: "reset" }), LATE_MS);
    const counts = [await processAsync(), await processAsync()];
    console.log(`news after ${LATE_MS} ms: hands ${counts.join(", ")}; ${errors.join(", ")}`);
    expect(counts).toEqual([-1, 1]);
    expect(errors).toEqual(["device-lost"]);
    await host.disposeAsync();
});

it("a run that never returns from a lost device is given up, and hands go on", async () => {
    const { host, errors, processAsync } = await startAsync(() => new Promise(() => undefined));
    setTimeout(() => gpu.lose({ message: "reset" }), FRAME_MS);
    const counts = [await processAsync(), await processAsync()];
    console.log(`hands ${counts.join(", ")}; ${errors.join(", ")}`);
    expect(counts).toEqual([-1, 1]);
    expect(errors).toEqual(["device-lost"]);
    await host.disposeAsync();
});

it("a run that fails on a device that is not lost is told of, once the GPU has worked off what it was given", async () => {
    const { host, errors, processAsync } = await startAsync(() => Promise.reject(new Error("out of memory")));
    setTimeout(() => gpu.finishWork(), FRAME_MS);
    const count = await processAsync();
    console.log(`hands ${count}; ${errors.join(", ")}`);
    expect(count).toBe(-1);
    expect(errors).toEqual(["worker-failed"]);
    await host.disposeAsync();
});
