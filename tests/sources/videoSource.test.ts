// A video that was stopped while it began, and one that breaks off: on a stand-in for the element.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HandTrackingError } from "../../src/errors";
import { VideoSource } from "../../src/sources/videoSource";
import { StandInVideo } from "../helpers/standInVideo";

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

it("takes ImageBitmaps where a browser has no VideoFrames, and closes one that comes after the stop", async () => {
    vi.stubGlobal("VideoFrame", undefined);
    let closed = 0;
    const bitmaps: (() => void)[] = [];
    vi.stubGlobal(
        "createImageBitmap",
        () => new Promise((resolve) => bitmaps.push(() => resolve({ close: () => closed++ })))
    );
    const start = source.startAsync();
    video.begin();
    await start;
    video.show(0);
    bitmaps[0]();
    await new Promise((resolve) => setTimeout(resolve));
    expect([frames, closed]).toEqual([1, 0]);
    video.show(33);
    source.stop();
    bitmaps[1]();
    await new Promise((resolve) => setTimeout(resolve));
    console.log(`${bitmaps.length} bitmaps, ${frames} given, ${closed} closed`);
    expect([frames, closed]).toEqual([1, 1]);
});
