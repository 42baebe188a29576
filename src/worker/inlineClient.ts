// The pipeline on the main thread, for tests and for pages without workers.

import type { HandTrackingError } from "../errors";
import type { SourceFrame } from "../sources/frameSource";
import { FrameQueue } from "./frameQueue";
import { PipelineHost } from "./pipelineHost";
import { createMeshBuffer, createResultBuffer, createTextureBuffer } from "./resultBuffers";
import type { BackendReport, PipelineClient, PipelineClientResult, PipelineOptions, PipelineStats } from "./protocol";

export class InlineClient implements PipelineClient {
    public onResult: ((result: PipelineClientResult) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public wantsVertices = false;
    public wantsTextures = false;

    private readonly _host = new PipelineHost();
    private _queue: FrameQueue | null = null;
    private _buffer = createResultBuffer(0);
    private _meshes: Float32Array | null = null;
    private _textures: Float32Array | null = null;
    private _maxHands = 0;
    private _onProgress: ((loadedBytes: number, totalBytes: number) => void) | null = null;

    public get stats(): PipelineStats | null {
        return this._queue?.stats ?? null;
    }

    public async startAsync(
        options: PipelineOptions,
        onProgress: (loadedBytes: number, totalBytes: number) => void
    ): Promise<BackendReport> {
        this._onProgress = onProgress;
        this._maxHands = options.maxHands;
        this._buffer = createResultBuffer(options.maxHands);
        this._host.onError = (error) => this.onError?.(error);
        this._host.onBackend = (report) => this._queue && Object.assign(this._queue.stats, report);
        const report = await this._host.startAsync(options, onProgress);
        this._queue = new FrameQueue(report, (frame) => void this._processAsync(frame));
        return report;
    }

    public async setRecovererAsync(name: string): Promise<void> {
        await this._host.setRecovererAsync(name, (loaded, total) => this._onProgress?.(loaded, total));
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
        void this._host.disposeAsync();
    }

    private async _processAsync(frame: SourceFrame): Promise<void> {
        const { timeMs, width, height } = frame;
        const start = performance.now();
        const meshes = this.wantsVertices ? (this._meshes ??= createMeshBuffer(this._maxHands)) : null;
        const textures = this.wantsTextures ? (this._textures ??= createTextureBuffer(this._maxHands)) : null;
        await this._host.processAsync(frame, this._buffer, meshes, textures, (count) => {
            const { times, crops } = this._host;
            try {
                this.onResult?.({ timeMs, width, height, count, buffer: this._buffer, meshes, textures, crops, times });
            } catch (error) {
                // A listener's, not the frame's: it goes where errors of listeners go.
                queueMicrotask(() => {
                    throw error;
                });
            }
            this._queue?.done(times, performance.now() - start);
        });
    }
}
