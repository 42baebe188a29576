// The picture that the hands were seen in: shown when they are known, so that real and drawn hands are of one moment.

import type { FrameSource, HandTrackingError, SourceFrame } from "../../src/index";

/** Frames that are looked at, wait, or are shown. */
const KEPT = 4;

interface Kept {
    canvas: OffscreenCanvas;
    context: OffscreenCanvasRenderingContext2D;
    timeMs: number;
}

/**
 * A source whose clock stands at the last processed frame, which `shown` shows: nothing is predicted, and the picture is as late as
 * the hands.
 */
export class HeldPicture implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;

    private readonly _kept: Kept[] = Array.from({ length: KEPT }, () => {
        const canvas = new OffscreenCanvas(1, 1);
        return { canvas, context: canvas.getContext("2d")!, timeMs: -Infinity };
    });
    private readonly _context: CanvasRenderingContext2D;
    private _next = 0;
    private _nowMs = 0;

    public constructor(
        private readonly _inner: FrameSource,
        public readonly shown: HTMLCanvasElement
    ) {
        this._context = shown.getContext("2d")!;
        _inner.onFrame = (frame) => {
            this._keep(frame);
            this.onFrame?.(frame);
        };
        _inner.onError = (error) => this.onError?.(error);
    }

    public get video(): HTMLVideoElement | null {
        return this._inner.video;
    }

    public now(): number {
        return this._nowMs;
    }

    public onProcessed(timeMs: number): void {
        this._inner.onProcessed?.(timeMs);
        const kept = this._kept.find((one) => one.timeMs === timeMs);
        if (kept) {
            const { shown } = this;
            if (shown.width !== kept.canvas.width || shown.height !== kept.canvas.height) {
                shown.width = kept.canvas.width;
                shown.height = kept.canvas.height;
            }
            this._context.drawImage(kept.canvas, 0, 0);
            this._nowMs = timeMs;
        }
    }

    public startAsync(): Promise<void> {
        return this._inner.startAsync();
    }

    public stop(): void {
        this._inner.stop();
    }

    public dispose(): void {
        this._inner.dispose();
    }

    private _keep({ image, width, height, timeMs }: SourceFrame): void {
        const kept = this._kept[this._next];
        this._next = (this._next + 1) % KEPT;
        if (kept.canvas.width !== width || kept.canvas.height !== height) {
            kept.canvas.width = width;
            kept.canvas.height = height;
        }
        kept.context.drawImage(image, 0, 0, width, height);
        kept.timeMs = timeMs;
    }
}
