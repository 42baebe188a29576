// Owns onnxruntime: one network on one backend, a typed array in, typed arrays out.

import type { InferenceSession, TensorConstructor, TensorFactory } from "onnxruntime-common";
import { decodeBase64 } from "../base64";
import { HandTrackingError } from "../errors";
import { loadCoreAsync, startOnCoreAsync } from "./coreRuntime";
import type { Manifest } from "./manifest";
import type { Model } from "./modelStore";
import { WARM_UP_NETWORK, WARM_UP_SIZE } from "./warmUpNetwork";

/** Where a network runs. */
export type Backend = "webgpu" | "wasm";

/** The part of onnxruntime that is used; either of its builds. */
export interface OrtModule {
    InferenceSession: { create(data: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
    Tensor: TensorConstructor & TensorFactory;
    env: {
        versions: { web?: string };
        wasm: { numThreads?: number; wasmPaths?: unknown; wasmBinary?: ArrayBufferLike | Uint8Array };
        logLevel?: string;
    };
}

/** How onnxruntime is set up, the same for all sessions of one backend. */
export interface RuntimeOptions {
    /** Folder of onnxruntime's .wasm files; undefined leaves it to the bundler. */
    wasmBaseUrl?: string;
    /** Folder in which the parts of its WASM may lie (coreRuntime.ts), which are taken if `wasmBaseUrl` is not given. */
    partsBaseUrl?: string;
    /** Threads that the WASM backend may have. */
    threads: number;
}

/** Runs of the warm-up network: what it spends its time in is then on its way to the browser's better compiler. */
const WARM_UP_RUNS = 4;

/**
 * Loads the smallest build of onnxruntime that has the backend, and compiles its WASM: it may take as long as the models, which
 * come meanwhile. Only what is used is fetched.
 * @throws HandTrackingError `backend-unavailable`
 */
export async function loadRuntimeAsync(backend: Backend, options: RuntimeOptions): Promise<OrtModule> {
    const { threads, wasmBaseUrl, partsBaseUrl } = options;
    // Before the core: a small file, which nobody should have to wait for behind a large one.
    const importing = importBuildAsync(backend);
    const hasParts = backend === "wasm" && !wasmBaseUrl && partsBaseUrl !== undefined;
    const coming = hasParts ? loadCoreAsync(partsBaseUrl, threads) : null;
    const ort = (await importing) as OrtModule;
    ort.env.logLevel = "error";
    if (wasmBaseUrl) {
        ort.env.wasm.wasmPaths = wasmBaseUrl;
    }
    ort.env.wasm.numThreads = threads;
    const core = await coming;
    const start = (): Promise<void> => startAsync(ort, backend);
    try {
        await (core ? startOnCoreAsync(ort, core, partsBaseUrl!, start) : start());
    } catch (cause) {
        throw new HandTrackingError(
            "backend-unavailable",
            `onnxruntime's WASM could not be started: ${String(cause)}. Check that its .wasm files are served${wasmBaseUrl ? ` from ${wasmBaseUrl}` : ""} and that the page's security policy allows WebAssembly.`,
            true,
            { cause }
        );
    }
    return ort;
}

/** onnxruntime fetches and compiles its WASM for its first session only. */
async function startAsync(ort: OrtModule, backend: Backend): Promise<void> {
    const session = await ort.InferenceSession.create(decodeBase64(WARM_UP_NETWORK), { executionProviders: ["wasm"] });
    if (backend === "wasm") {
        await warmUpAsync(ort, session);
    }
    await session.release();
}

async function warmUpAsync(ort: OrtModule, session: InferenceSession): Promise<void> {
    const shape = [1, 3, WARM_UP_SIZE, WARM_UP_SIZE];
    const x = new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)), shape);
    for (let run = 0; run < WARM_UP_RUNS; run++) {
        await session.run({ x });
    }
}

/**
 * A session of onnxruntime.
 * @param device a WebGPU device of your own, for the `webgpu` backend
 * @param capturesGraph record the first run's commands and replay them: inputs and outputs must then be the same GPU buffers in
 * every run
 * @throws HandTrackingError `backend-unavailable` where onnxruntime refuses the network
 */
