// A stand-in for a video element, in Node.

/** An element that begins to play when it is told to. */
export class StandInVideo extends EventTarget {
    public currentSrc = "https://page.test/hands.mp4";
    public src = this.currentSrc;
    public srcObject: unknown = null;
    public videoWidth = 64;
    public videoHeight = 48;
    public error: { code: number; message: string } | null = null;
    public begin!: () => void;
    public refuse!: (cause: Error) => void;
    private _callbacks = new Map<number, VideoFrameRequestCallback>();
    private _next = 1;

    /** Callbacks for frames that somebody waits for. */
    public get waiting(): number {
        return this._callbacks.size;
    }

    public play(): Promise<void> {
        return new Promise((resolve, reject) => {
            this.begin = resolve;
            this.refuse = reject;
        });
    }

    public requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
        this._callbacks.set(this._next, callback);
        return this._next++;
    }

    public cancelVideoFrameCallback(handle: number): void {
        this._callbacks.delete(handle);
    }

    public show(nowMs: number): void {
        const callbacks = [...this._callbacks.values()];
        this._callbacks.clear();
        for (const callback of callbacks) {
            callback(nowMs, {} as VideoFrameCallbackMetadata);
        }
    }
}
