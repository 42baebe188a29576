// Hands in a Babylon scene from a camera's picture: the behaviour that ties frames, worker, rig, colliders and events.

import type { Behavior } from "@babylonjs/core/Behaviors/behavior";
import type { Camera } from "@babylonjs/core/Cameras/camera";
import { Observable, type Observer } from "@babylonjs/core/Misc/observable";
import type { Node } from "@babylonjs/core/node";
import type { Scene } from "@babylonjs/core/scene";
import { HandTrackingError } from "../errors";
import { createCameraMotion } from "../camera/cameraMotion";
import { DEFAULT_FACING_DISTANCE } from "../camera/facingView";
import { PoseRegistry } from "../gestures/poseRegistry";
import type { FrameSource } from "../sources/frameSource";
import { ActiveSource } from "../sources/activeSource";
import { isHandSource, type HandSource } from "../sources/handSource";
import { checkPalmLength } from "../worker/clientOptions";
import { ClientSlot } from "../worker/clientSlot";
import type { PipelineClientResult, PipelineStats } from "../worker/protocol";
import { DEFAULT_RECOVERER } from "../recovery/recovererNames";
import { Deferred } from "../deferred";
import { CameraSpaceMapping } from "./cameraSpace";
import { HandEvents, type HandSetOptions } from "./handEvents";
import { HandSet } from "./handSet";
import type { HandMaterialKind } from "./handMaterials";
import type { HandMeshKind, HandTrackingOptions, HandView } from "./handTrackingOptions";
import type { TrackedHand } from "./trackedHand";

/** The `models` folder of this package, where no bundler has moved this file away from it. */
const DEFAULT_MODEL_BASE_URL = new URL(/* @vite-ignore */ "../../models/", import.meta.url).href;

/** Where the behaviour stands. */
export type HandTrackingState =
    /** Not attached to anything. */
    | "detached"
    /** Models are loading or the camera is starting. */
    | "starting"
    /** Frames are processed. */
    | "running"
    /** Tracking has stopped on an error; attach again, or set another source. */
    | "failed";

/** Loading of models: bytes so far and in all. */
export interface LoadProgress {
    loadedBytes: number;
    totalBytes: number;
}

/**
 * Finds hands in a camera's frames and puts them into the scene: skinned, with colliders, able to pinch and grab.
 * Hands appear in front of the camera or node that the behaviour is attached to, at their real distance in metres.
 */
export class HandTrackingBehavior extends HandEvents implements Behavior<Node> {
    /** Something went wrong; `fatal` says whether tracking has stopped. */
    public readonly onErrorObservable = new Observable<HandTrackingError>();
    /** Models are loading: those of the start, or the recoverer of `setRecovererAsync`. */
    public readonly onProgressObservable = new Observable<LoadProgress>();
    /** Another recoverer has taken over: its name. */
    public readonly onRecovererChangedObservable = new Observable<string>();
    /** A frame was processed; its observations are valid during the call only. */
    public readonly onFrameObservable = new Observable<PipelineClientResult>();

    private readonly _options: HandTrackingOptions;
    private _state: HandTrackingState = "detached";
    private _ready = new Deferred();
    private _attachedNode: Node | null = null;
    private _mapping: CameraSpaceMapping | null = null;
    private _hands: HandSet | null = null;
    private readonly _camera = createCameraMotion();
    private readonly _client = new ClientSlot({
        onResult: (result) => this._receive(result),
        onProgress: (loadedBytes, totalBytes) => this.onProgressObservable.notifyObservers({ loadedBytes, totalBytes }),
        onError: (error) => this._fail(error),
        // A failure is reported.
        onProposal: (goOverAsync) => void this._changeRecovererAsync(goOverAsync).catch(() => undefined),
    });
    private readonly _source = new ActiveSource();
    private _frameObserver: Observer<Scene> | null = null;
    // Raised by every attach, detach and change of source: what was started under another number is out of date.
    private _generation = 0;
    private _isDisposed = false;

