// The main thread's side of the worker.

import { HandTrackingError } from "../errors";
import type { SourceFrame } from "../sources/frameSource";
import { FrameQueue } from "./frameQueue";
import type {
    BackendReport,
    FromWorker,
    PipelineClient,
    PipelineClientResult,
    PipelineOptions,
    PipelineStats,
    ToWorker,
} from "./protocol";
import { createMeshBuffer, createResultBuffer, createTextureBuffer, transferables } from "./resultBuffers";

/** How often the worker's script is asked for before that is an error. */
const LOADING_TRIES = 2;

export class WorkerClient implements PipelineClient {
    public onResult: ((result: PipelineClientResult) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public wantsVertices = false;
    public wantsTextures = false;

    private _worker: Worker | null = null;
    private _queue: FrameQueue | null = null;
    private _buffer: Float32Array | null = null;
    private _meshes: Float32Array | null = null;
    private _textures: Float32Array | null = null;
    private _maxHands = 0;
    private _sentMs = 0;
    private _settle: { resolve: (report: BackendReport) => void; reject: (error: HandTrackingError) => void } | null =
        null;
    private _settleRecoverer: { resolve: () => void; reject: (error: HandTrackingError) => void } | null = null;
    private _onProgress: ((loadedBytes: number, totalBytes: number) => void) | null = null;

    public get stats(): PipelineStats | null {
        return this._queue?.stats ?? null;
    }

    public startAsync(
        options: PipelineOptions,
        onProgress: (loadedBytes: number, totalBytes: number) => void
    ): Promise<BackendReport> {
        this._onProgress = onProgress;
        this._maxHands = options.maxHands;
        this._buffer = createResultBuffer(options.maxHands);
        return new Promise((resolve, reject) => {
            this._settle = { resolve, reject };
            this._startWorker(options, LOADING_TRIES);
        });
    }

    public setRecovererAsync(name: string): Promise<void> {
        if (this._settleRecoverer) {
            return Promise.reject(
                new HandTrackingError(
                    "invalid-argument",
                    `Another recoverer is loading; wait for it before ${name}.`,
                    false
                )
            );
        }
        return new Promise((resolve, reject) => {
            this._settleRecoverer = { resolve, reject };
            this._post({ type: "recoverer", name });
        });
    }

    public submit(frame: SourceFrame): void {
        if (this._queue) {
            this._queue.submit(frame);
        } else {
            frame.image.close();
        }
    }

    public dispose(): void {
        this.onResult = null;
        this.onError = null;
        this._queue?.clear();
        this._queue = null;
        this._worker?.terminate();
        this._worker = null;
        this._settle?.reject(
            new HandTrackingError("worker-failed", "Hand tracking was detached while it was loading.", false)
        );
        this._settle = null;
        this._settleRecoverer?.reject(
            new HandTrackingError("worker-failed", "Hand tracking was detached while a recoverer was loading.", false)
        );
        this._settleRecoverer = null;
    }

    /**
     * @param tries to load its script: a connection may break, and Safari refuses one that a host confirms (304) without the headers
     * of cross-origin isolation, but asks for all of it the next time
     */
    private _startWorker(options: PipelineOptions, tries: number): void {
        const worker = new Worker(new URL("./handWorker.ts", import.meta.url), {
            type: "module",
            name: "hand-tracking",
        });
        this._worker = worker;
        worker.onmessage = (event: MessageEvent<FromWorker>) => this._receive(event.data);
        worker.onerror = (event) => {
            // The event of a script that could not be loaded has no message.
            if (!event.message && this._settle && tries > 1) {
                worker.terminate();
                this._startWorker(options, tries - 1);
                return;
            }
            const why = event.message || "its script could not be loaded";
            this._fail(
                new HandTrackingError(
                    "worker-failed",
                    `The hand tracking worker failed: ${why}. Check the console and how workers are bundled.`
                )
            );
        };
        this._post({ type: "start", options });
    }

    private _post(message: ToWorker, transfer: Transferable[] = []): void {
        this._worker?.postMessage(message, transfer);
    }

    private _send(frame: SourceFrame): void {
        const { image, width, height, timeMs, intrinsics } = frame;
        const buffer = this._buffer!;
        const meshes = this.wantsVertices ? (this._meshes ??= createMeshBuffer(this._maxHands)) : null;
        const textures = this.wantsTextures ? (this._textures ??= createTextureBuffer(this._maxHands)) : null;
        this._sentMs = performance.now();
        this._post({ type: "frame", image, width, height, timeMs, intrinsics, buffer, meshes, textures }, [
            image,
            ...transferables(buffer, meshes, textures),
        ]);
    }

    private _receive(message: FromWorker): void {
        switch (message.type) {
            case "progress":
                this._onProgress?.(message.loadedBytes, message.totalBytes);
                break;
            case "started":
                this._queue = new FrameQueue(message.report, (frame) => this._send(frame));
                this._settle?.resolve(message.report);
                this._settle = null;
                break;
            case "backend":
                if (this._queue) {
                    Object.assign(this._queue.stats, message.report);
                }
                break;
            case "recoverer": {
                const settle = this._settleRecoverer;
                this._settleRecoverer = null;
                if (message.error) {
                    const { code, message: text, fatal } = message.error;
                    settle?.reject(new HandTrackingError(code, text, fatal));
                } else {
                    settle?.resolve();
                }
                break;
            }
            case "error": {
                const { code, message: text, fatal } = message.error;
                this._fail(new HandTrackingError(code, text, fatal));
                break;
            }
            case "result":
                this._buffer = message.buffer;
                // A frame that asked for none did not take their buffers along.
                this._meshes = message.meshes ?? this._meshes;
                this._textures = message.textures ?? this._textures;
                try {
                    this.onResult?.(message);
                } finally {
                    // A listener that throws costs nobody the frames to come.
                    this._queue?.done(message.times, performance.now() - this._sentMs);
                }
                break;
        }
    }

    private _fail(error: HandTrackingError): void {
        if (this._settle && error.fatal) {
            this._settle.reject(error);
            this._settle = null;
        } else {
            this.onError?.(error);
        }
    }
}
