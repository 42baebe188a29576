// Which backend runs the networks: what there is, and what measures faster here.

import { HandTrackingError } from "../errors";
import { CpuPictureNetwork } from "../recovery/cpuPictureNetwork";
import { GpuCropper } from "../recovery/gpu/gpuCropper";
import { GpuDetectorNetwork } from "../recovery/gpu/gpuDetectorNetwork";
import { GpuPictureReader } from "../recovery/gpu/gpuPicture";
import { GpuPictureNetwork } from "../recovery/gpu/gpuPictureNetwork";
import { provePicturesAsync } from "../recovery/gpu/provePictures";
import type { TextureManifest } from "../recovery/manifest";
import type { Model } from "../recovery/modelStore";
import type { PictureReader } from "../recovery/picture";
import type { PictureNetwork } from "../recovery/pictureNetwork";
import { loadRuntimeAsync, NetworkSession, type Backend, type OrtModule } from "../recovery/session";
import { disagreementAsync } from "./agreement";
import { FrameReader } from "./frameReader";
import type { BackendReport } from "./protocol";

/** Runs that are not timed (shaders compile, memory is taken) and runs that are. */
const WARM_UP_RUNS = 2;
const TIMED_RUNS = 4;
/** Of what WASM takes in WebGPU's build, which has one thread and not our convolutions, in its own (docs/performance.md). */
const OWN_BUILD_SHARE = 0.45;
/** More threads than this do not pay for networks this small. */
const MAX_THREADS = 4;

/** What of the GPU networks share. */
interface Gpu {
    /** Ours: whoever gives the networks up destroys it. */
    device: GPUDevice;
    cropper: GpuCropper;
    /** Windows of one frame at most. */
    maxHands: number;
}

/** The two networks on one backend. */
export interface Networks {
    palm: PictureNetwork;
    hand: PictureNetwork;
    /** Brings frames to where they are. */
    reader: PictureReader;
    report: BackendReport;
    /** null on WASM */
    gpu: Gpu | null;
    /** The build of onnxruntime that they run on. */
    ort: OrtModule;
}

/** Models that may be on their way: onnxruntime starts meanwhile. */
export type ComingModels = readonly [palm: Promise<Model> | Model, hand: Promise<Model> | Model];

/** What networks are made for. */
export interface NetworkOptions {
    maxHands: number;
    /** Absolute URL of onnxruntime's .wasm folder; undefined leaves it to the bundler. */
    wasmBaseUrl?: string;
    /** Absolute URL of the models, beside which parts of onnxruntime's WASM may lie. */
    modelBaseUrl?: string;
}

/** Another network for hands beside the ones that run. @throws HandTrackingError `backend-unavailable` */
export function createHandNetworkAsync(
    { ort, gpu }: Pick<Networks, "ort" | "gpu">,
    model: Model
): Promise<PictureNetwork> {
    return gpu ? createOnGpuAsync(ort, gpu, model) : createOnCpuAsync(ort, model);
}

function createOnGpuAsync(ort: OrtModule, { device, cropper, maxHands }: Gpu, model: Model): Promise<PictureNetwork> {
    return GpuPictureNetwork.createAsync(ort, model, device, cropper, maxHands);
}

async function createOnCpuAsync(ort: OrtModule, model: Model): Promise<PictureNetwork> {
    return new CpuPictureNetwork(await NetworkSession.createAsync(ort, model, "wasm"), model.manifest.input);
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
    models: ComingModels,
    options: NetworkOptions
): Promise<Networks> {
    if (wanted === "wasm") {
        return createOnWasmAsync(models, options, "WASM was asked for");
    }
    const adapter = await findAdapterAsync(wanted === "webgpu");
    if (typeof adapter === "string") {
        if (wanted === "webgpu") {
            throw new HandTrackingError(
                "backend-unavailable",
                `WebGPU was asked for, but ${adapter}. Use backend "auto" or "wasm".`
            );
        }
        return createOnWasmAsync(models, options, adapter);
    }
    if (wanted === "webgpu") {
        const gpu = await createOnWebGpuAsync(adapter, models, options);
        return { ...gpu, report: { backend: "webgpu", reason: "WebGPU was asked for", threads: 1 } };
    }
    try {
        return await fasterAsync(await createOnWebGpuAsync(adapter, models, options), models, options);
    } catch (cause) {
        return createOnWasmAsync(models, options, `WebGPU failed to start: ${(cause as Error).message}`);
    }
}

