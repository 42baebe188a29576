// Which backend runs the networks: what there is, and what measures faster here.

import { HandTrackingError } from "../errors";
import type { TextureManifest } from "../recovery/manifest";
import type { Model } from "../recovery/modelStore";
import { loadRuntimeAsync, NetworkSession, type Backend, type OrtModule } from "../recovery/session";
import type { BackendReport } from "./protocol";

/** Runs that are not timed (shaders compile, memory is taken) and runs that are. */
const WARM_UP_RUNS = 2;
const TIMED_RUNS = 4;
/** More threads than this do not pay for networks this small. */
const MAX_THREADS = 4;

/** The two networks on one backend. */
export interface Networks {
    palm: NetworkSession;
    hand: NetworkSession;
    report: BackendReport;
    /** The WebGPU device, which is ours; null on WASM. */
    device: GPUDevice | null;
    /** The build of onnxruntime that they run on. */
    ort: OrtModule;
}

/** Another network for hands beside the ones that run. @throws HandTrackingError `backend-unavailable` */
export function createHandSessionAsync({ ort, device, report }: Networks, model: Model): Promise<NetworkSession> {
    return NetworkSession.createAsync(ort, model, report.backend, device ?? undefined);
}

/**
 * The network of textures, on WASM whatever the others run on: it is small and runs seldom, and so the GPU's shaders need
 * not be compiled for it, and it outlasts a lost device.
 * @throws HandTrackingError `backend-unavailable`
 */
export function createTextureSessionAsync({ ort }: Networks, model: Model<TextureManifest>): Promise<NetworkSession> {
    return NetworkSession.createAsync(ort, model, "wasm");
}

/**
 * Puts the networks on a backend.
 * @throws HandTrackingError `backend-unavailable`
 */
export async function createNetworksAsync(
    wanted: "auto" | Backend,
    models: readonly [palm: Model, hand: Model],
    wasmBaseUrl?: string
): Promise<Networks> {
    if (wanted === "wasm") {
        return createOnWasmAsync(models, wasmBaseUrl, "WASM was asked for");
    }
    const adapter = await findAdapterAsync(wanted === "webgpu");
    if (typeof adapter === "string") {
        if (wanted === "webgpu") {
            throw new HandTrackingError(
                "backend-unavailable",
                `WebGPU was asked for, but ${adapter}. Use backend "auto" or "wasm".`
            );
        }
        return createOnWasmAsync(models, wasmBaseUrl, adapter);
    }
    if (wanted === "webgpu") {
        const gpu = await createOnWebGpuAsync(adapter, models, wasmBaseUrl);
        return { ...gpu, report: { backend: "webgpu", reason: "WebGPU was asked for", threads: 1 } };
    }
    try {
        return await fasterAsync(await createOnWebGpuAsync(adapter, models, wasmBaseUrl), models, wasmBaseUrl);
    } catch (cause) {
        return createOnWasmAsync(models, wasmBaseUrl, `WebGPU failed to start: ${(cause as Error).message}`);
    }
}

/** An adapter, or the reason why there is none. */
async function findAdapterAsync(software: boolean): Promise<GPUAdapter | string> {
    if (typeof navigator === "undefined" || !navigator.gpu) {
        return "this browser has no WebGPU";
    }
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) {
        return "WebGPU found no adapter";
    }
    if (!software && (adapter.info.isFallbackAdapter || adapter.info.architecture === "swiftshader")) {
        return "the only WebGPU adapter is a software one";
    }
    return adapter;
}

type OnDevice = Omit<Networks, "report">;

async function createOnWebGpuAsync(
    adapter: GPUAdapter,
    models: readonly [Model, Model],
    wasmBaseUrl?: string
): Promise<OnDevice> {
    const ort = await loadRuntimeAsync("webgpu", { wasmBaseUrl, threads: 1 });
    const {
        maxBufferSize,
        maxStorageBufferBindingSize,
        maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupStorageSize,
    } = adapter.limits;
    const { maxComputeWorkgroupSizeX, maxComputeWorkgroupSizeY, maxStorageBuffersPerShaderStage } = adapter.limits;
    const device = await adapter.requestDevice({
        requiredLimits: {
            maxBufferSize,
            maxStorageBufferBindingSize,
            maxComputeInvocationsPerWorkgroup,
            maxComputeWorkgroupStorageSize,
            maxComputeWorkgroupSizeX,
            maxComputeWorkgroupSizeY,
            maxStorageBuffersPerShaderStage,
        },
        requiredFeatures: (["shader-f16", "subgroups"] as GPUFeatureName[]).filter((feature) =>
            adapter.features.has(feature)
        ),
    });
    const palm = await NetworkSession.createAsync(ort, models[0], "webgpu", device);
    const hand = await NetworkSession.createAsync(ort, models[1], "webgpu", device);
    return { palm, hand, device, ort };
}

async function createOnWasmAsync(
    models: readonly [Model, Model],
    wasmBaseUrl: string | undefined,
    reason: string
): Promise<Networks> {
    const threads = globalThis.crossOriginIsolated
        ? Math.min(MAX_THREADS, Math.max(1, (navigator.hardwareConcurrency ?? 2) >> 1))
        : 1;
    const ort = await loadRuntimeAsync("wasm", { wasmBaseUrl, threads });
    const palm = await NetworkSession.createAsync(ort, models[0], "wasm");
    const hand = await NetworkSession.createAsync(ort, models[1], "wasm");
    return { palm, hand, device: null, ort, report: { backend: "wasm", reason, threads } };
}

async function timeAsync(session: NetworkSession): Promise<number> {
    for (let run = 0; run < WARM_UP_RUNS; run++) {
        await session.runAsync();
    }
    const start = performance.now();
    for (let run = 0; run < TIMED_RUNS; run++) {
        await session.runAsync();
    }
    return (performance.now() - start) / TIMED_RUNS;
}

/** Times the hand network on the GPU and on WASM (of the same onnxruntime build) and keeps the faster. */
async function fasterAsync(gpu: OnDevice, models: readonly [Model, Model], wasmBaseUrl?: string): Promise<Networks> {
    const onWasm = await NetworkSession.createAsync(gpu.ort, models[1], "wasm");
    const gpuMs = await timeAsync(gpu.hand);
    const wasmMs = await timeAsync(onWasm);
    const figures = `WebGPU takes ${gpuMs.toFixed(1)} ms a hand, WASM ${wasmMs.toFixed(1)} ms`;
    await onWasm.disposeAsync();
    if (gpuMs <= wasmMs) {
        return { ...gpu, report: { backend: "webgpu", reason: figures, threads: 1 } };
    }
    await gpu.palm.disposeAsync();
    await gpu.hand.disposeAsync();
    gpu.device?.destroy();
    return createOnWasmAsync(models, wasmBaseUrl, figures);
}
