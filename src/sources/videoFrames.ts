// Takes frames from a playing video element, with their capture times.

import { intrinsicsFromFieldOfView, type Intrinsics } from "../camera/intrinsics";
import type { SourceFrame } from "./frameSource";

/** What is known of the camera. */
export interface CameraModel {
    /** Field of view of the picture's longer side, radians. @default 1.1 (63 degrees) */
    fieldOfView?: number;
    /** Intrinsics for a picture of `width` x `height`; they are scaled to the size that the frames have. */
    intrinsics?: Intrinsics & { width: number; height: number };
}

/** Intrinsics of a frame of the given size. */
export function intrinsicsFor(width: number, height: number, { fieldOfView, intrinsics }: CameraModel): Intrinsics {
    if (!intrinsics) {
        return intrinsicsFromFieldOfView(width, height, fieldOfView);
    }
    const scale = width / intrinsics.width;
    return {
        fx: intrinsics.fx * scale,
        fy: intrinsics.fy * scale,
        cx: intrinsics.cx * scale,
        cy: intrinsics.cy * scale,
    };
}

/** Calls `deliver` with every new frame of a video until stopped. */
export class VideoFrames {
    private _callback = 0;
    private _running = false;

    public constructor(
        private readonly _video: HTMLVideoElement,
        private readonly _camera: CameraModel,
        private readonly _deliver: (frame: SourceFrame) => void
    ) {}

    public start(): void {
        if (!this._running) {
            this._running = true;
            this._request();
        }
    }

    public stop(): void {
        this._running = false;
        this._video.cancelVideoFrameCallback(this._callback);
    }

    private _request(): void {
        this._callback = this._video.requestVideoFrameCallback((now, metadata) => {
            if (!this._running) {
                return;
            }
            this._request();
            this._take(metadata.captureTime ?? now);
        });
    }

    private _take(timeMs: number): void {
        const { videoWidth: width, videoHeight: height } = this._video;
        if (width === 0 || height === 0) {
            return;
        }
        if (typeof VideoFrame === "undefined") {
            // Firefox on Android.
            void this._takeBitmapAsync(width, height, timeMs);
            return;
        }
        let image: VideoFrame;
        try {
            image = new VideoFrame(this._video, { timestamp: Math.round(timeMs * 1000) });
        } catch {
            // The element may lose its frame between the callback and now (a source that is being replaced).
            return;
        }
        this._deliver({ image, width, height, timeMs, intrinsics: intrinsicsFor(width, height, this._camera) });
    }

    private async _takeBitmapAsync(width: number, height: number, timeMs: number): Promise<void> {
        let image: ImageBitmap;
        try {
            image = await createImageBitmap(this._video);
        } catch {
            // As above.
            return;
        }
        if (this._running) {
            this._deliver({ image, width, height, timeMs, intrinsics: intrinsicsFor(width, height, this._camera) });
        } else {
            image.close();
        }
    }
}

/** A video element that plays inline, muted, and is never shown unless the page does. */
export function createVideoElement(): HTMLVideoElement {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.crossOrigin = "anonymous";
    return video;
}
