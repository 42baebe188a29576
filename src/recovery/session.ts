// Owns onnxruntime: one network on one backend, a typed array in, typed arrays out.

import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import { HandTrackingError } from "../errors";
import type { Model } from "./modelStore";

/** Where a network runs. */
export type Backend = "webgpu" | "wasm";

/** The part of onnxruntime that is used; either of its builds. */
export interface OrtModule {
    InferenceSession: { create(data: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
    Tensor: TensorConstructor;
    env: { wasm: { numThreads?: number; wasmPaths?: unknown }; logLevel?: string };
}

/** How onnxruntime is set up, the same for all sessions of one backend. */
export interface RuntimeOptions {
    /** Folder of the .wasm files; undefined leaves it to the bundler. */
    wasmBaseUrl?: string;
    /** Threads of the WASM backend. */
    threads: number;
}

/** Loads the build of onnxruntime for a backend; only what is used is fetched. */
export async function loadRuntimeAsync(backend: Backend, options: RuntimeOptions): Promise<OrtModule> {
    const ort = (backend === "webgpu"
        ? await import("onnxruntime-web/webgpu")
        : await import("onnxruntime-web/wasm")) as unknown as OrtModule;
    ort.env.wasm.numThreads = options.threads;
    ort.env.logLevel = "error";
    if (options.wasmBaseUrl) {
        ort.env.wasm.wasmPaths = options.wasmBaseUrl;
    }
    return ort;
}

/** One network, ready to run. */
export class NetworkSession {
    /** Input to be filled before `runAsync`: 3 x N x N floats. */
    public readonly input: Float32Array;

    private constructor(
        private readonly _ort: OrtModule,
        private readonly _session: InferenceSession,
        private readonly _inputName: string,
        private readonly _inputSize: number
    ) {
        this.input = new Float32Array(3 * _inputSize * _inputSize);
    }

    /**
     * @param device a WebGPU device of your own, for the `webgpu` backend
     * @throws HandTrackingError `backend-unavailable` where onnxruntime refuses the network
     */
    public static async createAsync(
        ort: OrtModule,
        model: Model,
        backend: Backend,
        device?: GPUDevice
    ): Promise<NetworkSession> {
        const { input, file } = model.manifest;
        try {
            const session = await ort.InferenceSession.create(model.data, {
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
            });
            return new NetworkSession(ort, session, input.name, input.size);
        } catch (cause) {
            throw new HandTrackingError(
                "backend-unavailable",
                `onnxruntime could not load ${file} on ${backend}: ${String(cause)}. Try the other backend.`,
                true,
                { cause }
            );
        }
    }

    /**
     * Runs the network on `input`; the outputs are valid until the next run.
     * @param wanted names of the outputs that are read back; all of them if not given
     */
    public async runAsync(wanted?: readonly string[]): Promise<Record<string, Float32Array>> {
        const tensor = new this._ort.Tensor("float32", this.input, [1, 3, this._inputSize, this._inputSize]);
        const feeds = { [this._inputName]: tensor };
        const results = await (wanted ? this._session.run(feeds, wanted) : this._session.run(feeds));
        const outputs: Record<string, Float32Array> = {};
        for (const [name, value] of Object.entries(results)) {
            outputs[name] = (await value.getData(true)) as Float32Array;
        }
        return outputs;
    }

    public async disposeAsync(): Promise<void> {
        await this._session.release();
    }
}
