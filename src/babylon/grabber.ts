// Holds a body while a hand pinches or grabs it, and throws it on release.

import { Matrix, Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Observable, type Observer } from "@babylonjs/core/Misc/observable";
import { PhysicsConstraintType, PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { PhysicsConstraint } from "@babylonjs/core/Physics/v2/physicsConstraint";
import type { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import { PhysicsShapeSphere, type PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";
import type { Scene } from "@babylonjs/core/scene";
import { ThrowEstimator } from "../gestures/throwEstimator";
import type { HandSide } from "../hand/joints";
import { ignoreHands, noticeHands, setHandCollision } from "./collisionFilter";

/** How a body is held. */
export type GrabKind = "pinch" | "grab";

/** A body is held from now on. */
export interface GrabEvent {
    side: HandSide;
    kind: GrabKind;
    body: PhysicsBody;
    /** Where it was taken, scene's world. */
    point: Vector3;
}

/** A body was let go. */
export interface ReleaseEvent {
    side: HandSide;
    body: PhysicsBody;
    /** Velocity that it was given, scene units a second; zero when the hand was lost. */
    velocity: Vector3;
    /** Whether the hand was lost rather than opened. */
    isLost: boolean;
}

/** Reach of a pinch beyond the fingertips, and of the palm, metres. Two depth sigmas more, up to the limit. */
const PINCH_REACH = 0.03;
const PINCH_REACH_MAX = 0.06;
const GRAB_REACH = 0.07;
/** After a release the hand's colliders leave the body alone this long, ms: opening fingers would kick it. */
const RELEASE_GRACE_MS = 250;
const ANCHOR_RADIUS = 0.005;

interface Held {
    body: PhysicsBody;
    constraint: PhysicsConstraint;
}

/** One hand's grip. Bodies whose mesh has `metadata.handGrabbable === false` are left alone. */
export class Grabber {
    public readonly onGrabbedObservable = new Observable<GrabEvent>();
    public readonly onReleasedObservable = new Observable<ReleaseEvent>();

    private readonly _anchor: TransformNode;
    private readonly _anchorBody: PhysicsBody;
    private readonly _anchorShape: PhysicsShape;
    private readonly _observer: Observer<Scene>;
    private readonly _throw = new ThrowEstimator();
    private readonly _target = new Vector3();
    private readonly _targetRotation = new Quaternion();
    private readonly _local = new Vector3();
    private readonly _inverse = new Matrix();
    private readonly _velocity = new Float64Array(3);
    private readonly _axis = new Float32Array(3);
    private readonly _timers = new Map<ReturnType<typeof setTimeout>, PhysicsBody>();
    private _held: Held | null = null;

    /**
     * @param side whose grip it is, for the events
     * @param unit scene units per metre
     */
    public constructor(
        private readonly _scene: Scene,
        private readonly _side: HandSide,
        private readonly _unit = 1
    ) {
        this._anchor = new TransformNode(`hand-${_side}-anchor`, _scene);
        this._anchor.rotationQuaternion = new Quaternion();
        this._anchorBody = new PhysicsBody(this._anchor, PhysicsMotionType.ANIMATED, false, _scene);
        this._anchorShape = new PhysicsShapeSphere(Vector3.Zero(), ANCHOR_RADIUS * _unit, _scene);
        setHandCollision(this._anchorShape, false);
        this._anchorBody.shape = this._anchorShape;
        this._anchorBody.disablePreStep = true;
        this._observer = _scene.onBeforePhysicsObservable.add(() => {
            if (this._held) {
                this._anchorBody.setTargetTransform(this._target, this._targetRotation);
            }
        });
    }

    /** The body that is held; null for an empty hand. */
    public get heldBody(): PhysicsBody | null {
        return this._held?.body ?? null;
    }

    /** Where the hand holds (or would hold) now: point and orientation in the scene's world. Once a rendered frame. */
    public moveTo(point: Vector3, rotation: Quaternion): void {
        this._target.copyFrom(point);
        this._targetRotation.copyFrom(rotation);
    }

    /** The holding point at a frame's capture time: what throws are estimated from. */
    public addSample(timeMs: number, point: Vector3): void {
        this._throw.add(timeMs, point.x, point.y, point.z);
    }

    /** The dynamic body nearest to the holding point and within reach; null if there is none. */
    public findCandidate(kind: GrabKind, depthSigma: number): PhysicsBody | null {
        const engine = this._scene.getPhysicsEngine() as PhysicsEngine | null;
        let reach = kind === "grab" ? GRAB_REACH : Math.min(Math.max(PINCH_REACH, 2 * depthSigma), PINCH_REACH_MAX);
        reach *= this._unit;
        let nearest: PhysicsBody | null = null;
        for (const body of engine?.getBodies() ?? []) {
            if (body.getMotionType() !== PhysicsMotionType.DYNAMIC || !isGrabbable(body.transformNode)) {
                continue;
            }
            const distance = this._distanceTo(body.transformNode as AbstractMesh);
            if (distance < reach) {
                reach = distance;
                nearest = body;
            }
        }
        return nearest;
    }

    /**
     * Takes hold of the nearest body within reach.
     * @returns the body, or null where there is none
     */
    public grab(kind: GrabKind, depthSigma: number): PhysicsBody | null {
        if (this._held) {
            return this._held.body;
        }
        const body = this.findCandidate(kind, depthSigma);
        if (!body) {
            return null;
        }
        this._placeAnchor();
        this._held = { body, constraint: this._constrain(body) };
        ignoreHands(body);
        this.onGrabbedObservable.notifyObservers({ side: this._side, kind, body, point: this._target.clone() });
        return body;
    }

    /**
     * Lets go: thrown with the hand's velocity, or at rest when the hand was lost.
     * @param viewingDirection unit direction of the physical camera, along which the velocity is damped
     */
    public release(isLost: boolean, viewingDirection: Vector3 | null): void {
        const held = this._held;
        if (!held) {
            return;
        }
        this._held = null;
        held.constraint.dispose();
        const velocity = new Vector3();
        if (!held.body.isDisposed) {
            if (!isLost) {
                viewingDirection?.toArray(this._axis);
                this._throw.estimate(viewingDirection ? this._axis : null, this._unit, this._velocity);
                velocity.set(this._velocity[0], this._velocity[1], this._velocity[2]);
            } else {
                held.body.setAngularVelocity(Vector3.ZeroReadOnly);
            }
            held.body.setLinearVelocity(velocity);
        }
        const timer = setTimeout(() => {
            this._timers.delete(timer);
            noticeHands(held.body);
        }, RELEASE_GRACE_MS);
        this._timers.set(timer, held.body);
        this.onReleasedObservable.notifyObservers({ side: this._side, body: held.body, velocity, isLost });
    }

    /** Forgets the hand's past motion: it has jumped. */
    public resetMotion(): void {
        this._throw.reset();
    }

    public dispose(): void {
        this.release(true, null);
        for (const [timer, body] of this._timers) {
            clearTimeout(timer);
            noticeHands(body);
        }
        this._timers.clear();
        this._observer.remove();
        this._anchorBody.dispose();
        this._anchorShape.dispose();
        this._anchor.dispose();
        this.onGrabbedObservable.clear();
        this.onReleasedObservable.clear();
    }

    /** Puts the anchor where the hand is, without a speed. */
    private _placeAnchor(): void {
        this._anchor.position.copyFrom(this._target);
        this._anchor.rotationQuaternion!.copyFrom(this._targetRotation);
        this._anchor.computeWorldMatrix(true);
        this._anchorBody.setLinearVelocity(Vector3.ZeroReadOnly);
        this._anchorBody.setAngularVelocity(Vector3.ZeroReadOnly);
        const plugin = (this._scene.getPhysicsEngine() as PhysicsEngine).getPhysicsPlugin() as HavokPlugin;
        plugin.setPhysicsBodyTransformation(this._anchorBody, this._anchor);
    }

    /** A lock that keeps the body where it is relative to the anchor. */
    private _constrain(body: PhysicsBody): PhysicsConstraint {
        const node = body.transformNode;
        node.computeWorldMatrix(true);
        const rotation = node.absoluteRotationQuaternion;
        const relative = this._targetRotation.conjugate().multiply(rotation);
        const offset = node.absolutePosition
            .subtract(this._target)
            .applyRotationQuaternion(this._targetRotation.conjugate());
        const constraint = new PhysicsConstraint(
            PhysicsConstraintType.LOCK,
            {
                pivotA: offset,
                pivotB: Vector3.Zero(),
                axisA: Vector3.Right().applyRotationQuaternion(relative),
                axisB: Vector3.Right(),
                perpAxisA: Vector3.Up().applyRotationQuaternion(relative),
                perpAxisB: Vector3.Up(),
                collision: false,
            },
            this._scene
        );
        this._anchorBody.addConstraint(body, constraint);
        return constraint;
    }

    /** Distance of the holding point to a mesh's oriented bounding box, scene units. */
    private _distanceTo(mesh: AbstractMesh): number {
        const box = mesh.getBoundingInfo?.().boundingBox;
        if (!box) {
            return Infinity;
        }
        const world = mesh.computeWorldMatrix(true);
        world.invertToRef(this._inverse);
        Vector3.TransformCoordinatesToRef(this._target, this._inverse, this._local);
        const { minimum, maximum } = box;
        this._local.set(
            beyond(this._local.x, minimum.x, maximum.x),
            beyond(this._local.y, minimum.y, maximum.y),
            beyond(this._local.z, minimum.z, maximum.z)
        );
        Vector3.TransformNormalToRef(this._local, world, this._local);
        return this._local.length();
    }
}

function beyond(value: number, min: number, max: number): number {
    return value < min ? value - min : value > max ? value - max : 0;
}

function isGrabbable(node: TransformNode): boolean {
    return (node.metadata as { handGrabbable?: boolean } | null)?.handGrabbable !== false;
}
