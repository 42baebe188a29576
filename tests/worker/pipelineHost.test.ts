import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { afterEach, expect, it, vi } from "vitest";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { MESH_LENGTH } from "../../src/hand/recoveredMesh";
import type { SourceFrame } from "../../src/sources/frameSource";
import { OBSERVATION_LENGTH } from "../../src/tracking/handObservation";
import { PipelineHost } from "../../src/worker/pipelineHost";
import { createMeshBuffer, createResultBuffer } from "../../src/worker/resultBuffers";

const BASE = "http://models.test/";
const FRAME_MS = 33;
const photo = PNG.sync.read(readFileSync("tests/fixtures/parity/asl_025.png"));

/** Models from disk, and a canvas that holds the photo. */
function standInForBrowser(): void {
    vi.stubGlobal("fetch", async (url: string) => new Response(readFileSync(`models/${url.slice(BASE.length)}`)));
    vi.stubGlobal(
        "OffscreenCanvas",
        class {
            public constructor(
                public readonly width: number,
                public readonly height: number
            ) {}
            public getContext = () => ({ drawImage: () => undefined, getImageData: () => photo });
        }
    );
}

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
            const frame = {
                image: { close: () => undefined },
                width: photo.width,
                height: photo.height,
                timeMs: (timeMs += FRAME_MS),
                intrinsics: intrinsicsFromFieldOfView(photo.width, photo.height),
            } as unknown as SourceFrame;
            expect(await host.processAsync(frame, buffer, asks ? meshes : null)).toBe(1);
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
