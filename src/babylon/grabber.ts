// Holds a body while a hand pinches or grabs it, and throws it on release.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Observable, type Observer } from "@babylonjs/core/Misc/observable";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { Scene } from "@babylonjs/core/scene";
import { fistPoint, pinchPoint } from "../gestures/holdingPoint";
import { ThrowEstimator } from "../gestures/throwEstimator";
import { TIP_JOINTS, WRIST, type HandSide } from "../hand/joints";
import type { GrabEvent, ReleaseEvent, ReleaseReason } from "./grabEvents";
import type { HandColliders } from "./handColliders";
import { havokOf, type HavokAccess } from "./havok";
import { HeldBody, type GrabKind } from "./heldBody";
import { addHolder, isHeld, removeHolder, tellHolders, type Holder } from "./holders";
import { KinematicBody, StepFractions } from "./kinematicBody";
import { NearbyBodies } from "./nearbyBodies";
import { SparedBodies } from "./sparedBodies";

export type { GrabEvent, GrabKind, ReleaseEvent, ReleaseReason };

/** Reach of a pinch beyond the fingertips, metres: two depth sigmas, within these limits. */
export const PINCH_REACH = 0.03;
export const PINCH_REACH_MAX = 0.06;
/** Reach of a fist around its middle, metres; likewise. */
const GRAB_REACH = 0.06;
const GRAB_REACH_MAX = 0.08;
/** Tips of thumb and index finger farther apart than this are not about to pinch, metres. */
const READY_SPAN = 0.075;
/** Bodies nearer than this are hovered, metres. */
const HOVER_REACH = 0.1;
const KINDS: readonly GrabKind[] = ["pinch", "grab"];
/** What cannot follow farther than this, for this long, slips out of the hand, metres and ms. */
const SLIP_DISTANCE = 0.1;
const SLIP_MS = 150;
/** A jump farther than this is not a motion, metres: what is held jumps along. */
const TELEPORT_DISTANCE = 0.25;

/**
 * One hand's grip. Bodies whose node has `metadata.handGrabbable === false` are left alone; those with
 * `metadata.handTwoHanded === false` go over to the second hand that takes them, others are held by both.
 */
export class Grabber {
    public readonly onGrabbedObservable = new Observable<GrabEvent>();
    public readonly onReleasedObservable = new Observable<ReleaseEvent>();
    /** The nearest body that could be taken has changed; null for none. */
    public readonly onHoverChangedObservable = new Observable<PhysicsBody | null>();
    /** Pass through what is held; null where the hand has none. */
    public colliders: HandColliders | null = null;

    private readonly _anchor: KinematicBody;
    private readonly _fractions: StepFractions;
    private readonly _access: HavokAccess;
    private readonly _nearby: NearbyBodies;
    private readonly _observer: Observer<Scene>;
    private readonly _throw = new ThrowEstimator();
    private readonly _point = new Float32Array(3);
    private readonly _pinch = new Vector3();
    private readonly _fist = new Vector3();
    private readonly _palm = new Vector3();
    private readonly _thumbTip = new Vector3();
    private readonly _indexTip = new Vector3();
    private readonly _rotation = new Quaternion();
    private readonly _inverse = new Quaternion();
    private readonly _lever = new Vector3();
    private readonly _leverArray = new Float32Array(3);
    private readonly _axis = new Float32Array(3);
    private readonly _velocity = new Float64Array(3);
    private readonly _angularVelocity = new Float64Array(3);
    private readonly _spared = new SparedBodies();
    private readonly _holder: Holder = {
        setShared: (isShared) => this._held?.setShared(isShared),
        handOver: () => {
            const held = this._letGo();
            if (held) {
                this._notifyReleased(held.body, "handed-over");
            }
        },
    };

    private _held: HeldBody | null = null;
    private _followedMs = 0;
    private _hovered: PhysicsBody | null = null;
    private _mustTeleport = true;
    private _isDisposed = false;

    /**
     * @param side whose grip it is, for the events
     * @param unit scene units per metre
     * @param clock ms, for the grace after a release
     * @throws HandTrackingError `physics-missing` if the scene's physics is not Havok
     */
    public constructor(
        private readonly _scene: Scene,
        private readonly _side: HandSide,
        private readonly _unit = 1,
        private readonly _clock: () => number = () => performance.now()
    ) {
        this._access = havokOf(_scene);
        this._nearby = new NearbyBodies(this._access);
        this._anchor = new KinematicBody(`hand-${_side}-anchor`, _scene);
        this._fractions = new StepFractions(_scene);
        this._observer = _scene.onBeforePhysicsObservable.add(() => this._drive());
    }

    /** The body that is held; null for an empty hand. */
    public get heldBody(): PhysicsBody | null {
        return this._held?.body ?? null;
    }

