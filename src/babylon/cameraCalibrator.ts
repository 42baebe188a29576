// Feeds a calibration of a headset's camera while a session runs: the headset's hands beside those that the camera shows.

import type { Observer } from "@babylonjs/core/Misc/observable";
import { HeadsetCameraCalibration, type HeadsetCameraFit } from "../calibration/headsetCamera";
import { HandTrackingError } from "../errors";
import type { HandState } from "../hand/handState";
import { createHandObservation, OBSERVATION_LENGTH, unpackObservation } from "../tracking/handObservation";
import type { PipelineClientResult } from "../worker/protocol";
import { XRHandSource } from "../xr/xrHandSource";
import type { XRVideoSource } from "../xr/xrVideoSource";
import type { HandTrackingBehavior } from "./handTrackingBehavior";

/** New sightings between two attempts. */
const BETWEEN = 20;

export class CameraCalibrator {
    /** The camera, once the hand was seen well enough; rejected by `cancel`. */
    public readonly result: Promise<HeadsetCameraFit>;

    private readonly _calibration = new HeadsetCameraCalibration();
    private readonly _headset = new XRHandSource();
    private readonly _observation = createHandObservation();
    private readonly _observer: Observer<PipelineClientResult>;
    private _resolve!: (fit: HeadsetCameraFit) => void;
    private _reject!: (error: HandTrackingError) => void;
    private _seen = 0;
    private _isOver = false;

    public constructor(
        behavior: HandTrackingBehavior,
        private readonly _video: XRVideoSource,
        private readonly _onProgress?: (progress: number) => void
    ) {
        this.result = new Promise((resolve, reject) => {
            this._resolve = resolve;
            this._reject = reject;
        });
        this._headset.onHands = (hands: readonly HandState[]) => {
            for (const hand of hands) {
                this._calibration.addHeadset(hand);
            }
        };
        void this._headset.startAsync();
        this._observer = behavior.onFrameObservable.add((result) => this._receive(result));
    }

    /** The session's frame. */
    public update(frame: XRFrame, space: XRReferenceSpace, timeMs: number): void {
        this._headset.update(frame, space, timeMs);
    }

    /** Gives up: the session ends. */
    public cancel(): void {
        this._end();
        this._reject(
            new HandTrackingError(
                "calibration-failed",
                "The calibration ended before the camera was found; start it again and keep a hand in view for some ten seconds.",
                false
            )
        );
    }

    private _receive(result: PipelineClientResult): void {
        const { assumedIntrinsics } = this._video;
        for (let i = 0; i < result.count && assumedIntrinsics; i++) {
            unpackObservation(result.buffer, i * OBSERVATION_LENGTH, result.timeMs, this._observation);
            const { side, keypointsPx } = this._observation;
            this._calibration.addCamera(side, keypointsPx, assumedIntrinsics, result.timeMs);
            this._seen++;
        }
        this._onProgress?.(this._calibration.progress);
        if (this._calibration.progress < 1 || this._seen < BETWEEN) {
            return;
        }
        this._seen = 0;
        try {
            const fit = this._calibration.solve();
            this._end();
            this._resolve(fit);
        } catch {
            // The hand has not been everywhere yet.
        }
    }

    private _end(): void {
        if (!this._isOver) {
            this._isOver = true;
            this._observer.remove();
            this._headset.dispose();
        }
    }
}
