// Frames of an image sequence, each given when the last was processed: every frame is seen, however slow the machine.

import type { HandTrackingError } from "../errors";
import type { FrameSource, SourceFrame } from "./frameSource";
import { intrinsicsFor, type CameraModel } from "./videoFrames";

export interface ImageSequenceOptions extends CameraModel {
    /** @default 30 */
    framesPerSecond?: number;
    /** @default true */
    loop?: boolean;
}

const DEFAULT_RATE = 30;
/** A frame that nobody reports as processed is given up after this, ms. */
const PROCESSING_TIMEOUT_MS = 20_000;

/** Its clock is that of the sequence: frame i is captured at i / rate, and `now` stands still while one is processed. */
export class ImageSequenceSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public readonly video = null;
    /** Called after each frame was processed, before the next one is given. */
    public onAdvanced: ((index: number) => void) | null = null;

    private readonly _frameMs: number;
    private _index = 0;
    private _running = false;
    private _timer: ReturnType<typeof setTimeout> | null = null;

    /** @param images stay the caller's; each frame is a copy */
    public constructor(
        private readonly _images: readonly ImageBitmap[],
        private readonly _options: ImageSequenceOptions = {}
    ) {
        this._frameMs = 1000 / (_options.framesPerSecond ?? DEFAULT_RATE);
    }

    /** Number of the frame that is being processed, counted through all loops. */
    public get index(): number {
        return this._index;
    }

    public now(): number {
        return this._index * this._frameMs;
    }

    public async startAsync(): Promise<void> {
        this._running = true;
        await this._giveAsync();
    }

    public onProcessed(timeMs: number): void {
        if (!this._running || Math.abs(timeMs - this.now()) > 1e-3) {
            return;
        }
        this.onAdvanced?.(this._index);
        this._index++;
        void this._giveAsync();
    }

    public stop(): void {
        this._running = false;
        if (this._timer) {
            clearTimeout(this._timer);
        }
    }

    public dispose(): void {
        this.onFrame = null;
        this.onError = null;
        this.stop();
    }

    private async _giveAsync(): Promise<void> {
        if (this._timer) {
            clearTimeout(this._timer);
        }
        if (!(this._options.loop ?? true) && this._index >= this._images.length) {
            this._running = false;
            return;
        }
        const source = this._images[this._index % this._images.length];
        const image = await createImageBitmap(source);
        if (!this._running || !this.onFrame) {
            image.close();
            return;
        }
        const timeMs = this.now();
        this.onFrame({
            image,
            width: source.width,
            height: source.height,
            timeMs,
            intrinsics: intrinsicsFor(source.width, source.height, this._options),
        });
        this._timer = setTimeout(() => this.onProcessed(timeMs), PROCESSING_TIMEOUT_MS);
    }
}
