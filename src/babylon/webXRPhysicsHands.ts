// A WebXR feature of Babylon's kind: hands with colliders, gestures and a grip in immersive sessions.

import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { WebXRAbstractFeature } from "@babylonjs/core/XR/features/WebXRAbstractFeature";
import type { WebXRExperienceHelper } from "@babylonjs/core/XR/webXRExperienceHelper";
import {
    WebXRFeaturesManager,
    type IWebXRFeature,
    type WebXRFeatureNameType,
} from "@babylonjs/core/XR/webXRFeaturesManager";
import type { WebXRSessionManager } from "@babylonjs/core/XR/webXRSessionManager";
import type { HeadsetCameraFit } from "../calibration/headsetCamera";
import { HandTrackingError } from "../errors";
import { XRCameraSource } from "../xr/xrCameraSource";
import { XRHandSource } from "../xr/xrHandSource";
import type { XRVideoSource } from "../xr/xrVideoSource";
import { CameraCalibrator } from "./cameraCalibrator";
import { HandTrackingBehavior } from "./handTrackingBehavior";
import type { HandTrackingOptions } from "./handTrackingOptions";

/** Where a session's hands come from: the headset's own tracking, or recovery from its camera. */
export type XRHandsFrom = "headset" | "camera";

/** Names of the features that the session must have been granted for each (https://www.w3.org/TR/webxr-hand-input-1/). */
const NATIVE_FEATURES: Record<XRHandsFrom, string> = { headset: "hand-tracking", camera: "camera-access" };

/** Options of `WebXRPhysicsHands`: those of the behaviour that do not follow from the session, and where hands come from. */
export interface WebXRPhysicsHandsOptions extends Omit<
    HandTrackingOptions,
    "source" | "view" | "facingDistance" | "worldScale"
> {
    /**
     * `"headset"` and `"camera"` ask the session for hand tracking or for its camera's image. `"auto"` asks for hand tracking, and
     * falls back on the camera where the session was granted `camera-access` (which asks the user for a permission, so it is the
     * application that must want it) but no hand tracking.
     * @default "auto"
     */
    hands?: "auto" | XRHandsFrom;
    /**
     * A camera of the headset that its browser gives through getUserMedia: hands are recovered from it, whatever `hands` says, and
     * the session needs neither hand tracking nor `camera-access`. Stays yours to dispose of. While its place on the headset is not
     * known, and the session has hand tracking, `calibrateAsync` finds it.
     */
    video?: XRVideoSource;
}

/**
 * Hands of immersive sessions: `behavior` has what a HandTrackingBehavior has, found hands, gestures, colliders, grips. It is
 * attached while a session runs; what is held when it ends comes to rest. It stands beside Babylon's own WebXRHandTracking,
 * which shows hands but moves no Havok bodies. Follows the session's world scale and reference space.
 */
export class WebXRPhysicsHands extends WebXRAbstractFeature {
    /** Name under which it is enabled. */
    public static readonly Name = "xr-physics-hands";
    /** Version under which it is enabled. */
    public static readonly Version = 1;

    /** The hands: add observers before or during sessions, they stay. */
    public readonly behavior: HandTrackingBehavior;

    private readonly _hands: "auto" | XRHandsFrom;
    private readonly _video: XRVideoSource | null;
    private _origin: TransformNode | null = null;
    private _source: XRHandSource | XRCameraSource | XRVideoSource | null = null;
    private _calibration: CameraCalibrator | null = null;

    /** @throws HandTrackingError `invalid-argument` as HandTrackingBehavior does */
    public constructor(sessionManager: WebXRSessionManager, options: WebXRPhysicsHandsOptions = {}) {
        super(sessionManager);
        const { hands = "auto", video = null, ...behaviorOptions } = options;
        this._hands = hands;
        this._video = video;
        this.behavior = new HandTrackingBehavior({ ...behaviorOptions, view: "camera" });
        this.xrNativeFeatureName = NATIVE_FEATURES[hands === "camera" ? "camera" : "headset"];
    }

    /** Makes the feature known to Babylon's features manager; done by `EnableOn`. */
    public static Register(): void {
        WebXRFeaturesManager.AddWebXRFeature(
            WebXRPhysicsHands.Name,
            (sessionManager, options: WebXRPhysicsHandsOptions) => () => new WebXRPhysicsHands(sessionManager, options),
            WebXRPhysicsHands.Version,
            false
        );
    }

    /**
     * Registers and enables it for the sessions of an XR experience, `xr.baseExperience` of the default one. Sessions that can't
     * give hands go on without.
     */
    public static EnableOn(
        experience: WebXRExperienceHelper,
        options: WebXRPhysicsHandsOptions = {}
    ): WebXRPhysicsHands {
        WebXRPhysicsHands.Register();
        const { Name, Version } = WebXRPhysicsHands;
        const manager = experience.featuresManager;
        // The type lists Babylon's own features only.
        const name = Name as string as WebXRFeatureNameType;
        return manager.enableFeature(
            name,
            Version,
            options as object,
            true,
            false
        ) as IWebXRFeature as WebXRPhysicsHands;
    }

    /** Where the hands of the running session come from; null outside of sessions. */
    public get handsFrom(): XRHandsFrom | null {
        return this._source && (this._source instanceof XRHandSource ? "headset" : "camera");
    }

