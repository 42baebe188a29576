// The hand that physics feels: kinematic capsules on the phalanges and a box in the palm.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { Observer } from "@babylonjs/core/Misc/observable";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { Physics6DoFConstraint, type PhysicsConstraint } from "@babylonjs/core/Physics/v2/physicsConstraint";
import { PhysicsShapeBox, PhysicsShapeCapsule, type PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";
import type { Scene } from "@babylonjs/core/scene";
import { METACARPAL_JOINTS, ROOT_JOINT, TIP_JOINTS, WRIST } from "../hand/joints";
import { setHandCollision } from "./collisionFilter";
import { disposeConstraint, havokOf, type HavokAccess } from "./havok";
import { KinematicBody, StepFractions } from "./kinematicBody";
import { NearbyBodies } from "./nearbyBodies";
import { jointDistance } from "../hand/norm";

/** A jump farther than this (metres, for a hand of 92 mm from wrist to middle knuckle) is not a motion. */
const TELEPORT_DISTANCE = 0.25;
const REFERENCE_SIZE = 0.0918;
/** A hand that has grown or shrunk by more than this fraction gets new shapes. */
const SIZE_TOLERANCE = 0.08;
/** Thickness of the palm as a fraction of its length, and how much of its length the box takes. */
const PALM_THICKNESS = 0.26;
const PALM_LENGTH_SHARE = 0.85;
const FRICTION = 0.8;
/** Physics steps between two looks at whether the hand is clear of the bodies that it appeared in. */
const GHOST_INTERVAL = 6;
const INDEX_KNUCKLE = METACARPAL_JOINTS[1] + 1;
const PINKY_KNUCKLE = METACARPAL_JOINTS[4] + 1;

/** A bone's body. */
interface Part {
    joint: number;
    kinematic: KinematicBody;
    shape: PhysicsShape | null;
}

/**
 * 15 capsules and a box that push dynamic bodies at the hand's own velocity. Hands do not touch each other. Call `update`
 * once a rendered frame; the bodies are driven before every physics step.
 */
export class HandColliders {
    private readonly _scene: Scene;
    private readonly _parts: Part[] = [];
    private readonly _fractions: StepFractions;
    private readonly _excluded = new Map<PhysicsBody, { count: number; constraints: PhysicsConstraint[] }>();
    /** Bodies that the hand appeared in: it passes through them until it has left them. */
    private readonly _ghosts = new Set<PhysicsBody>();
    private readonly _touched = new Set<PhysicsBody>();
    private readonly _access: HavokAccess;
    private readonly _nearby: NearbyBodies;
    private readonly _observer: Observer<Scene>;
    // Bones lie along -z of a joint in right-handed scenes, +z in left-handed ones.
    private readonly _along: number;
    private _size = 0;
    private _enabled = false;
    private _mustTeleport = true;
    private _stepsToGhosts = 0;

    /** @throws HandTrackingError `physics-missing` if the scene's physics is not Havok */
    public constructor(scene: Scene, name: string) {
        this._scene = scene;
        this._access = havokOf(scene);
        this._nearby = new NearbyBodies(this._access);
        this._fractions = new StepFractions(scene);
        this._along = scene.useRightHandedSystem ? -1 : 1;
        const add = (joint: number, part: string): void => {
            this._parts.push({ joint, kinematic: new KinematicBody(`${name}-${part}`, scene), shape: null });
        };
        for (const [finger, tip] of TIP_JOINTS.entries()) {
            const first = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
            for (let joint = first; joint < tip; joint++) {
                add(joint, `${joint}`);
            }
        }
        add(WRIST, "palm");
        this._observer = scene.onBeforePhysicsObservable.add(() => this._drive());
    }

    /** The kinematic bodies: 15 phalanges, thumb to pinky, then the palm. */
    public get bodies(): readonly PhysicsBody[] {
        return this._parts.map((part) => part.kinematic.body);
    }

    /** Whether they touch anything. */
    public get isEnabled(): boolean {
        return this._enabled;
    }

    /**
     * Where the hand is now; the bodies go there over the physics steps until the next call.
     * @param positions 25 x 3 in the scene's world
     * @param rotations 25 x 4 in the scene's world
     * @param radii 25, scene units
     * @param offset from the shown hand to its colliders (`SoftContact`), scene units
     */
    public update(
        positions: Float32Array,
        rotations: Float32Array,
        radii: Float32Array,
        offset: Vector3 = Vector3.ZeroReadOnly
    ): void {
        const size = jointDistance(positions, WRIST, ROOT_JOINT);
        if (!(Math.abs(size - this._size) <= SIZE_TOLERANCE * this._size)) {
            this._size = size;
            this._createShapes(positions, rotations, radii);
        }
        for (const { joint, kinematic } of this._parts) {
            kinematic.target.fromArray(positions, joint * 3).addInPlace(offset);
            kinematic.targetRotation.fromArray(rotations, joint * 4);
        }
        this._fractions.beginFrame();
    }

    /** Disabled bodies touch nothing and stand still; when enabled again they appear where the hand is, without a push. */
    public setEnabled(enabled: boolean): void {
        if (enabled === this._enabled) {
            return;
        }
        this._enabled = enabled;
        this._mustTeleport = true;
        for (const { kinematic, shape } of this._parts) {
            if (shape) {
                setHandCollision(shape, enabled);
            }
            kinematic.stop();
        }
    }

    /** Lets this hand pass through one body, until `includeBody` was called as often. */
    public excludeBody(body: PhysicsBody): void {
        const entry = this._excluded.get(body);
        if (entry) {
            entry.count++;
            return;
        }
        // Collision masks belong to shapes, which bodies may share. A constraint that leaves all axes free and turns off
        // collisions is about this pair of bodies alone.
        const constraints = this._parts.map(({ kinematic }) => {
            const constraint = new Physics6DoFConstraint({ collision: false }, [], this._scene);
            kinematic.body.addConstraint(body, constraint);
            return constraint;
        });
        this._excluded.set(body, { count: 1, constraints });
    }

    /** Undoes one `excludeBody`; a body that the hand is in at that moment stays excluded until they are apart. */
    public includeBody(body: PhysicsBody): void {
        const entry = this._excluded.get(body);
        if (!entry || --entry.count > 0) {
            return;
        }
        if (this._enabled && !body.isDisposed && this._findTouched().has(body)) {
            entry.count++;
            this._ghosts.add(body);
            return;
        }
        this._excluded.delete(body);
        entry.constraints.forEach((constraint) => disposeConstraint(this._access, constraint, body));
    }

    public dispose(): void {
        this._observer.remove();
        for (const [body, { constraints }] of this._excluded) {
            constraints.forEach((constraint) => disposeConstraint(this._access, constraint, body));
        }
        this._excluded.clear();
        this._ghosts.clear();
        this._nearby.dispose();
        for (const { kinematic, shape } of this._parts) {
            kinematic.dispose();
            shape?.dispose();
        }
        this._parts.length = 0;
    }

    private _createShapes(positions: Float32Array, rotations: Float32Array, radii: Float32Array): void {
        for (const part of this._parts) {
            const { joint, kinematic } = part;
            const shape =
                joint === WRIST ? this._palmShape(positions, rotations) : this._phalanxShape(joint, positions, radii);
            shape.material = { friction: FRICTION, restitution: 0 };
            setHandCollision(shape, this._enabled);
            kinematic.body.shape = shape;
            part.shape?.dispose();
            part.shape = shape;
        }
    }

    private _phalanxShape(joint: number, positions: Float32Array, radii: Float32Array): PhysicsShape {
        const end = new Vector3(0, 0, this._along * jointDistance(positions, joint, joint + 1));
        return new PhysicsShapeCapsule(Vector3.Zero(), end, (radii[joint] + radii[joint + 1]) / 2, this._scene);
    }

    /** A box from the wrist to the knuckles, in the wrist's frame: x across, y through, z along the palm. */
    private _palmShape(positions: Float32Array, rotations: Float32Array): PhysicsShape {
        const length = jointDistance(positions, WRIST, ROOT_JOINT);
        const width = jointDistance(positions, INDEX_KNUCKLE, PINKY_KNUCKLE);
        const wrist = Vector3.FromArray(positions, WRIST * 3);
        const knuckles = Vector3.FromArray(positions, INDEX_KNUCKLE * 3)
            .addInPlace(Vector3.FromArray(positions, PINKY_KNUCKLE * 3))
            .scaleInPlace(0.5);
        const toWrist = Quaternion.FromArray(rotations, WRIST * 4).conjugateInPlace();
        const centre = knuckles.subtractInPlace(wrist).applyRotationQuaternionInPlace(toWrist).scaleInPlace(0.5);
        const extents = new Vector3(width, length * PALM_THICKNESS, length * PALM_LENGTH_SHARE);
        return new PhysicsShapeBox(centre, Quaternion.Identity(), extents, this._scene);
    }

    private _drive(): void {
        if (!this._enabled) {
            return;
        }
        const fraction = this._fractions.next();
        const palm = this._parts[this._parts.length - 1].kinematic;
        const jump = (TELEPORT_DISTANCE / REFERENCE_SIZE) * this._size;
        if (this._mustTeleport || Vector3.DistanceSquared(palm.node.position, palm.target) > jump * jump) {
            this._mustTeleport = false;
            for (const { kinematic } of this._parts) {
                kinematic.teleport();
            }
            this._addGhosts();
            return;
        }
        for (const { kinematic } of this._parts) {
            kinematic.drive(fraction);
        }
        if (this._ghosts.size > 0 && --this._stepsToGhosts < 0) {
            this._removeGhosts();
        }
    }

    /** Havok would throw out whatever the hand has appeared in. */
    private _addGhosts(): void {
        for (const body of this._findTouched()) {
            if (!this._ghosts.has(body)) {
                this._ghosts.add(body);
                this.excludeBody(body);
            }
        }
        this._stepsToGhosts = GHOST_INTERVAL;
    }

    private _removeGhosts(): void {
        const touched = this._findTouched();
        for (const body of this._ghosts) {
            if (body.isDisposed || !touched.has(body)) {
                this._ghosts.delete(body);
                this.includeBody(body);
            }
        }
        this._stepsToGhosts = GHOST_INTERVAL;
    }

    /** Dynamic bodies that any part of the hand overlaps now. */
    private _findTouched(): ReadonlySet<PhysicsBody> {
        const touched = this._touched;
        touched.clear();
        for (const { kinematic, shape } of this._parts) {
            if (shape) {
                this._nearby.overlapping(shape, kinematic.node.position, kinematic.node.rotationQuaternion!, (body) => {
                    if (body.getMotionType() === PhysicsMotionType.DYNAMIC) {
                        touched.add(body);
                    }
                });
            }
        }
        return touched;
    }
}
