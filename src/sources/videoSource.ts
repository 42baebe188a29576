// Frames of a video: an element of the page, or a URL.

import { HandTrackingError } from "../errors";
import type { FrameSource, SourceFrame } from "./frameSource";
import { createVideoElement, VideoFrames, type CameraModel } from "./videoFrames";

export interface VideoOptions extends CameraModel {
    /** Play again from the start at the end. @default true */
    loop?: boolean;
}

export class VideoSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public readonly video: HTMLVideoElement;

    private readonly _frames: VideoFrames;
    private readonly _ownsVideo: boolean;
    // Raised by every start and stop: a video that begins to play after them gives no frames.
    private _generation = 0;

    /** @param video an element, which stays the page's, or a URL to play muted */
    public constructor(video: HTMLVideoElement | string, options: VideoOptions = {}) {
        this._ownsVideo = typeof video === "string";
        this.video = typeof video === "string" ? createVideoElement() : video;
        if (typeof video === "string") {
            this.video.src = video;
            this.video.loop = options.loop ?? true;
        }
        this._frames = new VideoFrames(this.video, options, (frame) => {
            if (this.onFrame) {
                this.onFrame(frame);
            } else {
                frame.image.close();
            }
        });
    }

    /** @throws HandTrackingError `video-failed` */
    public async startAsync(): Promise<void> {
        const generation = ++this._generation;
        try {
            await this.video.play();
        } catch (cause) {
            if (generation === this._generation) {
                throw this._failure(`could not be played: ${String(cause)}`, cause);
            }
            return;
        }
        if (generation === this._generation) {
            this.video.addEventListener("error", this._fail);
            this._frames.start();
        }
    }

    public stop(): void {
        this._generation++;
        this.video.removeEventListener("error", this._fail);
        this._frames.stop();
        if (this._ownsVideo) {
            this.video.pause();
        }
    }

    public dispose(): void {
        this.onFrame = null;
        this.onError = null;
        this.stop();
        if (this._ownsVideo) {
            this.video.removeAttribute("src");
            this.video.load();
        }
    }

    /** Its file broke off, or its address was changed to one that can't be played. */
    private readonly _fail = (): void => {
        const { error } = this.video;
        this.stop();
        this.onError?.(this._failure(`broke off: ${error?.message || `media error ${error?.code}`}`, error));
    };

    private _failure(what: string, cause: unknown): HandTrackingError {
        return new HandTrackingError(
            "video-failed",
            `The video ${this.video.currentSrc || this.video.src} ${what}. Check its address and format.`,
            true,
            { cause }
        );
    }
}
