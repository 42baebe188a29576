import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { HandTrackingError } from "../../src/errors";
import { createRecoveredHand, STATE_LENGTH } from "../../src/hand/recoveredHand";
import { createModelCache, type CacheStore } from "../../src/recovery/modelCache";
import { parseManifest, type ModelManifest, type StateLayout } from "../../src/recovery/manifest";
import { loadModelsAsync, loadTextureModelAsync, type FetchBytes, type Model } from "../../src/recovery/modelStore";
import { decodeState } from "../../src/recovery/recoverer";

const MODELS = fileURLToPath(new URL("../../models/", import.meta.url));

/** Reads the real models, with the file's bytes changed on the way. */
const fetchChanged =
    (change: (bytes: Uint8Array, name: string) => Uint8Array): FetchBytes =>
    async (name, onBytes) => {
        const bytes = new Uint8Array(await readFile(MODELS + name));
        onBytes?.(bytes.byteLength);
        return change(bytes, name);
    };

async function codeOf(promise: Promise<unknown>): Promise<[string, string]> {
    const error = await promise.then(
        () => null,
        (reason: unknown) => reason
    );
    expect(error).toBeInstanceOf(HandTrackingError);
    return [(error as HandTrackingError).code, (error as HandTrackingError).message];
}

describe("model store", () => {
    it("loads models that match their manifests and reports all bytes", async () => {
        const progress: number[] = [];
        const models = await loadModelsAsync(
            ["palm", "mediapipe"],
            fetchChanged((bytes) => bytes),
            (loaded, total) => progress.push(loaded / total)
        );
        expect(models.map((model) => model.manifest.kind)).toEqual(["detector", "recoverer"]);
        expect(progress.at(-1)).toBe(1);
    });

    it("refuses a file with one bit flipped", async () => {
        const [code, message] = await codeOf(
            loadModelsAsync(
                ["palm"],
                fetchChanged((bytes, name) => {
                    if (name.endsWith(".onnx")) {
                        bytes[1000] ^= 1;
                    }
                    return bytes;
                })
            )
        );
        expect(code).toBe("model-damaged");
        expect(message).toContain("SHA-256");
    });

    it("loads on pages over plain http, which have no hashes, and refuses files of another size there", async () => {
        vi.stubGlobal("crypto", {});
        const load = (change: (bytes: Uint8Array, name: string) => Uint8Array): Promise<Model[]> =>
            loadModelsAsync(["palm"], fetchChanged(change));
        try {
            expect((await load((bytes) => bytes))[0].manifest.name).toBe("palm");
            const cut = load((bytes, name) => (name.endsWith(".onnx") ? bytes.subarray(1) : bytes));
            expect((await codeOf(cut))[0]).toBe("model-damaged");
        } finally {
            vi.unstubAllGlobals();
        }
    });

    it("refuses a truncated file and says how long it is", async () => {
        const [code, message] = await codeOf(
            loadModelsAsync(
                ["palm"],
                fetchChanged((bytes, name) => (name.endsWith(".onnx") ? bytes.subarray(0, 5000) : bytes))
            )
        );
        expect(code).toBe("model-damaged");
        expect(message).toContain("5000 bytes");
    });

    it("says that a page was served instead of a manifest", async () => {
        const page = new TextEncoder().encode("<!doctype html><title>Not found</title>");
        const [code, message] = await codeOf(loadModelsAsync(["palm"], async () => page));
        expect(code).toBe("model-invalid");
        expect(message).toContain("<!doctype html>");
    });

    it("refuses manifests with a wrong kind, hash or layout", () => {
        const valid = {
            name: "x",
            kind: "recoverer",
            file: "x.onnx",
            sha256: "0".repeat(64),
            bytes: 1,
            input: { name: "image", size: 224 },
            outputs: {},
            layout: { length: STATE_LENGTH },
            windowWidth: false,
        };
        expect(() => parseManifest(JSON.stringify(valid), "x.json")).not.toThrow();
        for (const change of [
            { kind: "other" },
            { sha256: "abc" },
            { bytes: 0 },
            { layout: { length: 7 } },
            { input: {} },
        ]) {
            expect(() => parseManifest(JSON.stringify({ ...valid, ...change }), "x.json")).toThrow(HandTrackingError);
        }
    });

    it("refuses a detector whose outputs are not those of its size, or that has no maps at its coarse one", async () => {
        const palm = JSON.parse(await readFile(`${MODELS}palm.json`, "utf8")) as ModelManifest;
        const other = { ...palm, input: { ...palm.input, size: palm.input.size + 32 } };
        expect(() => parseManifest(JSON.stringify(palm), "palm.json")).not.toThrow();
        expect(() => parseManifest(JSON.stringify(other), "palm.json")).toThrow(/boxes of its outputs has the shape/);
        const odd = { ...palm, input: { ...palm.input, coarseSize: 100 } };
        expect(() => parseManifest(JSON.stringify(odd), "palm.json")).toThrow("coarseSize is 100, no multiple of 32");
    });
});