    /**
     * @param options see `HandTrackingOptions`; none is needed
     */
    public constructor(options: HandTrackingOptions = {}) {
        super();
        checkPalmLength(options.palmLength);
        this._options = { ...options };
        this._client.wantsVertices = this.handMesh === "recovered";
        this._client.wantsTextures = this.handTexture;
    }

    /**
     * Attaches a new behaviour to a scene's active camera, at once: `addBehavior` waits while the scene loads unless it is told
     * not to.
     * @throws HandTrackingError `invalid-argument` if the scene has no camera
     */
    public static attachToScene(scene: Scene, options: HandTrackingOptions = {}): HandTrackingBehavior {
        const camera: Camera | null = scene.activeCamera;
        if (!camera) {
            throw new HandTrackingError(
                "invalid-argument",
                "The scene has no active camera; create one before attaching hand tracking."
            );
        }
        const behavior = new HandTrackingBehavior(options);
        camera.addBehavior(behavior, true);
        return behavior;
    }

    /** Name of the behaviour. */
    public get name(): string {
        return "HandTracking";
    }

    /** Where the behaviour stands. */
    public get state(): HandTrackingState {
        return this._state;
    }

    /**
     * Settles when the next start is over, or the one that goes on: resolved once the source runs, or when detached
     * meanwhile; rejected with the HandTrackingError that `onErrorObservable` gave. Babylon attaches behaviours only when the
     * scene has loaded, so it may be waited for before.
     */
    public get readyPromise(): Promise<void> {
        return this._ready.promise;
    }

    /** The camera or node that hands appear in front of. */
    public get attachedNode(): Node | null {
        return this._attachedNode;
    }

    /** The hands that are tracked now or were a moment ago. */
    public get hands(): readonly TrackedHand[] {
        return this._hands?.hands ?? [];
    }

    /** Where frames or hands come from at the moment. */
    public get source(): FrameSource | HandSource | null {
        return this._source.current;
    }

    /** Backend with the reason for its choice, ms a stage, frames processed and dropped; null before the start. */
    public get stats(): PipelineStats | null {
        return this._client.stats;
    }

    /** Poses of the application's own, recognised like the gestures that come with the plugin. */
    public get poses(): PoseRegistry {
        return (this._options.poses ??= new PoseRegistry());
    }

    /** How camera space is laid into the scene. */
    public get view(): HandView {
        return this._options.view ?? "facing";
    }
    public set view(view: HandView) {
        this._options.view = view;
        if (this._mapping) {
            this._mapping.view = view;
            this._hands?.remap();
        }
    }

    /** See `HandTrackingOptions.facingDistance`. */
    public get facingDistance(): number {
        return this._options.facingDistance ?? DEFAULT_FACING_DISTANCE;
    }
    public set facingDistance(metres: number) {
        this._options.facingDistance = metres;
        if (this._mapping) {
            this._mapping.facingDistance = metres;
        }
    }

    /** Scene units per metre; after a change hands are made anew, and what they hold comes to rest. */
    public get worldScale(): number {
        return this._options.worldScale ?? 1;
    }
    public set worldScale(unitsPerMetre: number) {
        this._options.worldScale = unitsPerMetre;
        if (this._mapping && this._mapping.worldScale !== unitsPerMetre) {
            this._mapping.worldScale = unitsPerMetre;
            this._hands?.remap();
        }
    }

    /** Look of the shown hands; false shows none. */
    public get rig(): HandMaterialKind | false {
        return this._options.rig ?? "skin";
    }
    public set rig(kind: HandMaterialKind | false) {
        this._options.rig = kind;
        this._hands?.setRig(kind);
    }

    /** What the shown hands are made of; tracks and what is held outlast a change. */
    public get handMesh(): HandMeshKind {
        return this._options.handMesh ?? "rig";
    }
    public set handMesh(kind: HandMeshKind) {
        this._options.handMesh = kind;
        this._hands?.setHandMesh(kind);
        this._client.wantsVertices = kind === "recovered";
    }

