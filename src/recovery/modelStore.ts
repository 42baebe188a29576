// Fetches models with their manifests and refuses what does not match.

import { HandTrackingError } from "../errors";
import type { ModelCache } from "./modelCache";
import { parseManifest, type Manifest, type ModelManifest, type TextureManifest } from "./manifest";

/** Bytes so far and in all, over all models of one start. */
export type ProgressCallback = (loadedBytes: number, totalBytes: number) => void;

/**
 * Reads a file: over the network, or from disk in Node.
 * @param onBytes called with the number of bytes of every chunk
 * @throws HandTrackingError `model-missing`
 */
export type FetchBytes = (name: string, onBytes?: (count: number) => void) => Promise<Uint8Array>;

/** A checked model file. */
export interface Model<M extends Manifest = ModelManifest> {
    manifest: M;
    data: Uint8Array;
}

/** Reads files below a URL. */
export function fetchBytesFrom(baseUrl: string): FetchBytes {
    return async (name, onBytes) => {
        const url = new URL(name, baseUrl).href;
        let response: Response;
        try {
            // onnxruntime's WASM, which is compiled and started while models come, goes first where the server minds priorities.
            response = await fetch(url, { priority: "low" });
        } catch (cause) {
            throw missing(url, String(cause), cause);
        }
        if (!response.ok || !response.body) {
            throw missing(url, `the server answered ${response.status}`);
        }
        const chunks: Uint8Array[] = [];
        let total = 0;
        const reader = response.body.getReader();
        for (;;) {
            let chunk: ReadableStreamReadResult<Uint8Array>;
            try {
                chunk = await reader.read();
            } catch (cause) {
                throw missing(url, `the connection broke after ${total} bytes`, cause);
            }
            if (chunk.done) {
                break;
            }
            chunks.push(chunk.value);
            total += chunk.value.byteLength;
            onBytes?.(chunk.value.byteLength);
        }
        const data = new Uint8Array(total);
        let at = 0;
        for (const chunk of chunks) {
            data.set(chunk, at);
            at += chunk.byteLength;
        }
        return data;
    };
}

function missing(url: string, why: string, cause?: unknown): HandTrackingError {
    return new HandTrackingError(
        "model-missing",
        `The model file ${url} could not be read: ${why}. Serve the package's models folder and set modelBaseUrl to it.`,
        true,
        { cause }
    );
}

/**
 * Loads the named detectors and recoverers and checks each against its manifest.
 * @param cache where those of earlier visits are, and where these are kept
 * @throws HandTrackingError `model-missing`, `model-invalid` or `model-damaged`
 */
export function loadModelsAsync(
    names: readonly string[],
    fetchBytes: FetchBytes,
    onProgress?: ProgressCallback,
    cache?: ModelCache
): Promise<Model[]> {
    return Promise.all(startLoading(names, fetchBytes, onProgress, cache));
}

/** The same, of each model for itself: the first can be put to use while the others are on their way. */
export function startLoading(
    names: readonly string[],
    fetchBytes: FetchBytes,
    onProgress?: ProgressCallback,
    cache?: ModelCache
): Promise<Model>[] {
    const manifests = Promise.all(names.map((name) => fetchModelManifestAsync(name, fetchBytes)));
    let loadedBytes = 0;
    const loadAsync = async (index: number): Promise<Model> => {
        const all = await manifests;
        const totalBytes = all.reduce((sum, { bytes }) => sum + bytes, 0);
        const manifest = all[index];
        const count = (bytes: number): void => {
            loadedBytes += bytes;
            onProgress?.(loadedBytes, totalBytes);
        };
        return { manifest, data: await loadFileAsync(manifest, fetchBytes, count, cache) };
    };
    const models = names.map((_, index) => loadAsync(index));
    for (const model of models) {
        // Whoever waits for one model and is disappointed may never come to the next.
        model.catch(() => undefined);
    }
    return models;
}

/**
 * Loads a texture network and checks it against its manifest.
 * @throws HandTrackingError `model-missing`, `model-invalid` or `model-damaged`
 */
export async function loadTextureModelAsync(
    name: string,
    fetchBytes: FetchBytes,
    cache?: ModelCache
): Promise<Model<TextureManifest>> {
    const manifest = await fetchManifestAsync(name, fetchBytes);
    if (manifest.kind !== "texture") {
        throw ofWrongKind(name, manifest.kind, "a texture network");
    }
    return { manifest, data: await loadFileAsync(manifest, fetchBytes, () => undefined, cache) };
}

/** A file that matches its manifest: one that was kept, or a new one. */
async function loadFileAsync(
    manifest: Manifest,
    fetchBytes: FetchBytes,
    onBytes: (count: number) => void,
    cache?: ModelCache
): Promise<Uint8Array> {
    const kept = await cache?.readAsync(manifest);
    if (kept && (await problemOf(manifest, kept)) === null) {
        onBytes(kept.byteLength);
        return kept;
    }
    const data = await fetchBytes(manifest.file, onBytes);
    const problem = await problemOf(manifest, data);
    if (problem) {
        throw damaged(manifest, problem);
    }
    // Nobody waits for it.
    void cache?.writeAsync(manifest, data);
    return data;
}

async function fetchManifestAsync(name: string, fetchBytes: FetchBytes): Promise<Manifest> {
    const file = `${name}.json`;
    return parseManifest(new TextDecoder().decode(await fetchBytes(file)), file);
}

async function fetchModelManifestAsync(name: string, fetchBytes: FetchBytes): Promise<ModelManifest> {
    const manifest = await fetchManifestAsync(name, fetchBytes);
    if (manifest.kind === "texture") {
        throw ofWrongKind(name, manifest.kind, "a detector or recoverer");
    }
    return manifest;
}

function ofWrongKind(name: string, kind: string, expected: string): HandTrackingError {
    return new HandTrackingError(
        "model-invalid",
        `${name}.json: kind is ${kind}, where ${expected} is expected; give the name of such a model.`
    );
}

/** What a file differs from its manifest by; null where it does not. */
async function problemOf(manifest: Manifest, data: Uint8Array): Promise<string | null> {
    if (data.byteLength !== manifest.bytes) {
        return `it has ${data.byteLength} bytes, ${manifest.bytes} are expected`;
    }
    // Pages over plain http have no hashes; the size is what can be told there.
    if (!(crypto.subtle as SubtleCrypto | undefined)) {
        return null;
    }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data as BufferSource));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return sha256 === manifest.sha256 ? null : `its SHA-256 is ${sha256}, ${manifest.sha256} is expected`;
}

function damaged(manifest: Manifest, why: string): HandTrackingError {
    return new HandTrackingError(
        "model-damaged",
        `The model file ${manifest.file} is not the one that its manifest describes: ${why}. Fetch it again, or copy it from the package.`
    );
}