describe("the model of a texture network", () => {
    const asItIs = fetchChanged((bytes) => bytes);

    it("is loaded by its own name, and not taken for a recoverer", async () => {
        const { manifest, data } = await loadTextureModelAsync("amvur-texture", asItIs);
        expect([manifest.kind, data.byteLength]).toEqual(["texture", manifest.bytes]);
        for (const wrong of [
            () => loadModelsAsync(["palm", "amvur-texture"], asItIs),
            () => loadTextureModelAsync("camera-space", asItIs),
        ]) {
            const [code, message] = await codeOf(wrong());
            console.log(message);
            expect(code).toBe("model-invalid");
        }
    });

    it("is refused with one bit flipped", async () => {
        const changed = fetchChanged((bytes, name) => {
            if (name.endsWith(".onnx")) {
                bytes[1000] ^= 1;
            }
            return bytes;
        });
        expect((await codeOf(loadTextureModelAsync("amvur-texture", changed)))[0]).toBe("model-damaged");
    });

    it("is refused with other inputs, outputs or no hash, by what is wrong with them", async () => {
        const text = await readFile(`${MODELS}amvur-texture.json`, "utf8");
        const valid = JSON.parse(text) as { inputs: object };
        expect(() => parseManifest(text, "x.json")).not.toThrow();
        for (const [change, said] of [
            [{ inputs: undefined }, "colours of its inputs has the shape [missing]"],
            [{ inputs: { ...valid.inputs, colours: [1, 778, 3] } }, "colours of its inputs has the shape [1,778,3]"],
            [{ inputs: { ...valid.inputs, seen: [1159] } }, "seen of its inputs"],
            [{ outputs: { texture: [1, 1159, 3] } }, "[1,1159,4] is expected"],
            [{ sha256: "abc" }, "sha256"],
        ] as const) {
            expect(() => parseManifest(JSON.stringify({ ...valid, ...change }), "x.json")).toThrow(said);
        }
    });
});

describe("a network's state", () => {
    const layout: StateLayout = {
        keypoints: 0,
        crop: 63,
        logSigma: 105,
        logWindowWidth: 126,
        presence: 127,
        handedness: 128,
        length: 129,
    };

    it("is decoded by its layout, logits through the logistic function", () => {
        const state = Float32Array.from({ length: STATE_LENGTH }, (_, i) => i / 1000);
        state[127] = 0;
        state[128] = 2;
        const out = createRecoveredHand();
        decodeState(state, layout, false, out);
        expect(out.crop[0]).toBeCloseTo(0.063, 6);
        expect(out.presence).toBe(0.5);
        expect(out.rightness).toBeCloseTo(0.8808, 4);
        expect(out.logWindowWidth).toBeNaN();
    });

    it("with a NaN is refused by its index, without stopping the tracker", () => {
        const state = new Float32Array(STATE_LENGTH);
        state[70] = NaN;
        try {
            decodeState(state, layout, false, createRecoveredHand());
            expect.unreachable();
        } catch (error) {
            expect(error).toMatchObject({ code: "network-output-invalid", fatal: false });
            expect((error as Error).message).toContain("70");
        }
    });
});

