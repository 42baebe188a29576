// Starts onnxruntime with the core of its WASM in the place of the whole, where both parts are served and can be put together.

import { HandTrackingError } from "../errors";
import type { OrtModule } from "./session";
import { hookConvolutions, instantiateCoreAsync, SPLIT_VERSION, splitFile } from "./splitRuntime";

/** One thread on the core takes as long as so many on the whole, which has not our convolutions. */
const WORTH_THREADS = 2;

/**
 * Fetches and compiles the core, which runs on one thread, as others would need a table each.
 * @param threads that the whole could have
 * @returns null where the core is not served, where the whole is faster, and where it can't be used: WASM code waits for the rest
 * while that is fetched and compiled, which only workers may do
 */
export async function loadCoreAsync(baseUrl: string, threads: number): Promise<WebAssembly.Module | null> {
    if (threads > WORTH_THREADS || typeof document !== "undefined" || typeof XMLHttpRequest === "undefined") {
        return null;
    }
    try {
        return await WebAssembly.compileStreaming(fetch(new URL(splitFile("core"), baseUrl)));
    } catch {
        // Hosts answer with a page or 404: the models alone were copied. onnxruntime's own file does as well.
        return null;
    }
}

/**
 * Runs `start`, in which onnxruntime instantiates its WASM, and hands it the core, with our convolutions.
 * @param baseUrl where the rest is
 * @param prepare what is done with the instance and its memory before onnxruntime has it
 * @throws what `start` throws
 */
export async function startOnCoreAsync<T>(
    ort: OrtModule,
    core: WebAssembly.Module,
    baseUrl: string,
    start: () => Promise<T>,
    prepare = hookConvolutions
): Promise<T> {
    if (ort.env.versions.web !== SPLIT_VERSION) {
        return start();
    }
    // onnxruntime takes bytes, not compiled modules: these stand for the core.
    const standIn = new ArrayBuffer(1);
    const { instantiate } = WebAssembly;
    const instantiateInstead = async (source: unknown, imports: WebAssembly.Imports): Promise<unknown> => {
        if (!(source instanceof Uint8Array) || source.buffer !== standIn) {
            return instantiate(source as WebAssembly.Module, imports);
        }
        const instance = await instantiateCoreAsync(core, imports, () => readRest(new URL(splitFile("rest"), baseUrl)));
        prepare(instance, memoryOf(imports));
        return { instance, module: core };
    };
    WebAssembly.instantiate = instantiateInstead as typeof instantiate;
    ort.env.wasm.wasmBinary = standIn;
    ort.env.wasm.numThreads = 1;
    try {
        return await start();
    } finally {
        WebAssembly.instantiate = instantiate;
    }
}

function memoryOf(imports: WebAssembly.Imports): WebAssembly.Memory {
    const values = Object.values(imports).flatMap((module) => Object.values(module));
    return values.find((value) => value instanceof WebAssembly.Memory)!;
}

function readRest(url: URL): Uint8Array<ArrayBuffer> {
    const request = new XMLHttpRequest();
    request.open("GET", url, false);
    request.responseType = "arraybuffer";
    let why: string;
    try {
        request.send();
        if (request.status === 200) {
            return new Uint8Array(request.response as ArrayBuffer);
        }
        why = `the server answered ${request.status}`;
    } catch (cause) {
        why = String(cause);
    }
    throw new HandTrackingError(
        "backend-unavailable",
        `A part of onnxruntime's WASM, ${url.href}, could not be read: ${why}. Serve it beside ${splitFile("core")}, or neither.`
    );
}