    /** The nearest body that a pinch could take, as of the last `hover`. */
    public get hoveredBody(): PhysicsBody | null {
        return this._hovered;
    }

    /**
     * Where the hand is now: what it holds follows over the physics steps until the next call. Once a rendered frame.
     * @param joints 25 x 3 in the scene's world
     * @param rotations 25 x 4 in the scene's world
     */
    public moveTo(joints: Float32Array, rotations: Float32Array): void {
        pinchPoint(joints, this._point);
        this._pinch.fromArray(this._point);
        fistPoint(joints, rotations, this._point);
        this._fist.fromArray(this._point);
        this._palm.fromArray(joints, WRIST * 3);
        this._thumbTip.fromArray(joints, TIP_JOINTS[0] * 3);
        this._indexTip.fromArray(joints, TIP_JOINTS[1] * 3);
        this._rotation.fromArray(rotations, WRIST * 4);
        this._anchor.target.copyFrom(this._held?.kind === "grab" ? this._fist : this._pinch);
        this._anchor.targetRotation.copyFrom(this._rotation);
        this._fractions.beginFrame();
    }

    /** The hand at a frame's capture time: what throws are estimated from. Scene's world, as in `moveTo`. */
    public addSample(timeMs: number, joints: Float32Array, rotations: Float32Array): void {
        this._throw.add(timeMs, joints, WRIST * 3, rotations, WRIST * 4);
    }

    /** Forgets the hand's past motion: it was lost. */
    public resetMotion(): void {
        this._throw.reset();
        this._mustTeleport = true;
    }

    /** Looks for the body that a pinch would take; once a camera frame, while the hand is empty. */
    public hover(): PhysicsBody | null {
        const body = this._held ? null : this._nearby.nearest(this._pinch, HOVER_REACH * this._unit, isGrabbable);
        if (body !== this._hovered) {
            this._hovered = body;
            this.onHoverChangedObservable.notifyObservers(body);
        }
        return body;
    }

    /**
     * What the hand is about to take is not pushed away by it: what lies between thumb and index finger, and what is within
     * reach of fingers that close. Once a rendered frame, while the hand is empty.
     * @param isClosing whether the fingers come together
     * @param canPinch false for hands that point or make a fist: they push what comes between their tips
     * @param depthSigma as for `grab`
     */
    public reachFor(isClosing: boolean, canPinch: boolean, depthSigma: number): void {
        const span = Vector3.DistanceSquared(this._thumbTip, this._indexTip);
        const isReady = canPinch && span < (READY_SPAN * this._unit) ** 2;
        if (this._held || !(isClosing || isReady)) {
            return;
        }
        for (const kind of KINDS) {
            const body = this._withinReach(kind, depthSigma);
            if (body && (isClosing || this._nearby.isBetween(body, this._thumbTip, this._indexTip))) {
                this._spare(body);
            }
        }
    }

    /**
     * Takes hold of the nearest dynamic body within reach; together with the other hand, if that holds it.
     * @param depthSigma standard deviation of the hand along the viewing direction, scene units
     * @returns the body, or null where there is none
     */
    public grab(kind: GrabKind, depthSigma: number): PhysicsBody | null {
        if (this._held) {
            return this._held.body;
        }
        const point = kind === "grab" ? this._fist : this._pinch;
        const body = this._withinReach(kind, depthSigma);
        if (!body) {
            return null;
        }
        addHolder(body, this._holder);
        this._anchor.target.copyFrom(point);
        this._anchor.targetRotation.copyFrom(this._rotation);
        this._anchor.teleport();
        this._held = new HeldBody(body, kind, this._anchor, this._scene, this._access, this._unit);
        this._followedMs = this._clock();
        tellHolders(body);
        this.colliders?.excludeBody(body);
        this.onGrabbedObservable.notifyObservers({ side: this._side, kind, body, point: point.clone() });
        return body;
    }

    /**
     * Lets go: thrown with the hand's velocity, or at rest when the hand was lost; what the other hand holds too stays with it.
     * @param viewingDirection unit direction of the physical camera, along which the velocity is damped; null damps nothing
     * @param depthSigma as for `grab`: what it is damped by
     */
    public release(isLost: boolean, viewingDirection: Vector3 | null, depthSigma = 0): void {
        const held = this._letGo();
        if (!held) {
            return;
        }
        const { body } = held;
        if (isHeld(body)) {
            this._notifyReleased(body, "handed-over");
            return;
        }
        if (!body.isDisposed) {
            this._velocity.fill(0);
            this._angularVelocity.fill(0);
            if (!isLost) {
                this._estimate(body, viewingDirection, depthSigma);
            }
            body.setLinearVelocity(Vector3.FromArray(this._velocity));
            body.setAngularVelocity(Vector3.FromArray(this._angularVelocity));
        }
        this._notifyReleased(body, isLost ? "lost" : "opened");
    }