    /** Called by the features manager when a session begins. What is missing is told by the behaviour's `onErrorObservable`. */
    public override attach(force?: boolean): boolean {
        const from = this._chooseSource();
        if (!from) {
            this.behavior.onErrorObservable.notifyObservers(this._unavailable());
            return false;
        }
        // What a session is asked for stays; what this one must have been granted is what the hands come from.
        const requested = this.xrNativeFeatureName;
        this.xrNativeFeatureName = this._video ? "" : NATIVE_FEATURES[from];
        const isAttached = super.attach(force);
        this.xrNativeFeatureName = requested;
        if (!isAttached) {
            return false;
        }
        try {
            this._source = this._video ?? (from === "headset" ? new XRHandSource() : this._createCameraSource());
        } catch (error) {
            this.behavior.onErrorObservable.notifyObservers(error as HandTrackingError);
            super.detach();
            return false;
        }
        const { scene } = this._xrSessionManager;
        this._origin = new TransformNode("xr-origin", scene);
        this._origin.doNotSerialize = true;
        this.behavior.worldScale = this._xrSessionManager.worldScalingFactor;
        // Before attaching, the source is chosen only.
        void this.behavior.setSourceAsync(this._source);
        this.behavior.attach(this._origin);
        this._addNewAttachObserver(
            this._xrSessionManager.onWorldScaleFactorChangedObservable,
            ({ newScaleFactor }) => (this.behavior.worldScale = newScaleFactor)
        );
        if (!(this._source instanceof XRHandSource)) {
            const source = this._source;
            this._addNewAttachObserver(this._xrSessionManager.onXRReferenceSpaceChanged, () => source.cut());
        }
        return true;
    }

    /** Called by the features manager when a session ends: hands are lost, what they hold comes to rest. */
    public override detach(): boolean {
        if (!super.detach()) {
            return false;
        }
        this._calibration?.cancel();
        this._calibration = null;
        this.behavior.detach();
        if (this._source !== this._video) {
            this._source?.dispose();
        }
        this._source = null;
        this._origin?.dispose();
        this._origin = null;
        return true;
    }

    /**
     * Finds where `options.video` is on the headset, with a hand that the user moves through the view while headset and camera both
     * see it; then goes on with it. Keep what it resolves to for the next time: `new XRVideoSource(camera, fit)`.
     * @param onProgress 0..1
     * @throws HandTrackingError `calibration-failed` where the session ends before, or has no hand tracking
     */
    public async calibrateAsync(onProgress?: (progress: number) => void): Promise<HeadsetCameraFit> {
        if (!this._video || !this.attached) {
            throw new HandTrackingError(
                "calibration-failed",
                "There is no camera to place: give options.video, and calibrate while a session runs.",
                false
            );
        }
        this._calibration?.cancel();
        this._calibration = new CameraCalibrator(this.behavior, this._video, onProgress);
        const fit = await this._calibration.result;
        this._video.camera = fit;
        return fit;
    }

    /** Frees everything for good, the behaviour too. */
    public override dispose(): void {
        super.dispose();
        this.behavior.dispose();
    }

    protected _onXRFrame(frame: XRFrame): void {
        const { referenceSpace, currentTimestamp, scene } = this._xrSessionManager;
        if (this._origin && scene.activeCamera) {
            // As Babylon's own controllers: where the camera rides on something, so do the hands.
            this._origin.parent = scene.activeCamera.parent;
        }
        this._source?.update(frame, referenceSpace, currentTimestamp);
        this._calibration?.update(frame, referenceSpace, currentTimestamp);
        if (this._source instanceof XRCameraSource) {
            // Browsers leave the camera's texture bound when they hand it out (seen in Chrome 147 on Android).
            scene.getEngine().wipeCaches(true);
        }
    }

    private _chooseSource(): XRHandsFrom | null {
        if (this._video) {
            return "camera";
        }
        const granted = this._xrSessionManager.enabledFeatures;
        if (!granted) {
            // Some browsers (visionOS) do not tell; what is missing shows later.
            return this._hands === "camera" ? "camera" : "headset";
        }
        const wanted: readonly XRHandsFrom[] = this._hands === "auto" ? ["headset", "camera"] : [this._hands];
        return wanted.find((from) => granted.includes(NATIVE_FEATURES[from])) ?? null;
    }

    private _createCameraSource(): XRCameraSource {
        const engine = this._xrSessionManager.scene.getEngine();
        const gl = engine.getRenderingCanvas()?.getContext("webgl2");
        if (engine.isWebGPU || !gl) {
            throw new HandTrackingError(
                "xr-camera-missing",
                "A session's camera image is given to WebGL 2 only; create the scene with Babylon's Engine instead of WebGPUEngine. The networks run on WebGPU all the same."
            );
        }
        return new XRCameraSource(this._xrSessionManager.session, gl);
    }

    private _unavailable(): HandTrackingError {
        const granted = this._xrSessionManager.enabledFeatures?.join(", ");
        const remedy =
            this._hands === "camera"
                ? "Only phones give a session's camera so far, to sessions that ask for camera-access and users who allow it; use the headset's own hands, or a camera of getUserMedia (options.video)."
                : "Allow hand tracking in the headset's settings and for this page, or enter with camera-access among the optional features.";
        const missing =
            this._hands === "auto"
                ? "no hands, neither the headset's own nor from its camera"
                : `no hands from the ${this._hands}`;
        return new HandTrackingError(
            "xr-unavailable",
            `The session gives ${missing}: it was granted only [${granted}]. ${remedy}`
        );
    }
}
