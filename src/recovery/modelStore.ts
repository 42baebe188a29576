// Fetches models with their manifests and refuses what does not match.

import { HandTrackingError } from "../errors";
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
            response = await fetch(url);
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
 * @throws HandTrackingError `model-missing`, `model-invalid` or `model-damaged`
 */
export async function loadModelsAsync(
    names: readonly string[],
    fetchBytes: FetchBytes,
    onProgress?: ProgressCallback
): Promise<Model[]> {
    const manifests = await Promise.all(names.map((name) => fetchManifestAsync(name, fetchBytes)));
    for (const { kind, name } of manifests) {
        if (kind === "texture") {
            throw ofWrongKind(name, kind, "a detector or recoverer");
        }
    }
    const totalBytes = manifests.reduce((sum, manifest) => sum + manifest.bytes, 0);
    let loadedBytes = 0;
    return Promise.all(
        manifests.map(async (manifest) => {
            const data = await fetchBytes(manifest.file, (count) => {
                loadedBytes += count;
                onProgress?.(loadedBytes, totalBytes);
            });
            await verifyAsync(manifest, data);
            return { manifest: manifest as ModelManifest, data };
        })
    );
}

/**
 * Loads a texture network and checks it against its manifest.
 * @throws HandTrackingError `model-missing`, `model-invalid` or `model-damaged`
 */
export async function loadTextureModelAsync(name: string, fetchBytes: FetchBytes): Promise<Model<TextureManifest>> {
    const manifest = await fetchManifestAsync(name, fetchBytes);
    if (manifest.kind !== "texture") {
        throw ofWrongKind(name, manifest.kind, "a texture network");
    }
    const data = await fetchBytes(manifest.file);
    await verifyAsync(manifest, data);
    return { manifest, data };
}

async function fetchManifestAsync(name: string, fetchBytes: FetchBytes): Promise<Manifest> {
    const file = `${name}.json`;
    return parseManifest(new TextDecoder().decode(await fetchBytes(file)), file);
}

function ofWrongKind(name: string, kind: string, expected: string): HandTrackingError {
    return new HandTrackingError(
        "model-invalid",
        `${name}.json: kind is ${kind}, where ${expected} is expected; give the name of such a model.`
    );
}

async function verifyAsync(manifest: Manifest, data: Uint8Array): Promise<void> {
    if (data.byteLength !== manifest.bytes) {
        throw damaged(manifest, `it has ${data.byteLength} bytes, ${manifest.bytes} are expected`);
    }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data as BufferSource));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (sha256 !== manifest.sha256) {
        throw damaged(manifest, `its SHA-256 is ${sha256}, ${manifest.sha256} is expected`);
    }
}

function damaged(manifest: Manifest, why: string): HandTrackingError {
    return new HandTrackingError(
        "model-damaged",
        `The model file ${manifest.file} is not the one that its manifest describes: ${why}. Fetch it again, or copy it from the package.`
    );
}