    /** Whether shown hands wear their own skin, see `HandTrackingOptions.handTexture`; false returns to the material's. */
    public get handTexture(): boolean {
        return this._options.handTexture ?? false;
    }
    public set handTexture(isOn: boolean) {
        this._options.handTexture = isOn;
        this._hands?.setHandTexture(isOn);
        this._client.wantsTextures = isOn;
    }

    /** Whether hands are carried on to the moment that is drawn, see `HandTrackingOptions.prediction`. */
    public get prediction(): boolean {
        return this._options.prediction ?? true;
    }
    public set prediction(isOn: boolean) {
        this._options.prediction = isOn;
        this._hands?.setPrediction(isOn);
    }

    /** Part of the Behavior interface; nothing to do before attaching. */
    public init(): void {}

    /**
     * Starts tracking in front of `target`. Returns at once; wait for `readyPromise` or listen to the observables.
     * @throws HandTrackingError `invalid-argument` after `dispose`
     */
    public attach(target: Node): void {
        if (this._isDisposed) {
            throw new HandTrackingError(
                "invalid-argument",
                "This HandTrackingBehavior was disposed; create a new one."
            );
        }
        this.detach();
        this._attachedNode = target;
        const scene = target.getScene();
        this._mapping = new CameraSpaceMapping(scene, target, {
            view: this.view,
            facingDistance: this._options.facingDistance,
            worldScale: this._options.worldScale,
        });
        this._hands = new HandSet(scene, this._mapping, this._handSetOptions(scene), this);
        this._frameObserver = scene.onBeforeAnimationsObservable.add(() => this._update());
        this._start();
    }

    /** Stops tracking and frees everything that attaching made; the behaviour may be attached again. */
    public detach(): void {
        this._generation++;
        this._source.stop();
        this._client.dispose();
        if (this._attachedNode) {
            this._ready.resolve();
            this._ready = new Deferred();
        }
        this._frameObserver?.remove();
        this._frameObserver = null;
        this._hands?.dispose();
        this._hands = null;
        this._mapping = null;
        this._attachedNode = null;
        this._state = "detached";
    }

    /**
     * Goes on with another source of frames or hands, from the webcam to a clip for instance; models stay loaded. Before
     * attaching it is chosen only, and `readyPromise` tells how it starts: `addBehavior` attaches when the scene has loaded, or at
     * once if its second argument says so.
     */
    public async setSourceAsync(source: "webcam" | FrameSource | HandSource): Promise<void> {
        this._options.source = source;
        if (!this._attachedNode) {
            return;
        }
        this._source.stop();
        // Another source may have another clock: nothing that hands remember holds on it.
        this._hands?.remap();
        this._ready.resolve();
        this._ready = new Deferred();
        this._start();
        await this._ready.promise;
    }

    /** Name of the recoverer that runs, or that is chosen: `"auto"` until it is attached. */
    public get recoverer(): string {
        return this._client.recoverer ?? this._options.recoverer ?? DEFAULT_RECOVERER;
    }

    /**
     * Goes on with another recoverer: it is loaded (`onProgressObservable`) while the one before runs, and takes over between
     * two frames; tracks and what is held stay. Before attaching it is chosen only.
     * @throws HandTrackingError of the model and backend codes, which `onErrorObservable` gives too; the one before goes on then
     */
    public async setRecovererAsync(name: string): Promise<void> {
        if (!this._client.start) {
            this._options.recoverer = name;
            return;
        }
        await this._client.start;
        await this._changeRecovererAsync(() => this._client.setRecovererAsync(name));
        this._options.recoverer = name;
    }

    /** Detaches and frees everything for good. */
    public dispose(): void {
        this._isDisposed = true;
        if (this._attachedNode) {
            this._attachedNode.removeBehavior(this);
        }
        this.detach();
        for (const value of Object.values(this)) {
            if (value instanceof Observable) {
                value.clear();
            }
        }
    }

