// Frames of a webcam.

import { HandTrackingError } from "../errors";
import type { FrameSource, SourceFrame } from "./frameSource";
import { createVideoElement, VideoFrames, type CameraModel } from "./videoFrames";

export interface WebcamOptions extends CameraModel {
    /** Which camera, as `navigator.mediaDevices.enumerateDevices()` names it; the browser chooses otherwise. */
    deviceId?: string;
    /** Wished size and rate; the nearest that the camera has is taken. @default 640 x 480 at 30 */
    width?: number;
    height?: number;
    frameRate?: number;
}

const DEFAULT_WIDTH = 640;
const DEFAULT_HEIGHT = 480;
const DEFAULT_FRAME_RATE = 30;

/** Asks for the camera on start and gives it back on stop. */
export class WebcamSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public readonly video: HTMLVideoElement;

    private readonly _frames: VideoFrames;
    private _stream: MediaStream | null = null;
    // Raised by every stop: a camera that is granted after it is given back at once.
    private _generation = 0;

    public constructor(private readonly _options: WebcamOptions = {}) {
        this.video = createVideoElement();
        this._frames = new VideoFrames(this.video, _options, (frame) => {
            if (this.onFrame) {
                this.onFrame(frame);
            } else {
                frame.image.close();
            }
        });
    }

    /** @throws HandTrackingError `camera-denied`, `camera-missing` or `camera-failed` */
    public async startAsync(): Promise<void> {
        const generation = ++this._generation;
        const {
            deviceId,
            width = DEFAULT_WIDTH,
            height = DEFAULT_HEIGHT,
            frameRate = DEFAULT_FRAME_RATE,
        } = this._options;
        if (!navigator.mediaDevices?.getUserMedia) {
            throw new HandTrackingError(
                "camera-missing",
                "This page has no access to cameras: serve it over https or from localhost."
            );
        }
        let stream: MediaStream;
        try {
            stream = await navigator.mediaDevices.getUserMedia({
                audio: false,
                video: {
                    deviceId: deviceId ? { exact: deviceId } : undefined,
                    width: { ideal: width },
                    height: { ideal: height },
                    frameRate: { ideal: frameRate },
                },
            });
        } catch (cause) {
            throw cameraError(cause);
        }
        if (generation !== this._generation) {
            stopTracks(stream);
            return;
        }
        this._stream = stream;
        for (const track of stream.getVideoTracks()) {
            track.onended = () => this._lose(track.label);
        }
        this.video.srcObject = stream;
        try {
            await this.video.play();
        } catch (cause) {
            if (generation === this._generation) {
                this.stop();
                throw cameraError(cause);
            }
            return;
        }
        if (generation === this._generation) {
            this._frames.start();
        }
    }

    public stop(): void {
        this._generation++;
        this._frames.stop();
        if (this._stream) {
            stopTracks(this._stream);
            this._stream = null;
        }
        this.video.srcObject = null;
    }

    public dispose(): void {
        this.onFrame = null;
        this.onError = null;
        this.stop();
    }

    private _lose(label: string): void {
        this.stop();
        this.onError?.(
            new HandTrackingError(
                "camera-lost",
                `The camera "${label}" stopped giving frames (unplugged or taken away); connect it and start again.`
            )
        );
    }
}

function stopTracks(stream: MediaStream): void {
    for (const track of stream.getTracks()) {
        track.onended = null;
        track.stop();
    }
}

function cameraError(cause: unknown): HandTrackingError {
    // By its name: Safari's OverconstrainedError is no DOMException.
    const { name } = (cause ?? {}) as { name?: string };
    if (name === "NotAllowedError" || name === "SecurityError") {
        return new HandTrackingError(
            "camera-denied",
            "The camera was refused; allow it for this page in the browser and start again.",
            true,
            { cause }
        );
    }
    if (name === "NotFoundError" || name === "OverconstrainedError") {
        return new HandTrackingError(
            "camera-missing",
            "No camera was found that fits; connect one, or choose another deviceId.",
            true,
            { cause }
        );
    }
    return new HandTrackingError(
        "camera-failed",
        `The camera could not be started: ${String(cause)}. Close other programs that use it.`,
        true,
        { cause }
    );
}
