// The hand that physics feels: kinematic capsules on the phalanges and a box in the palm.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Observer } from "@babylonjs/core/Misc/observable";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { PhysicsShapeBox, PhysicsShapeCapsule, type PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";
import type { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { METACARPAL_JOINTS, ROOT_JOINT, TIP_JOINTS, WRIST } from "../hand/joints";
import { setHandCollision } from "./collisionFilter";

/** A jump farther than this (metres) is not a motion: the bodies are put there without speed. */
const TELEPORT_DISTANCE = 0.25;
/** A hand that has grown or shrunk by more than this fraction gets new shapes. */
const SIZE_TOLERANCE = 0.08;
/** Thickness of the palm, as a fraction of its length, and how much of its length and width the box takes. */
const PALM_THICKNESS = 0.26;
const PALM_LENGTH_SHARE = 0.85;
const FRICTION = 0.8;
const INDEX_KNUCKLE = METACARPAL_JOINTS[1] + 1;
const PINKY_KNUCKLE = METACARPAL_JOINTS[4] + 1;

/** One kinematic body, following a joint. */
interface Part {
    node: TransformNode;
    body: PhysicsBody;
    shape: PhysicsShape | null;
    joint: number;
    target: Vector3;
    targetRotation: Quaternion;
}

export class HandColliders {
    private readonly _scene: Scene;
    private readonly _parts: Part[] = [];
    private readonly _observer: Observer<Scene>;
    // Bones lie along -z of a joint in right-handed scenes, +z in left-handed ones.
    private readonly _along: number;
    private _size = 0;
    private _enabled = false;
    private _mustTeleport = true;
    private _teleported = false;

    /** The scene's physics must be enabled. */
    public constructor(scene: Scene, name: string) {
        this._scene = scene;
        this._along = scene.useRightHandedSystem ? -1 : 1;
        for (const [finger, tip] of TIP_JOINTS.entries()) {
            const first = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
            for (let joint = first; joint < tip; joint++) {
                this._parts.push(this._createPart(`${name}-${joint}`, joint));
            }
        }
        this._parts.push(this._createPart(`${name}-palm`, WRIST));
        this._observer = scene.onBeforePhysicsObservable.add(() => this._drive());
    }

    /** The kinematic bodies: 15 phalanges, then the palm. */
    public get bodies(): readonly PhysicsBody[] {
        return this._parts.map((part) => part.body);
    }

    public get isEnabled(): boolean {
        return this._enabled;
    }

    /**
     * Where the hand is now; the bodies go there over the next physics step.
     * @param positions 25 x 3 in the scene's world
     * @param rotations 25 x 4 in the scene's world
     * @param radii 25, scene units
     */
    public update(positions: Float32Array, rotations: Float32Array, radii: Float32Array): void {
        const size = distance(positions, WRIST, ROOT_JOINT);
        if (Math.abs(size - this._size) > SIZE_TOLERANCE * this._size) {
            this._size = size;
            this._createShapes(positions, radii);
        }
        for (const part of this._parts) {
            const { joint, target, targetRotation } = part;
            targetRotation.set(
                rotations[joint * 4],
                rotations[joint * 4 + 1],
                rotations[joint * 4 + 2],
                rotations[joint * 4 + 3]
            );
            target.set(positions[joint * 3], positions[joint * 3 + 1], positions[joint * 3 + 2]);
        }
    }

    /** Disabled bodies touch nothing and stand still; when enabled again they appear where the hand is, without a push. */
    public setEnabled(enabled: boolean): void {
        if (enabled === this._enabled) {
            return;
        }
        this._enabled = enabled;
        this._mustTeleport = true;
        for (const { body, shape } of this._parts) {
            if (shape) {
                setHandCollision(shape, enabled);
            }
            body.setLinearVelocity(Vector3.ZeroReadOnly);
            body.setAngularVelocity(Vector3.ZeroReadOnly);
        }
    }

    public dispose(): void {
        this._observer.remove();
        for (const { body, shape, node } of this._parts) {
            body.dispose();
            shape?.dispose();
            node.dispose();
        }
        this._parts.length = 0;
    }

    private _createPart(name: string, joint: number): Part {
        const node = new TransformNode(name, this._scene);
        node.rotationQuaternion = new Quaternion();
        const body = new PhysicsBody(node, PhysicsMotionType.ANIMATED, false, this._scene);
        body.disablePreStep = true;
        return { node, body, shape: null, joint, target: new Vector3(), targetRotation: new Quaternion() };
    }

    private _createShapes(positions: Float32Array, radii: Float32Array): void {
        for (const part of this._parts) {
            part.shape?.dispose();
            part.shape =
                part.joint === WRIST ? this._palmShape(positions) : this._phalanxShape(part.joint, positions, radii);
            part.shape.material = { friction: FRICTION, restitution: 0 };
            setHandCollision(part.shape, this._enabled);
            part.body.shape = part.shape;
        }
    }

    private _phalanxShape(joint: number, positions: Float32Array, radii: Float32Array): PhysicsShape {
        const end = new Vector3(0, 0, this._along * distance(positions, joint, joint + 1));
        return new PhysicsShapeCapsule(Vector3.Zero(), end, (radii[joint] + radii[joint + 1]) / 2, this._scene);
    }

    /** A box from the wrist to the knuckles, in the wrist's frame: x across, y through, z along the palm. */
    private _palmShape(positions: Float32Array): PhysicsShape {
        const length = distance(positions, WRIST, ROOT_JOINT);
        const width = distance(positions, INDEX_KNUCKLE, PINKY_KNUCKLE);
        const centre = new Vector3(0, 0, (this._along * length) / 2);
        const extents = new Vector3(width, length * PALM_THICKNESS, length * PALM_LENGTH_SHARE);
        return new PhysicsShapeBox(centre, Quaternion.Identity(), extents, this._scene);
    }

    private _drive(): void {
        if (this._teleported) {
            // The step that followed took the nodes' places over; from here on velocities move the bodies again.
            this._teleported = false;
            for (const { body } of this._parts) {
                body.disablePreStep = true;
            }
        }
        if (!this._enabled) {
            return;
        }
        const palm = this._parts[this._parts.length - 1];
        if (this._mustTeleport || Vector3.DistanceSquared(palm.node.position, palm.target) > TELEPORT_DISTANCE ** 2) {
            this._teleport();
            return;
        }
        for (const { body, target, targetRotation } of this._parts) {
            body.setTargetTransform(target, targetRotation);
        }
    }

    private _teleport(): void {
        this._mustTeleport = false;
        this._teleported = true;
        for (const { body, node, target, targetRotation } of this._parts) {
            node.position.copyFrom(target);
            node.rotationQuaternion!.copyFrom(targetRotation);
            node.computeWorldMatrix(true);
            body.disablePreStep = false;
            body.setLinearVelocity(Vector3.ZeroReadOnly);
            body.setAngularVelocity(Vector3.ZeroReadOnly);
        }
    }
}

function distance(positions: Float32Array, a: number, b: number): number {
    return Math.hypot(
        positions[a * 3] - positions[b * 3],
        positions[a * 3 + 1] - positions[b * 3 + 1],
        positions[a * 3 + 2] - positions[b * 3 + 2]
    );
}
