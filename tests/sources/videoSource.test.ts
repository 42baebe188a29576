// A video that was stopped while it began, and one that breaks off: on a stand-in for the element.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HandTrackingError } from "../../src/errors";
import { VideoSource } from "../../src/sources/videoSource";

/** An element that begins to play when it is told to. */
class StandInVideo extends EventTarget {
    public currentSrc = "https://page.test/hands.mp4";
    public src = this.currentSrc;
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

let video: StandInVideo;
let source: VideoSource;
let errors: HandTrackingError[];
let frames: number;

beforeEach(() => {
    vi.stubGlobal("VideoFrame", class {});
    video = new StandInVideo();
    source = new VideoSource(video as unknown as HTMLVideoElement);
    errors = [];
    frames = 0;
    source.onError = (error) => errors.push(error);
    source.onFrame = () => frames++;
});
afterEach(() => vi.unstubAllGlobals());

it("gives no frames where it was stopped before it began to play", async () => {
    const start = source.startAsync();
    source.stop();
    video.begin();
    await start;
    video.show(0);
    console.log(`${frames} frames, ${video.waiting} callbacks wait`);
    expect([frames, video.waiting]).toEqual([0, 0]);
});

it("gives each frame once where it was stopped and started again before it began to play", async () => {
    const starts = [source.startAsync()];
    const { begin } = video;
    source.stop();
    starts.push(source.startAsync());
    begin();
    video.begin();
    await Promise.all(starts);
    video.show(0);
    video.show(33);
    console.log(`${frames} frames, ${video.waiting} callbacks wait`);
    expect([frames, video.waiting]).toEqual([2, 1]);
});

it("says nothing of a refusal that came of its being stopped, and says a refusal of the browser's", async () => {
    const stopped = source.startAsync();
    source.stop();
    video.refuse(new Error("The play() request was interrupted by a call to pause()"));
    await expect(stopped).resolves.toBeUndefined();
    const refused = source.startAsync();
    video.refuse(new Error("no supported sources"));
    const error: unknown = await refused.catch((cause: unknown) => cause);
    console.log(String(error));
    expect(error).toBeInstanceOf(HandTrackingError);
    expect(error).toMatchObject({ code: "video-failed", fatal: true });
});

it("tells once of a file that breaks off, waits for no more frames, and may be started again", async () => {
    const start = source.startAsync();
    video.begin();
    await start;
    video.show(0);
    video.error = { code: 2, message: "connection reset" };
    video.dispatchEvent(new Event("error"));
    video.dispatchEvent(new Event("error"));
    console.log(errors.map(({ message }) => message).join("\n"));
    expect(errors.map(({ code, fatal }) => [code, fatal])).toEqual([["video-failed", true]]);
    expect(errors[0].message).toContain("connection reset");
    expect([frames, video.waiting]).toEqual([1, 0]);
    const again = source.startAsync();
    video.begin();
    await again;
    video.show(33);
    expect(frames).toBe(2);
});