export async function createSessionAsync(
    ort: OrtModule,
    { manifest, data }: Model<Manifest>,
    backend: Backend,
    device?: GPUDevice,
    capturesGraph = false
): Promise<InferenceSession> {
    try {
        return await ort.InferenceSession.create(data, {
            // NCHW must be said: onnxruntime otherwise transposes around every kernel.
            executionProviders:
                backend === "webgpu"
                    ? [
                          {
                              name: "webgpu",
                              device,
                              preferredLayout: "NCHW",
                          } as InferenceSession.ExecutionProviderConfig,
                      ]
                    : ["wasm"],
            graphOptimizationLevel: "all",
            // Weights that are stored in integers are multiplied out once, not kept for kernels that compute in integers.
            extra: { session: { disable_quant_qdq: "1" } },
            enableGraphCapture: capturesGraph,
            // Graphs of one shape are simpler, and only they can be captured; WASM takes crops of other sizes as they come.
            freeDimensionOverrides: backend === "webgpu" ? fixedSides(manifest) : undefined,
        });
    } catch (cause) {
        throw new HandTrackingError(
            "backend-unavailable",
            `onnxruntime could not load ${manifest.file} on ${backend}: ${String(cause)}. Try the other backend.`,
            true,
            { cause }
        );
    }
}

/** What the side of the crop is called where a network leaves it open (`models/training/recoverer.py`). */
const OPEN_SIDE = "side";

function fixedSides(manifest: Manifest): Record<string, number> | undefined {
    return manifest.kind === "texture" ? undefined : { [OPEN_SIDE]: manifest.input.size };
}

/** WebGPU's calls wait in the middle of WASM code: browsers that can suspend it need no build that emulates this, of half the size again. */
function importBuildAsync(backend: Backend): Promise<unknown> {
    if (backend === "wasm") {
        return import("onnxruntime-web/wasm");
    }
    return "Suspending" in WebAssembly ? import("onnxruntime-web/jspi") : import("onnxruntime-web/webgpu");
}

/** One network whose inputs and outputs are on the CPU, ready to run. */
export class NetworkSession {
    /** Inputs by name, to be filled before `runAsync`. */
    public readonly inputs: Readonly<Record<string, Float32Array>>;
    /** The first of them; of a network that looks at a picture the only one: 3 x N x N floats. */
    public readonly input: Float32Array;

    private constructor(
        private readonly _ort: OrtModule,
        private readonly _session: InferenceSession,
        private readonly _shapes: Readonly<Record<string, readonly number[]>>
    ) {
        this.inputs = Object.fromEntries(
            Object.entries(_shapes).map(([name, shape]) => [name, new Float32Array(shape.reduce((a, b) => a * b))])
        );
        [this.input] = Object.values(this.inputs);
    }

    /** As `createSessionAsync`. */
    public static async createAsync(
        ort: OrtModule,
        model: Model<Manifest>,
        backend: Backend,
        device?: GPUDevice
    ): Promise<NetworkSession> {
        const session = await createSessionAsync(ort, model, backend, device);
        return new NetworkSession(ort, session, inputShapes(model.manifest));
    }

    /**
     * Runs the network; the outputs are valid until the next run.
     * @param wanted names of the outputs that are read back; all of them if not given
     */
    public runAsync(wanted?: readonly string[]): Promise<Record<string, Float32Array>> {
        const feeds: Record<string, InstanceType<TensorConstructor>> = {};
        for (const name in this.inputs) {
            feeds[name] = new this._ort.Tensor("float32", this.inputs[name], this._shapes[name]);
        }
        return this._runAsync(feeds, wanted);
    }

    /**
     * Likewise, of a network that looks at a picture.
     * @param name of its input
     * @param picture what it looks at instead of `input`: 3 x S x S planes
     * @param size S, where the network leaves it open another than the manifest's
     */
    public lookAsync(
        name: string,
        picture: Float32Array,
        size: number,
        wanted: readonly string[]
    ): Promise<Record<string, Float32Array>> {
        return this._runAsync({ [name]: new this._ort.Tensor("float32", picture, [1, 3, size, size]) }, wanted);
    }

    public async disposeAsync(): Promise<void> {
        await this._session.release();
    }

    private async _runAsync(
        feeds: Record<string, InstanceType<TensorConstructor>>,
        wanted?: readonly string[]
    ): Promise<Record<string, Float32Array>> {
        const results = await (wanted ? this._session.run(feeds, wanted) : this._session.run(feeds));
        const outputs: Record<string, Float32Array> = {};
        for (const [name, value] of Object.entries(results)) {
            outputs[name] = (await value.getData(true)) as Float32Array;
        }
        return outputs;
    }
}

function inputShapes(manifest: Manifest): Record<string, readonly number[]> {
    if (manifest.kind === "texture") {
        return manifest.inputs;
    }
    const { name, size } = manifest.input;
    return { [name]: [1, 3, size, size] };
}
