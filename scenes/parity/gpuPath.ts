// What the pipeline makes of the same frames on either backend, and what it asks of the GPU for each, for tests: window.__followHands.

import { decodeBase64 } from "../../src/base64";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { HandPipeline } from "../../src/recovery/handPipeline";
import type { ModelManifest } from "../../src/recovery/manifest";
import { fetchBytesFrom, loadModelsAsync } from "../../src/recovery/modelStore";
import { PalmDetector } from "../../src/recovery/palmDetector";
import { Recoverer } from "../../src/recovery/recoverer";
import type { Backend } from "../../src/recovery/session";
import { createNetworksAsync, disposeNetworksAsync } from "../../src/worker/backendChoice";
import type { BackendReport } from "../../src/worker/protocol";

/** Calls of the page's WebGPU in one frame. */
export interface GpuCalls {
    createBuffer: number;
    createTexture: number;
    mapAsync: number;
    submit: number;
}

/** One frame of `__followHands`. */
export interface FollowedFrame {
    ms: number;
    gpu: GpuCalls;
    hands: { side: string; keypointsPx: number[]; wrist: number[] }[];
}

declare global {
    interface Window {
        /**
         * @param recoverer its manifest, and base64 of its file
         * @param picture base64 of an image file, which every frame shows, each a px further to the right and a little darker
         * @param asVideoFrame hand frames over as VideoFrames instead of ImageBitmaps
         */
        __followHands: (
            recoverer: { manifest: ModelManifest; file: string },
            backend: Backend,
            picture: string,
            frames: number,
            asVideoFrame: boolean
        ) => Promise<FollowedFrame[]>;
        /** What "auto" takes for a recoverer, and why. */
        __chooseBackend: (recoverer: { manifest: ModelManifest; file: string }) => Promise<BackendReport>;
    }
}

const FRAME_MS = 33;
const HANDS = 2;
const DARKENING = 0.08;
const calls: GpuCalls = { createBuffer: 0, createTexture: 0, mapAsync: 0, submit: 0 };

function count<K extends string>(prototype: Record<K, (...args: never[]) => unknown>, name: K & keyof GpuCalls): void {
    const original = prototype[name];
    prototype[name] = function (this: unknown, ...args: never[]) {
        calls[name]++;
        return original.apply(this, args);
    };
}

let isCounting = false;

function countCalls(): void {
    if (!isCounting && typeof GPUDevice !== "undefined") {
        isCounting = true;
        count(GPUDevice.prototype, "createBuffer");
        count(GPUDevice.prototype, "createTexture");
        count(GPUBuffer.prototype, "mapAsync");
        count(GPUQueue.prototype, "submit");
    }
}

/** See `window.__followHands`. */
export const followHandsAsync: Window["__followHands"] = async (
    { manifest, file },
    backend,
    picture,
    frames,
    asVideoFrame
) => {
    countCalls();
    const [palm] = await loadModelsAsync(["palm"], fetchBytesFrom(new URL("/models/", location.href).href));
    const networks = await createNetworksAsync(backend, [palm, { manifest, data: decodeBase64(file) }], {
        maxHands: HANDS,
    });
    const detector = new PalmDetector(networks.palm, palm.manifest.input);
    const pipeline = new HandPipeline(detector, new Recoverer(networks.hand, manifest), {
        maxHands: HANDS,
    });
    const bitmap = await createImageBitmap(new Blob([decodeBase64(picture)]));
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d")!;
    const intrinsics = intrinsicsFromFieldOfView(width, height);
    const followed: FollowedFrame[] = [];
    for (let frame = 0; frame < frames; frame++) {
        context.filter = `brightness(${1 - frame * DARKENING})`;
        context.drawImage(bitmap, frame, 0);
        const timeMs = frame * FRAME_MS;
        const image = asVideoFrame
            ? new VideoFrame(canvas, { timestamp: timeMs * 1000 })
            : await createImageBitmap(canvas);
        Object.assign(calls, { createBuffer: 0, createTexture: 0, mapAsync: 0, submit: 0 });
        const start = performance.now();
        const { hands } = await pipeline.processAsync(networks.reader.open(image, width, height), timeMs, intrinsics);
        followed.push({
            ms: performance.now() - start,
            gpu: { ...calls },
            hands: hands.map(({ side, keypointsPx, pose }) => ({
                side,
                keypointsPx: [...keypointsPx],
                wrist: [...pose.translation],
            })),
        });
        image.close();
    }
    await disposeNetworksAsync(networks);
    return followed;
};

/** See `window.__chooseBackend`. */
export const chooseBackendAsync: Window["__chooseBackend"] = async ({ manifest, file }) => {
    const [palm] = await loadModelsAsync(["palm"], fetchBytesFrom(new URL("/models/", location.href).href));
    const networks = await createNetworksAsync("auto", [palm, { manifest, data: decodeBase64(file) }], { maxHands: 1 });
    await disposeNetworksAsync(networks);
    return networks.report;
};
