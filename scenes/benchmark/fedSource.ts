// A source that gives one frame when it is told to, and tells when that was processed.

import type { FrameSource, Intrinsics, SourceFrame } from "../../src/index";

export class FedSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError = null;
    public readonly video = null;
    private _done: (() => void) | null = null;

    public constructor(private readonly _intrinsics: Intrinsics) {}

    /** Hands a frame over; settles when its result is there. */
    public feedAsync(image: ImageBitmap, timeMs: number): Promise<void> {
        return new Promise((resolve) => {
            this._done = resolve;
            const { width, height } = image;
            this.onFrame!({ image, width, height, timeMs, intrinsics: this._intrinsics });
        });
    }

    public onProcessed(): void {
        this._done?.();
        this._done = null;
    }

    public now(): number {
        return 0;
    }
    public async startAsync(): Promise<void> {}
    public stop(): void {}
    public dispose(): void {}
}
