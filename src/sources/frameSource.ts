// Where frames come from: the seam between cameras, clips and the tracker.

import type { CameraMotion } from "../camera/cameraMotion";
import type { Intrinsics } from "../camera/intrinsics";
import type { HandTrackingError } from "../errors";

/** One frame on its way to the tracker, which closes the image. */
export interface SourceFrame {
    image: VideoFrame | ImageBitmap;
    width: number;
    height: number;
    /** Capture time on the clock of `performance.now()`, or on the source's own (`now`), ms. */
    timeMs: number;
    intrinsics: Intrinsics;
}

/** Gives frames from `startAsync` until `stop` or `dispose`. */
export interface FrameSource {
    /** Receives every frame, and owns it. */
    onFrame: ((frame: SourceFrame) => void) | null;
    /** Hears of what went wrong after the start. */
    onError: ((error: HandTrackingError) => void) | null;
    /** The video that the frames are taken from, for showing it. */
    readonly video: HTMLVideoElement | null;
    /** The source's own clock, for sources that do not run in real time. */
    now?(): number;
    /**
     * Where the camera was at a time of that clock, for cameras that move against the node that hands are laid before: its pose in
     * camera space as it lies before that node. Returns false where it is not known, or the camera is at the origin.
     */
    cameraAt?(timeMs: number, out: CameraMotion): boolean;
    /** Called when a frame was processed: a source may wait for it before it gives the next one. */
    onProcessed?(timeMs: number): void;
    /**
     * Starts or goes on.
     * @throws HandTrackingError `camera-…` or `video-failed`
     */
    startAsync(): Promise<void>;
    /** Stops giving frames; may be started again. */
    stop(): void;
    /** Stops for good and frees what the source has made. */
    dispose(): void;
}