/** A browser's cache storage in memory. */
function memoryStore(): CacheStore & { kept: Map<string, Uint8Array> } {
    const kept = new Map<string, Uint8Array>();
    const cache = {
        match: async (key: string) => (kept.has(key) ? new Response(kept.get(key) as BodyInit) : undefined),
        keys: async () => [...kept.keys()].map((url) => ({ url })),
        delete: async (key: string) => kept.delete(key),
        put: async (key: string, response: Response) =>
            void kept.set(key, new Uint8Array(await response.arrayBuffer())),
    };
    return { kept, open: async () => cache as unknown as Cache };
}

describe("models of earlier visits", () => {
    const BASE = "https://site.example/models/";
    const real = fetchChanged((bytes) => bytes);

    /** Loads once more; which files were fetched, and the progress at the end. */
    async function visit(
        store: CacheStore,
        fetch: FetchBytes = real
    ): Promise<{ fetched: string[]; progress: number }> {
        const fetched: string[] = [];
        let progress = 0;
        await loadModelsAsync(
            ["palm"],
            (name, onBytes) => {
                fetched.push(name);
                return fetch(name, onBytes);
            },
            (loaded, total) => (progress = loaded / total),
            createModelCache(BASE, store)
        );
        // What is kept is kept beside.
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { fetched, progress };
    }

    it("are not fetched again: a second visit asks for the manifest alone", async () => {
        const store = memoryStore();
        const visits = [await visit(store), await visit(store)];
        console.log(JSON.stringify(visits));
        expect(visits[0].fetched).toEqual(["palm.json", "palm.onnx"]);
        expect(visits[1]).toEqual({ fetched: ["palm.json"], progress: 1 });
    });

    it("are fetched again where they were damaged, and put right", async () => {
        const store = memoryStore();
        await visit(store);
        const [key] = store.kept.keys();
        store.kept.get(key)![1000] ^= 1;
        const damaged = await visit(store);
        const after = await visit(store);
        console.log(`damaged: ${damaged.fetched.join()}; then ${after.fetched.join()}`);
        expect(damaged.fetched).toContain("palm.onnx");
        expect(after.fetched).toEqual(["palm.json"]);
    });

    it("make room for the next version of the same file, and for nothing that is damaged", async () => {
        const store = memoryStore();
        store.kept.set(`${BASE}palm.onnx?sha256=old`, new Uint8Array(3));
        store.kept.set(`${BASE}other.onnx?sha256=old`, new Uint8Array(3));
        await visit(store);
        const names = [...store.kept.keys()].map((key) => key.slice(BASE.length, BASE.length + 20));
        const broken = memoryStore();
        await visit(
            broken,
            fetchChanged((bytes, name) => (name.endsWith(".onnx") ? bytes.subarray(1) : bytes))
        ).catch(() => undefined);
        console.log(`kept ${names.join(" and ")}; of a damaged file ${broken.kept.size}`);
        expect(names).toHaveLength(2);
        expect(names).toContain("other.onnx?sha256=ol");
        expect(broken.kept.size).toBe(0);
    });

    it("are no condition: a storage that refuses, or none, changes nothing", async () => {
        const refusing: CacheStore = { open: () => Promise.reject(new DOMException("refused", "SecurityError")) };
        const { fetched } = await visit(refusing);
        const none = await createModelCache(BASE, null).readAsync({ file: "x", sha256: "y" } as never);
        expect(fetched).toEqual(["palm.json", "palm.onnx"]);
        expect(none).toBeNull();
    });
});
