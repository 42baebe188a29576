// A body in a hand: locked to the anchor that follows the grip, at the place where it was taken.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { PhysicsConstraintType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { PhysicsConstraint } from "@babylonjs/core/Physics/v2/physicsConstraint";
import type { Scene } from "@babylonjs/core/scene";
import { disposeConstraint, type HavokAccess } from "./havok";
import { teleportBody, type KinematicBody } from "./kinematicBody";

/** How a body is held. */
export type GrabKind = "pinch" | "grab";

export class HeldBody {
    private readonly _constraint: PhysicsConstraint;
    /** Place of the body's node in the anchor's frame. */
    private readonly _offset: Vector3;
    private readonly _turn: Quaternion;
    private readonly _position = new Vector3();
    private readonly _rotation = new Quaternion();

    /** @param anchor stands at its target already */
    public constructor(
        public readonly body: PhysicsBody,
        public readonly kind: GrabKind,
        private readonly _anchor: KinematicBody,
        private readonly _scene: Scene,
        private readonly _access: HavokAccess
    ) {
        const node = body.transformNode;
        node.computeWorldMatrix(true);
        const inverse = _anchor.targetRotation.conjugate();
        this._turn = inverse.multiply(node.absoluteRotationQuaternion);
        this._offset = node.absolutePosition.subtract(_anchor.target).applyRotationQuaternionInPlace(inverse);
        this._constraint = new PhysicsConstraint(
            PhysicsConstraintType.LOCK,
            {
                pivotA: this._offset,
                pivotB: Vector3.Zero(),
                axisA: Vector3.Right().applyRotationQuaternionInPlace(this._turn),
                axisB: Vector3.Right(),
                perpAxisA: Vector3.Up().applyRotationQuaternionInPlace(this._turn),
                perpAxisB: Vector3.Up(),
                collision: false,
            },
            _scene
        );
        _anchor.body.addConstraint(body, this._constraint);
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
}