    public dispose(): void {
        if (this._isDisposed) {
            return;
        }
        this._isDisposed = true;
        this.release(true, null);
        this._spared.expire(Infinity);
        this._observer.remove();
        this._anchor.dispose();
        this._nearby.dispose();
        this.onGrabbedObservable.clear();
        this.onReleasedObservable.clear();
        this.onHoverChangedObservable.clear();
    }

    private _withinReach(kind: GrabKind, depthSigma: number): PhysicsBody | null {
        const isGrab = kind === "grab";
        const least = (isGrab ? GRAB_REACH : PINCH_REACH) * this._unit;
        const most = (isGrab ? GRAB_REACH_MAX : PINCH_REACH_MAX) * this._unit;
        const reach = Math.min(Math.max(least, 2 * depthSigma), most);
        return this._nearby.nearest(isGrab ? this._fist : this._pinch, reach, isGrabbable);
    }

    /** The hand passes through a body for a while. */
    private _spare(body: PhysicsBody): void {
        if (this.colliders) {
            this._spared.add(body, this.colliders, this._clock());
        }
    }

    private _letGo(): HeldBody | null {
        const held = this._held;
        if (!held) {
            return null;
        }
        this._held = null;
        const { body } = held;
        removeHolder(body, this._holder);
        held.dispose();
        tellHolders(body);
        this._spare(body);
        // `_spare` counts once more what the grip counted already.
        this.colliders?.includeBody(body);
        return held;
    }

    private _notifyReleased(body: PhysicsBody, reason: ReleaseReason): void {
        this.onReleasedObservable.notifyObservers({
            side: this._side,
            body,
            point: this._anchor.target.clone(),
            velocity: body.isDisposed ? Vector3.Zero() : body.getLinearVelocity(),
            angularVelocity: body.isDisposed ? Vector3.Zero() : body.getAngularVelocity(),
            reason,
        });
    }

    private _estimate(body: PhysicsBody, viewingDirection: Vector3 | null, depthSigma: number): void {
        this._rotation.conjugateToRef(this._inverse);
        // Bodies' velocities are those of their centre of mass.
        const { centerOfMass } = body.getMassProperties();
        this._lever.copyFrom(centerOfMass ?? Vector3.ZeroReadOnly);
        Vector3.TransformCoordinatesToRef(this._lever, body.transformNode.computeWorldMatrix(true), this._lever);
        this._lever.subtractInPlace(this._palm).applyRotationQuaternionInPlace(this._inverse);
        this._lever.toArray(this._leverArray);
        viewingDirection?.toArray(this._axis);
        this._throw.estimate(
            this._leverArray,
            viewingDirection ? this._axis : null,
            depthSigma,
            this._unit,
            this._velocity,
            this._angularVelocity
        );
    }

    private _drive(): void {
        this._spared.expire(this._clock());
        if (this._held?.body.isDisposed) {
            this.release(true, null);
        }
        this._letSlip();
        const fraction = this._fractions.next();
        const { node, target } = this._anchor;
        const jump = TELEPORT_DISTANCE * this._unit;
        if (this._mustTeleport || Vector3.DistanceSquared(node.position, target) > jump * jump) {
            this._mustTeleport = false;
            this._anchor.teleport();
            if (this._held) {
                this._held.bring();
            }
        } else {
            this._anchor.drive(fraction);
        }
    }

    /** No hand is infinitely strong: what stays behind for long is let go. */
    private _letSlip(): void {
        const held = this._held;
        if (!held) {
            return;
        }
        const nowMs = this._clock();
        if (held.lag < SLIP_DISTANCE * this._unit || nowMs < this._followedMs) {
            this._followedMs = nowMs;
        } else if (nowMs - this._followedMs > SLIP_MS) {
            this._letGo();
            this._notifyReleased(held.body, isHeld(held.body) ? "handed-over" : "slipped");
        }
    }
}

/** What Babylon's own behaviours drag by near interaction is left to them. */
const DRAG_BEHAVIORS: readonly string[] = ["SixDofDrag", "PointerDrag"];

function isGrabbable(body: PhysicsBody): boolean {
    const node = body.transformNode as TransformNode & { isNearGrabbable?: boolean };
    const metadata = node.metadata as { handGrabbable?: boolean } | null;
    const isDragged = node.isNearGrabbable && node.behaviors.some(({ name }) => DRAG_BEHAVIORS.includes(name));
    return body.getMotionType() === PhysicsMotionType.DYNAMIC && metadata?.handGrabbable !== false && !isDragged;
}
