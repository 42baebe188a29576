// A body in a hand: motors of limited force pull it to the place at the anchor where it was taken.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { Physics6DoFConstraint } from "@babylonjs/core/Physics/v2/physicsConstraint";
import type { Scene } from "@babylonjs/core/scene";
import type { ConstraintAxis, ConstraintMotorType, HP_ConstraintId } from "@babylonjs/havok";
import { disposeConstraint, type HavokAccess } from "./havok";
import { teleportBody, type KinematicBody } from "./kinematicBody";

/** How a body is held. */
export type GrabKind = "pinch" | "grab";

/** What a hand can hold, newtons and newton metres. */
interface Strength {
    force: number;
    torque: number;
}

/**
 * A pinch holds what friction at two fingertips does at a pinch force of some 30 N, a fist what an arm does. What is heavier
 * lags, what is jammed slips out of the hand.
 */
const STRENGTH: Record<GrabKind, Strength> = {
    pinch: { force: 30, torque: 1.5 },
    grab: { force: 150, torque: 10 },
};
/**
 * Two hands on one body disagree by the tracker's noise: both pull as springs of this stiffness, N/m, damped by N s/m, and
 * turn it by where they are, hardly by how they are turned.
 */
const SHARED_STIFFNESS = 1500;
const SHARED_DAMPING = 25;
const SHARED_TORQUE = 0.03;

export class HeldBody {
    private readonly _constraint: Physics6DoFConstraint;
    /** Place of the body's node in the anchor's frame. */
    private readonly _offset: Vector3;
    private readonly _turn: Quaternion;
    /** Where the anchor was in the body's frame when it was taken. */
    private readonly _grip: Vector3;
    private readonly _position = new Vector3();
    private readonly _rotation = new Quaternion();

    /**
     * @param anchor stands at its target already
     * @param unit scene units per metre
     */
    public constructor(
        public readonly body: PhysicsBody,
        public readonly kind: GrabKind,
        private readonly _anchor: KinematicBody,
        private readonly _scene: Scene,
        private readonly _access: HavokAccess,
        private readonly _unit: number
    ) {
        const node = body.transformNode;
        node.computeWorldMatrix(true);
        const rotation = node.absoluteRotationQuaternion;
        const inverse = _anchor.targetRotation.conjugate();
        this._turn = inverse.multiply(rotation);
        this._offset = node.absolutePosition.subtract(_anchor.target).applyRotationQuaternionInPlace(inverse);
        this._grip = _anchor.target
            .subtract(node.absolutePosition)
            .applyRotationQuaternionInPlace(rotation.conjugate());
        // The pivot is where the hand is: a hand's turn has no lever, and two hands turn a body by their places.
        this._constraint = new Physics6DoFConstraint(
            {
                pivotA: Vector3.Zero(),
                pivotB: this._grip,
                axisA: Vector3.Right().applyRotationQuaternionInPlace(this._turn),
                axisB: Vector3.Right(),
                perpAxisA: Vector3.Up().applyRotationQuaternionInPlace(this._turn),
                perpAxisB: Vector3.Up(),
                collision: false,
            },
            [],
            _scene
        );
        _anchor.body.addConstraint(body, this._constraint);
        this.setShared(false);
    }

    /** Distance between the hand and the place of the body that it took, scene units: how far the body lags. */
    public get lag(): number {
        const node = this.body.transformNode;
        node.computeWorldMatrix(true);
        this._grip.rotateByQuaternionToRef(node.absoluteRotationQuaternion, this._position);
        this._position.addInPlace(node.absolutePosition);
        return Vector3.Distance(this._position, this._anchor.node.position);
    }

    /** Whether another hand holds the body too. */
    public setShared(isShared: boolean): void {
        const { havok } = this._access;
        const { ConstraintAxis: axes, ConstraintMotorType: types } = havok;
        const { force, torque } = STRENGTH[this.kind];
        const unit = this._unit;
        const linear = isShared ? types.SPRING_FORCE : types.POSITION;
        for (const axis of [axes.LINEAR_X, axes.LINEAR_Y, axes.LINEAR_Z]) {
            this._setMotor(axis, linear, force * unit);
        }
        const turning = (isShared ? SHARED_TORQUE : torque) * unit * unit;
        for (const axis of [axes.ANGULAR_X, axes.ANGULAR_Y, axes.ANGULAR_Z]) {
            this._setMotor(axis, types.POSITION, turning);
        }
    }

    /** Puts the body to its place at the anchor, which has jumped; without a speed. */
    public bring(): void {
        const node = this.body.transformNode;
        const { target, targetRotation } = this._anchor;
        this._offset.rotateByQuaternionToRef(targetRotation, this._position).addInPlace(target);
        targetRotation.multiplyToRef(this._turn, this._rotation);
        const parent = node.parent as TransformNode | null;
        if (parent) {
            parent.absoluteRotationQuaternion.conjugate().multiplyToRef(this._rotation, this._rotation);
        }
        node.setAbsolutePosition(this._position);
        (node.rotationQuaternion ??= new Quaternion()).copyFrom(this._rotation);
        teleportBody(this.body, this._scene);
    }

    /** Lets go. */
    public dispose(): void {
        disposeConstraint(this._access, this._constraint, this.body);
    }

    private _setMotor(axis: ConstraintAxis, type: ConstraintMotorType, most: number): void {
        const { havok } = this._access;
        for (const id of this._constraint._pluginData as HP_ConstraintId[]) {
            havok.HP_Constraint_SetAxisMotorType(id, axis, type);
            havok.HP_Constraint_SetAxisMotorPositionTarget(id, axis, 0);
            havok.HP_Constraint_SetAxisMotorVelocityTarget(id, axis, 0);
            // Of the spring; a plain position motor takes no notice.
            havok.HP_Constraint_SetAxisMotorStiffness(id, axis, SHARED_STIFFNESS);
            havok.HP_Constraint_SetAxisMotorDamping(id, axis, SHARED_DAMPING);
            havok.HP_Constraint_SetAxisMotorMaxForce(id, axis, most);
        }
    }
}
