// The source that a behaviour runs on at the moment: started, listened to, stopped, whichever kind it is.

import type { CameraMotion } from "../camera/cameraMotion";
import type { HandTrackingError } from "../errors";
import type { HandState } from "../hand/handState";
import { FiniteHands } from "./finiteHands";
import type { FrameSource, SourceFrame } from "./frameSource";
import { isHandSource, type HandSource } from "./handSource";
import { WebcamSource } from "./webcamSource";

/** Who receives what a source gives. */
export interface SourceListener {
    /** Owns the frame's image. */
    onFrame: (frame: SourceFrame) => void;
    onHands: (hands: readonly HandState[], timeMs: number) => void;
    onError: (error: HandTrackingError) => void;
}

export class ActiveSource {
    private _source: FrameSource | HandSource | null = null;
    private _isOwned = false;

    public get current(): FrameSource | HandSource | null {
        return this._source;
    }

    /** Whether it gives hands themselves, so that pictures have nothing to say. */
    public get givesHands(): boolean {
        return isHandSource(this._source);
    }

    /** The source's clock, ms. */
    public now(): number {
        return this._source?.now?.() ?? performance.now();
    }

    /** Where the source's camera was at a time of its clock; false where it does not move against the attached node. */
    public cameraAt(timeMs: number, out: CameraMotion): boolean {
        return this._source?.cameraAt?.(timeMs, out) ?? false;
    }

    /**
     * Starts a source; one before it must have been stopped.
     * @param chosen "webcam" makes one, which is disposed of when it is stopped
     * @throws HandTrackingError as the source does
     */
    public async startAsync(chosen: "webcam" | FrameSource | HandSource, listener: SourceListener): Promise<void> {
        const source = chosen === "webcam" ? new WebcamSource() : chosen;
        this._source = source;
        this._isOwned = chosen === "webcam";
        if (isHandSource(source)) {
            const finite = new FiniteHands(listener.onError);
            source.onHands = (hands, timeMs) => listener.onHands(finite.of(hands), timeMs);
        } else {
            source.onFrame = listener.onFrame;
        }
        source.onError = listener.onError;
        await source.startAsync();
    }

    /** A frame was processed. */
    public tellProcessed(timeMs: number): void {
        if (this._source && !isHandSource(this._source)) {
            this._source.onProcessed?.(timeMs);
        }
    }

    public stop(): void {
        const source = this._source;
        this._source = null;
        if (!source) {
            return;
        }
        if (isHandSource(source)) {
            source.onHands = null;
        } else {
            source.onFrame = null;
        }
        source.onError = null;
        if (this._isOwned) {
            source.dispose();
        } else {
            source.stop();
        }
    }
}
