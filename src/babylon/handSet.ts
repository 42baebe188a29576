// The hands of one behaviour: which observation belongs to which TrackedHand, who was found and lost, what they do.

import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { Observer } from "@babylonjs/core/Misc/observable";
import type { Scene } from "@babylonjs/core/scene";
import { isClosing } from "../gestures/handMeasures";
import { copyHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, WRIST } from "../hand/joints";
import { addCameraMotion } from "../tracking/egoMotion";
import { createHandObservation, OBSERVATION_LENGTH, unpackObservation } from "../tracking/handObservation";
import { LOSS_GRACE_MS, STALL_MS } from "../tracking/presence";
import { predictHandState } from "../tracking/prediction";
import type { PipelineClientResult } from "../worker/protocol";
import type { CameraSpaceMapping } from "./cameraSpace";
import { GestureActions } from "./gestureActions";
import type { HandEvents, HandSetOptions } from "./handEvents";
import type { HandMaterialKind } from "./handMaterials";
import { HandPool } from "./handPool";
import type { HandMeshKind } from "./handTrackingOptions";
import { NearInteraction } from "./nearInteraction";
import type { TrackedHand } from "./trackedHand";

/** The fingers' speed is taken over at least this long where states are not predicted, ms. */
const CLOSING_MS = 50;

/** Made on attach, disposed of on detach. */
export class HandSet {
    /** Frames are known to be late, as another network is being made: hands stay where they are. */
    public isWaiting = false;

    private readonly _pool: HandPool;
    private readonly _hands: readonly TrackedHand[];
    private readonly _observation = createHandObservation();
    private readonly _joints = new Float32Array(JOINT_COUNT * 3);
    private readonly _rotations = new Float32Array(JOINT_COUNT * 4);
    private readonly _wrist = new Vector3();
    private _near: NearInteraction | null = null;
    private readonly _observer: Observer<Scene>;
    private _nowMs = 0;
    private _elapsedMs = 0;
    private _receivedMs = 0;
    // Whoever hears of a hand may detach: then no other is made, or told of.
    private _isDisposed = false;

    public constructor(
        private readonly _scene: Scene,
        private readonly _mapping: CameraSpaceMapping,
        private readonly _options: HandSetOptions,
        private readonly _events: HandEvents
    ) {
        const actions = new GestureActions(_mapping, _events);
        this._pool = new HandPool(_scene, _mapping, _options, _events, actions, () => this._nowMs);
        this._hands = this._pool.hands;
        this._createNear();
        // After the physics of the frame.
        this._observer = _scene.onBeforeRenderObservable.add(() => this._showFingers());
    }

    /** Hands that are tracked or were a moment ago. */
    public get hands(): readonly TrackedHand[] {
        return this._hands;
    }

    /** Takes what a frame showed. */
    public receive(result: PipelineClientResult): void {
        this._mapping.refresh();
        this._receivedMs = this._nowMs;
        this._beginSeeing();
        for (let i = 0; i < result.count && !this._isDisposed; i++) {
            const offset = i * OBSERVATION_LENGTH;
            unpackObservation(result.buffer, offset, result.timeMs, this._observation);
            const hand = this._pool.handFor(this._observation.id, this._observation.side);
            hand._isSeen = true;
            unpackObservation(result.buffer, offset, result.timeMs, hand._observation);
            if (this._mapping.camera) {
                addCameraMotion(hand._observation, this._mapping.camera);
            }
            this._keepEarlier(hand, result.timeMs);
            predictHandState(hand._observation, result.timeMs, hand.capturedState);
            hand._takeMesh(result.meshes, i);
            if (result.textures && this._options.handTexture) {
                hand._takeTexture(result.textures, i);
            }
            hand._isPredicted = this._options.prediction ?? true;
            this._observe(hand);
        }
        this._loseUnseen();
    }

    /** Takes the hands of a `HandSource`: they are shown as they are, without a prediction. */
    public receiveStates(states: readonly HandState[]): void {
        this._mapping.refresh();
        this._receivedMs = this._nowMs;
        this._beginSeeing();
        for (const state of states) {
            if (this._isDisposed) {
                return;
            }
            const hand = this._pool.handFor(state.id, state.side);
            hand._isSeen = true;
            this._keepEarlier(hand, state.timeMs);
            copyHandState(state, hand.capturedState);
            hand._takeMesh(null, 0);
            hand._isPredicted = false;
            this._observe(hand);
        }
        this._loseUnseen();
    }

    /**
     * Places all hands for the frame about to be rendered, before its physics: bodies reach in it what is drawn, and what is
     * held stays between the shown fingers.
     */
    public update(nowMs: number): void {
        this._elapsedMs = nowMs - this._nowMs;
        this._nowMs = nowMs;
        if (this.isWaiting) {
            this._receivedMs = nowMs;
        }
        this._mapping.refresh();
        // Those who hear of a hand may have all of them made anew.
        for (let i = this._hands.length - 1; i >= 0; i = Math.min(i, this._hands.length) - 1) {
            const hand = this._hands[i];
            if (hand.isTracked && nowMs - this._receivedMs > STALL_MS) {
                this._lose(hand);
            }
            if (hand.isTracked) {
                this._place(hand, nowMs);
                hand._blendSkin(this._elapsedMs);
                this._near?.update(hand);
                if (hand.isTracked) {
                    this._events.onHandUpdatedObservable.notifyObservers(hand);
                }
            } else if (hand === this._hands[i] && nowMs - hand._lastSeenMs > LOSS_GRACE_MS) {
                this._retire(i);
            }
        }
    }