    private _handSetOptions(scene: Scene): HandSetOptions {
        const physics = scene.isPhysicsEnabled?.() ?? false;
        const { colliders = physics, grab = physics } = this._options;
        if ((colliders || grab) && !physics) {
            this._report(
                new HandTrackingError(
                    "physics-missing",
                    "Colliders or grabbing were asked for, but the scene has no physics; call scene.enablePhysics with a HavokPlugin before attaching.",
                    false
                )
            );
        }
        return {
            rig: this.rig,
            handMesh: this.handMesh,
            handTexture: this.handTexture,
            prediction: this.prediction,
            colliders: colliders && physics,
            grab: grab && physics,
            poses: this.poses,
            near: this._options.nearInteraction ?? true,
        };
    }

    private _start(): void {
        const ready = this._ready;
        this._startAsync(++this._generation).then(
            () => ready.resolve(),
            (error: unknown) => ready.reject(error)
        );
    }

    private async _startAsync(generation: number): Promise<void> {
        this._state = "starting";
        try {
            if (!isHandSource(this._options.source)) {
                await this._startClientAsync();
            }
            if (generation === this._generation) {
                await this._startSourceAsync(generation);
            }
            if (generation === this._generation) {
                this._state = "running";
            }
        } catch (cause) {
            if (generation !== this._generation) {
                return;
            }
            const error =
                cause instanceof HandTrackingError
                    ? cause
                    : new HandTrackingError("worker-failed", `Hand tracking could not start: ${String(cause)}`, true, {
                          cause,
                      });
            this._state = "failed";
            this._report(error);
            throw error;
        }
    }

    private _startClientAsync(): Promise<void> {
        return this._client.startAsync({
            ...this._options,
            modelBaseUrl: this._options.modelBaseUrl ?? DEFAULT_MODEL_BASE_URL,
        });
    }

    private async _changeRecovererAsync(goOverAsync: () => Promise<void>): Promise<void> {
        const hands = this._hands;
        try {
            if (hands) {
                hands.isWaiting = true;
            }
            await goOverAsync();
            this.onRecovererChangedObservable.notifyObservers(this.recoverer);
        } catch (error) {
            this._report(error as HandTrackingError);
            throw error;
        } finally {
            if (hands) {
                hands.isWaiting = false;
            }
        }
    }

    private async _startSourceAsync(generation: number): Promise<void> {
        const isCurrent = (): boolean => generation === this._generation;
        await this._source.startAsync(this._options.source ?? "webcam", {
            onFrame: (frame) => {
                if (isCurrent()) {
                    this._client.submit(frame);
                } else {
                    frame.image.close();
                }
            },
            onHands: (hands, timeMs) => {
                if (isCurrent()) {
                    this._placeCamera(timeMs);
                    this._hands?.receiveStates(hands);
                }
            },
            onError: (error) => {
                if (isCurrent()) {
                    this._fail(error);
                }
            },
        });
    }

    private _receive(result: PipelineClientResult): void {
        try {
            if (result.count >= 0 && !this._source.givesHands) {
                this._placeCamera(result.timeMs);
                this._hands?.receive(result);
                this.onFrameObservable.notifyObservers(result);
            }
        } finally {
            // Listeners may throw: a source that waits for its frame waits no longer.
            this._source.tellProcessed(result.timeMs);
        }
    }

    /** Hands are laid before where the camera was when it saw them. */
    private _placeCamera(timeMs: number): void {
        if (this._mapping) {
            this._mapping.camera = this._source.cameraAt(timeMs, this._camera) ? this._camera : null;
        }
    }

    private _fail(error: HandTrackingError): void {
        if (error.fatal) {
            this._state = "failed";
            this._hands?.loseAll();
        }
        this._report(error);
    }

    private _report(error: HandTrackingError): void {
        this.onErrorObservable.notifyObservers(error);
    }

    private _update(): void {
        this._hands?.update(this._source.now());
    }
}
