// A source that gives one frame when it is told to, and tells when that was processed.

import type { FrameSource, SourceFrame } from "../../src/index";

export class FedSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError = null;
    public readonly video = null;
    private _done: (() => void) | null = null;

    /** @param _focalPx focal length of all pictures, px; the principal point is their middle */
    public constructor(private readonly _focalPx: number) {}

    /** Hands a frame over; settles when its result is there. */
    public feedAsync(image: VideoFrame, timeMs: number): Promise<void> {
        return new Promise((resolve) => {
            this._done = resolve;
            const { displayWidth: width, displayHeight: height } = image;
            const intrinsics = { fx: this._focalPx, fy: this._focalPx, cx: width / 2, cy: height / 2 };
            this.onFrame!({ image, width, height, timeMs, intrinsics });
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