    /** All hands at once, for a source that was changed or has failed. */
    public loseAll(): void {
        for (const hand of this._hands) {
            if (hand.isTracked) {
                this._lose(hand);
            }
        }
        for (let i = this._hands.length - 1; i >= 0; i--) {
            this._retire(i);
        }
    }

    /** @see HandPool.setRig */
    public setRig(kind: HandMaterialKind | false): void {
        this._pool.setRig(kind);
    }

    /** @see HandPool.setHandMesh */
    public setHandMesh(kind: HandMeshKind): void {
        this._pool.setHandMesh(kind);
    }

    /** @see HandPool.setHandTexture */
    public setHandTexture(isOn: boolean): void {
        this._pool.setHandTexture(isOn);
    }

    /** Whether hands are carried on to the moment that is drawn; those that are seen, from now on. */
    public setPrediction(isOn: boolean): void {
        this._options.prediction = isOn;
    }

    /** Lets go of everything and makes all anew: the view, or the scene's units, have changed. */
    public remap(): void {
        this._disposeHands();
        this._near?.dispose();
        this._createNear();
    }

    /** Hands are lost and what they hold comes to rest before they are gone, as in `loseAll`. */
    public dispose(): void {
        this._isDisposed = true;
        this._observer.remove();
        this._disposeHands();
        this._near?.dispose();
    }

    private _createNear(): void {
        this._near = this._options.near ? new NearInteraction(this._scene, this._mapping.worldScale) : null;
    }

    private _disposeHands(): void {
        this.loseAll();
        this._pool.dispose();
    }

    private _beginSeeing(): void {
        for (const hand of this._hands) {
            hand._isSeen = false;
        }
    }

    private _loseUnseen(): void {
        for (const hand of this._hands) {
            if (hand.isTracked && !hand._isSeen) {
                this._lose(hand);
            }
        }
    }

    /** Before a hand's captured state is replaced by that of `timeMs`: the one before lasts for a moment. */
    private _keepEarlier({ capturedState, _earlier }: TrackedHand, timeMs: number): void {
        if (!(timeMs - _earlier.timeMs < CLOSING_MS)) {
            copyHandState(capturedState, _earlier);
        }
    }

    private _observe(hand: TrackedHand): void {
        const { timeMs } = hand.capturedState;
        hand._lastSeenMs = timeMs;
        const isNew = !hand.isTracked;
        hand.isTracked = true;
        if (isNew) {
            this._place(hand, timeMs);
            hand.grabber?.resetMotion();
            this._events.onHandFoundObservable.notifyObservers(hand);
        }
        if (hand.isTracked) {
            this._judge(hand);
        }
    }

    /** Gestures are judged on what the camera saw, not on what is predicted of it. */
    private _judge(hand: TrackedHand): void {
        const { capturedState: state } = hand;
        if (hand.grabber) {
            this._mapping.toWorld(state, this._joints, this._rotations);
            hand.grabber.addSample(state.timeMs, this._joints, this._rotations);
            hand.grabber.hover();
        }
        // Cameras that look where the user does show the picture as it is, all others face the user.
        hand.gestures.mirrored = this._mapping.view !== "camera";
        hand.gestures.update(state);
    }

    private _place(hand: TrackedHand, nowMs: number): void {
        if (hand._isPredicted) {
            predictHandState(hand._observation, nowMs, hand.state);
        } else {
            copyHandState(hand.capturedState, hand.state);
        }
        hand._place(this._mapping);
        const scale = this._mapping.worldScale;
        hand._show(hand.worldJoints, hand.worldRotations, scale);
        if (hand.colliders) {
            const { sigma, depthSigma } = hand.state;
            this._wrist.fromArray(hand.worldJoints, WRIST * 3);
            hand._contact.update(
                this._wrist,
                this._mapping.viewingDirection,
                sigma * scale,
                depthSigma * scale,
                this._elapsedMs,
                scale
            );
            hand.colliders.update(hand.worldJoints, hand.worldRotations, hand.worldRadii, hand._contact.offset);
            hand.colliders.setEnabled(true);
        }
        if (hand.grabber) {
            hand.grabber.moveTo(hand.worldJoints, hand.worldRotations);
            if (!hand.pinch.isActive && !hand.grab.isActive) {
                const canPinch = !hand.gestures.isActive("point") && !hand.gestures.isActive("fist");
                hand.grabber.reachFor(this._isClosing(hand), canPinch, hand.state.depthSigma * scale);
            }
        }
    }

    private _showFingers(): void {
        for (const hand of this._hands) {
            if (hand.isTracked) {
                hand._fingers?.update(hand, this._elapsedMs);
            }
        }
    }

    /** Whether fingers come together: as predicted, or as they did a moment ago where nothing is predicted. */
    private _isClosing({ capturedState, state, _earlier, _isPredicted }: TrackedHand): boolean {
        return _isPredicted ? isClosing(capturedState, state) : isClosing(_earlier, capturedState);
    }

    /** The picture no longer shows the hand; it may be back in a moment. */
    private _lose(hand: TrackedHand): void {
        hand.isTracked = false;
        hand._contact.reset();
        hand.colliders?.setEnabled(false);
        this._events.onHandLostObservable.notifyObservers(hand);
        hand.gestures.lost(hand._lastSeenMs);
    }

    /** The hand did not come back: what it held falls, its gestures are over. */
    private _retire(index: number): void {
        const hand = this._pool.retire(index);
        const timeMs = hand._lastSeenMs + LOSS_GRACE_MS;
        this._near?.release(hand);
        hand._fingers?.reset();
        hand.grabber?.release(true, null);
        hand.gestures.cancel(timeMs);
        hand._hide();
    }
}
