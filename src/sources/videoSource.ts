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
        try {
            await this.video.play();
        } catch (cause) {
            throw new HandTrackingError(
                "video-failed",
                `The video ${this.video.currentSrc || this.video.src} could not be played: ${String(cause)}. Check its address and format.`,
                true,
                { cause }
            );
        }
        this._frames.start();
    }

    public stop(): void {
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
}
