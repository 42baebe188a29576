// What a camera's refusals are called, and a camera that is stopped while it begins: on stand-ins for browser and camera.

import { afterEach, expect, it, vi } from "vitest";
import { WebcamSource } from "../../src/sources/webcamSource";
import { StandInVideo } from "../helpers/standInVideo";

afterEach(() => vi.unstubAllGlobals());

/** A browser whose camera answers so; how many of its tracks run. */
function standInForBrowser(getUserMedia: (() => Promise<unknown>) | null): { video: StandInVideo } {
    const video = new StandInVideo();
    vi.stubGlobal("document", { createElement: () => video });
    vi.stubGlobal("navigator", getUserMedia ? { mediaDevices: { getUserMedia } } : {});
    vi.stubGlobal("VideoFrame", class {});
    return { video };
}

class Camera {
    public running = true;
    public onended: (() => void) | null = null;
    public label = "stand-in";
    public stop(): void {
        this.running = false;
    }
    public getTracks(): Camera[] {
        return [this];
    }
    public getVideoTracks(): Camera[] {
        return [this];
    }
}

// Safari's OverconstrainedError is no DOMException.
const overconstrained = Object.assign(new Error("Invalid constraint"), { name: "OverconstrainedError" });
it.each([
    [new DOMException("denied", "NotAllowedError"), "camera-denied"],
    [new DOMException("policy", "SecurityError"), "camera-denied"],
    [new DOMException("none", "NotFoundError"), "camera-missing"],
    [overconstrained, "camera-missing"],
    [new DOMException("busy", "NotReadableError"), "camera-failed"],
    [undefined, "camera-failed"],
])("calls %s %s", async (cause, code) => {
    standInForBrowser(() => Promise.reject(cause));
    const error: unknown = await new WebcamSource().startAsync().catch((thrown: unknown) => thrown);
    console.log(String(error));
    expect(error).toMatchObject({ name: "HandTrackingError", code, fatal: true });
});

it("says that pages without https have no cameras", async () => {
    standInForBrowser(null);
    await expect(new WebcamSource().startAsync()).rejects.toMatchObject({ code: "camera-missing" });
});

it("gives the camera back where it was stopped before the user allowed it, or before it began to play", async () => {
    const camera = new Camera();
    let allow!: (stream: unknown) => void;
    const { video } = standInForBrowser(() => new Promise((resolve) => (allow = resolve)));
    const source = new WebcamSource();
    const unallowed = source.startAsync();
    source.stop();
    allow(camera);
    await unallowed;
    const second = new Camera();
    const begun = source.startAsync();
    allow(second);
    await new Promise((resolve) => setTimeout(resolve));
    const wasRunning = second.running;
    source.stop();
    video.begin();
    await begun;
    console.log(`runs: ${camera.running}, ${wasRunning} then ${second.running}; ${video.waiting} callbacks wait`);
    expect([camera.running, wasRunning, second.running, video.waiting]).toEqual([false, true, false, 0]);
    expect(video.srcObject).toBe(null);
});

it("tells of a camera that is unplugged, and holds nothing of it", async () => {
    const camera = new Camera();
    const { video } = standInForBrowser(() => Promise.resolve(camera));
    const source = new WebcamSource();
    const errors: string[] = [];
    source.onError = ({ code, message }) => errors.push(`${code}: ${message}`);
    const start = source.startAsync();
    await new Promise((resolve) => setTimeout(resolve));
    video.begin();
    await start;
    expect(video.waiting).toBe(1);
    camera.onended!();
    console.log(errors.join());
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain("camera-lost");
    expect([camera.running, video.waiting, video.srcObject]).toEqual([false, 0, null]);
});