/** An adapter, or the reason why there is none. */
async function findAdapterAsync(software: boolean): Promise<GPUAdapter | string> {
    if (typeof navigator === "undefined" || !navigator.gpu) {
        return "this browser has no WebGPU";
    }
    let adapter: GPUAdapter | null;
    try {
        adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    } catch (cause) {
        return `WebGPU refused an adapter (${String(cause)})`;
    }
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
    models: ComingModels,
    { wasmBaseUrl, maxHands }: NetworkOptions
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
    try {
        const gpu: Gpu = { device, cropper: new GpuCropper(device), maxHands };
        const reader = new GpuPictureReader(device);
        await provePicturesAsync(device, reader, gpu.cropper);
        const palm = await GpuDetectorNetwork.createAsync(ort, await models[0], device, gpu.cropper);
        const hand = await orDisposeAsync(palm, async () => createOnGpuAsync(ort, gpu, await models[1]));
        return { palm, hand, reader, gpu, ort };
    } catch (cause) {
        device.destroy();
        throw cause;
    }
}

async function createOnWasmAsync(
    models: ComingModels,
    { wasmBaseUrl, modelBaseUrl }: NetworkOptions,
    reason: string
): Promise<Networks> {
    const threads = globalThis.crossOriginIsolated
        ? Math.min(MAX_THREADS, Math.max(1, (navigator.hardwareConcurrency ?? 2) >> 1))
        : 1;
    const ort = await loadRuntimeAsync("wasm", { wasmBaseUrl, partsBaseUrl: modelBaseUrl, threads });
    const palm = await createOnCpuAsync(ort, await models[0]);
    const hand = await orDisposeAsync(palm, async () => createOnCpuAsync(ort, await models[1]));
    const report = { backend: "wasm", reason, threads: ort.env.wasm.numThreads ?? threads } as const;
    return { palm, hand, reader: new FrameReader(), gpu: null, ort, report };
}

/** Makes the second network; where that fails the first one goes too. */
async function orDisposeAsync(
    first: PictureNetwork,
    makeAsync: () => Promise<PictureNetwork>
): Promise<PictureNetwork> {
    try {
        return await makeAsync();
    } catch (cause) {
        await first.disposeAsync();
        throw cause;
    }
}

async function timeAsync(network: PictureNetwork): Promise<number> {
    for (let run = 0; run < WARM_UP_RUNS; run++) {
        await network.repeatAsync();
    }
    const start = performance.now();
    for (let run = 0; run < TIMED_RUNS; run++) {
        await network.repeatAsync();
    }
    return (performance.now() - start) / TIMED_RUNS;
}

/** Compares the hand network on the GPU and on WASM, in the one build of onnxruntime that is loaded. */
async function compareAsync({ ort, hand, reader }: OnDevice, model: Model): Promise<{ isGpu: boolean; why: string }> {
    const onWasm = await createOnCpuAsync(ort, model);
    try {
        const difference = await disagreementAsync(hand, reader, onWasm, model.manifest);
        if (difference !== null) {
            return { isGpu: false, why: `WebGPU gives another hand than WASM: keypoints are ${difference} apart` };
        }
        const gpuMs = await timeAsync(hand);
        const wasmMs = OWN_BUILD_SHARE * (await timeAsync(onWasm));
        const why = `WebGPU takes ${gpuMs.toFixed(1)} ms a hand, WASM about ${wasmMs.toFixed(1)} ms`;
        return { isGpu: gpuMs <= wasmMs, why };
    } finally {
        await onWasm.disposeAsync();
    }
}

/** Keeps what is faster, if the GPU says the same as WASM. */
async function fasterAsync(onGpu: OnDevice, models: ComingModels, options: NetworkOptions): Promise<Networks> {
    const model = await models[1];
    const { isGpu, why } = await compareAsync(onGpu, model).catch((cause: unknown) => ({
        isGpu: false,
        why: `WebGPU failed to run: ${(cause as Error).message}`,
    }));
    if (isGpu) {
        return { ...onGpu, report: { backend: "webgpu", reason: why, threads: 1 } };
    }
    await disposeNetworksAsync(onGpu);
    return createOnWasmAsync(models, options, why);
}

/** Gives up what `createNetworksAsync` made. */
export async function disposeNetworksAsync({ palm, hand, gpu }: OnDevice): Promise<void> {
    await palm.disposeAsync();
    await hand.disposeAsync();
    gpu?.device.destroy();
}
