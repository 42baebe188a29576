import { afterEach, describe, expect, it, vi } from "vitest";
import { MESH_LENGTH } from "../../src/hand/recoveredMesh";
import { CpuPictureNetwork } from "../../src/recovery/cpuPictureNetwork";
import { NetworkSession } from "../../src/recovery/session";
import type { SourceFrame } from "../../src/sources/frameSource";
import { TEXTURE_LENGTH } from "../../src/texture/packedTexture";
import { SECOND_HAND_INTERVAL } from "../../src/tracking/handTracker";
import { OBSERVATION_LENGTH } from "../../src/tracking/handObservation";
import { PipelineHost } from "../../src/worker/pipelineHost";
import { BASE, FRAME_MS, photoAt, standInForBrowser } from "../helpers/hostFrames";
import { createMeshBuffer, createResultBuffer, createTextureBuffer } from "../../src/worker/resultBuffers";

/** What the host hands on of a frame. */
async function countAsync(host: PipelineHost, ...frame: Parameters<Buffers>): Promise<number> {
    let count = NaN;
    await host.processAsync(...frame, (hands) => (count = hands));
    return count;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

type Buffers = (
    frame: SourceFrame,
    buffer: Float32Array,
    meshes: Float32Array | null,
    textures: Float32Array | null
) => void;

afterEach(() => vi.unstubAllGlobals());

it("gives meshes with the frames that ask for them, and says once of each recoverer that it has none", async () => {
    standInForBrowser();
    const host = new PipelineHost();
    const errors: string[] = [];
    const progress: [number, number][] = [];
    host.onError = (error) => errors.push(`${error.code} ${error.fatal}`);
    await host.startAsync(
        { recoverer: "mediapipe", maxHands: 2, backend: "wasm", modelBaseUrl: BASE, handSize: 1 },
        () => undefined
    );
    const buffer = createResultBuffer(2);
    const meshes = createMeshBuffer(2);
    expect([buffer.length, meshes.length]).toEqual([2 * OBSERVATION_LENGTH, 2 * MESH_LENGTH]);
    let timeMs = 0;
    /** Whether the first hand's mesh is valid after so many frames; null without meshes. */
    const look = async (asks: boolean, frames = 2): Promise<boolean | null> => {
        for (let i = 0; i < frames; i++) {
            const frame = photoAt((timeMs += FRAME_MS));
            expect(await countAsync(host, frame, buffer, asks ? meshes : null, null)).toBe(1);
            expect(host.crops).toBeGreaterThanOrEqual(1);
        }
        return asks ? meshes[0] === 1 : null;
    };
    expect(await look(false)).toBe(null);
    expect(errors).toEqual([]);
    expect(await look(true)).toBe(false);
    expect(errors).toEqual(["vertices-missing false"]);
    await host.setRecovererAsync("camera-space", (loaded, total) => progress.push([loaded, total]));
    expect(await look(true)).toBe(true);
    expect(await look(false)).toBe(null);
    expect(errors).toHaveLength(1);
    await host.setRecovererAsync("mediapipe", () => undefined);
    expect(await look(true)).toBe(false);
    expect(errors).toEqual(["vertices-missing false", "vertices-missing false"]);
    const [loaded, total] = progress.at(-1)!;
    console.log(`${errors.length} reports; ${progress.length} chunks, ${loaded} of ${total} bytes`);
    expect(loaded).toBe(total);
    await host.disposeAsync();
});

it("that is disposed of while it starts, or while a recoverer comes, gives up what it made", async () => {
    standInForBrowser();
    const disposing = vi.spyOn(CpuPictureNetwork.prototype, "disposeAsync");
    const options = { recoverer: "mini", maxHands: 1, backend: "wasm", modelBaseUrl: BASE, handSize: 1 } as const;
    const starting = new PipelineHost();
    const start = starting.startAsync(options, () => undefined);
    await starting.disposeAsync();
    await expect(start).rejects.toMatchObject({ code: "worker-failed", fatal: false });
    const whileStarting = disposing.mock.calls.length;

    const changing = new PipelineHost();
    await changing.startAsync(options, () => undefined);
    const create = NetworkSession.createAsync.bind(NetworkSession);
    const creating = vi.spyOn(NetworkSession, "createAsync").mockImplementation(async (...args) => {
        const session = await create(...args);
        await changing.disposeAsync();
        return session;
    });
    const change = changing.setRecovererAsync("fast", () => undefined);
    await expect(change).rejects.toMatchObject({ code: "worker-failed", fatal: false });
    const whileChanging = disposing.mock.calls.length - whileStarting;
    console.log(`networks disposed of: ${whileStarting} while starting, ${whileChanging} while changing`);
    expect([whileStarting, whileChanging]).toEqual([2, 3]);
    creating.mockRestore();
    disposing.mockRestore();
});

it("hands a tracked hand on before it looks for another, and closes the picture after both", async () => {
    standInForBrowser();
    const host = new PipelineHost();
    await host.startAsync(
        { recoverer: "mediapipe", maxHands: 2, backend: "wasm", modelBaseUrl: BASE, handSize: 1 },
        () => undefined
    );
    const buffer = createResultBuffer(2);
    const frames: { hands: number; detectMs: number; handOnMs: number; closedMs: number }[] = [];
    for (let i = 1; i <= 2 * SECOND_HAND_INTERVAL; i++) {
        const frame = photoAt(i * FRAME_MS);
        const start = performance.now();
        const told = { hands: NaN, detectMs: NaN, handOnMs: NaN, closedMs: NaN };
        frame.image.close = () => (told.closedMs = performance.now() - start);
        await host.processAsync(frame, buffer, null, null, (hands) => {
            Object.assign(told, { hands, detectMs: host.times.detectMs, handOnMs: performance.now() - start });
        });
        frames.push(told);
    }
    const [first, ...tracked] = frames;
    const waits = tracked.map(({ closedMs, handOnMs }) => closedMs - handOnMs);
    const looks = waits.filter((ms) => ms > median(waits) + first.detectMs / 4);
    console.log(
        `the first frame looks for ${first.detectMs.toFixed(0)} ms; of ${tracked.length} with a hand ${looks.length} look ` +
            `for another after it is handed on, for ${looks.map((ms) => ms.toFixed(0)).join(", ")} ms`
    );
    expect(frames.every(({ hands }) => hands === 1)).toBe(true);
    expect(first.detectMs).toBeGreaterThan(0);
    expect(tracked.every(({ detectMs }) => detectMs === 0)).toBe(true);
    expect(waits.every((ms) => ms >= 0)).toBe(true);
    expect(looks.length).toBeGreaterThanOrEqual(1);
    expect(looks.length).toBeLessThanOrEqual(2);
    await host.disposeAsync();
});

describe("textures", () => {
    const TEXTURE_MS = 500;

    async function setUp(recoverer: string) {
        const host = new PipelineHost();
        const errors: string[] = [];
        host.onError = ({ code, fatal, message }) => errors.push(`${code} ${fatal}: ${message}`);
        await host.startAsync(
            { recoverer, maxHands: 2, backend: "wasm", modelBaseUrl: BASE, handSize: 1 },
            () => undefined
        );
        const buffer = createResultBuffer(2);
        const textures = createTextureBuffer(2);
        let timeMs = 0;
        /** Shows the photo; whether colours came. */
        const look = async (asks: boolean, stepMs = FRAME_MS): Promise<boolean> => {
            const frame = photoAt((timeMs += stepMs));
            textures[0] = 0;
            expect(await countAsync(host, frame, buffer, null, asks ? textures : null)).toBe(1);
            return textures[0] === 1;
        };
        /** Shows it until colours come, or for so many frames. */
        const wait = async (frames = 60): Promise<boolean> => {
            for (let i = 0; i < frames; i++) {
                if (await look(true)) {
                    return true;
                }
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
            return false;
        };
        return { host, errors, textures, look, wait };
    }

    it("come when they are asked for, travel when they have changed, and come again after a rest", async () => {
        const fetched: string[] = [];
        standInForBrowser((file, name) => {
            fetched.push(name);
            return file;
        });
        const { host, errors, textures, look, wait } = await setUp("camera-space");
        expect([await look(false), await look(false)]).toEqual([false, false]);
        expect(fetched).not.toContain("amvur-texture.onnx");
        expect(await wait()).toBe(true);
        const colours = textures.subarray(1, TEXTURE_LENGTH);
        const mean = colours.reduce((sum, value) => sum + value, 0) / colours.length;
        console.log(`mean ${mean.toFixed(2)}; ${host.times.textureMs.toFixed(1)} ms`);
        expect(mean).toBeGreaterThan(0.3);
        expect(mean).toBeLessThan(0.9);
        expect([await look(true), await look(true), await look(true, TEXTURE_MS)]).toEqual([false, false, true]);
        expect([await look(false), await look(true)]).toEqual([false, true]);
        expect(fetched.filter((name) => name === "amvur-texture.onnx")).toHaveLength(1);
        expect(errors).toEqual([]);
        await host.disposeAsync();
    });

    it("that can't be loaded are told of once, hands go on; asked for anew they are loaded anew", async () => {
        let isDamaged = true;
        standInForBrowser((file, name) => {
            if (isDamaged && name === "amvur-texture.onnx") {
                file[1000] ^= 1;
            }
            return file;
        });
        const { host, errors, look, wait } = await setUp("camera-space");
        await look(false);
        expect(await wait(20)).toBe(false);
        console.log(errors[0]);
        expect(errors.map((error) => error.split(":")[0])).toEqual(["model-damaged false"]);
        await look(false);
        isDamaged = false;
        expect(await wait()).toBe(true);
        expect(errors).toHaveLength(1);
        await host.disposeAsync();
    });

    it("whose model is missing are told of once; a recoverer without vertices asks for no model", async () => {
        standInForBrowser((file, name) => (name === "amvur-texture.json" ? null : file));
        const { host, errors, wait } = await setUp("mediapipe");
        expect(await wait(5)).toBe(false);
        expect(errors.map((error) => error.split(":")[0])).toEqual(["vertices-missing false"]);
        await host.setRecovererAsync("camera-space", () => undefined);
        expect(await wait(20)).toBe(false);
        expect(errors.map((error) => error.split(":")[0])).toEqual(["vertices-missing false", "model-missing false"]);
        await host.disposeAsync();
    });
});
