// A Havok body that goes where it is told, with the velocity that this takes.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { PhysicsMotionType, PhysicsPrestepType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import type { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";

/** Kinematic: it pushes dynamic bodies and cannot be pushed. */
export class KinematicBody {
    public readonly node: TransformNode;
    public readonly body: PhysicsBody;
    /** Where it should be at the end of the rendered frame; scene's world. */
    public readonly target = new Vector3();
    public readonly targetRotation = new Quaternion();

    private readonly _between = new Vector3();
    private readonly _betweenRotation = new Quaternion();

    public constructor(
        name: string,
        private readonly _scene: Scene
    ) {
        this.node = new TransformNode(name, _scene);
        this.node.rotationQuaternion = new Quaternion();
        this.node.doNotSerialize = true;
        this.body = new PhysicsBody(this.node, PhysicsMotionType.ANIMATED, false, _scene);
        // The node follows the body, not the other way round.
        this.body.setPrestepType(PhysicsPrestepType.DISABLED);
    }

    /** Sends it a `fraction` of the way that is left to the target; before each physics step. */
    public drive(fraction: number): void {
        if (fraction >= 1) {
            this.body.setTargetTransform(this.target, this.targetRotation);
            return;
        }
        Vector3.LerpToRef(this.node.position, this.target, fraction, this._between);
        Quaternion.SlerpToRef(this.node.rotationQuaternion!, this.targetRotation, fraction, this._betweenRotation);
        this.body.setTargetTransform(this._between, this._betweenRotation);
    }

    /** Puts it at the target without a speed: nothing on the way is pushed. */
    public teleport(): void {
        const { node, body } = this;
        node.position.copyFrom(this.target);
        node.rotationQuaternion!.copyFrom(this.targetRotation);
        teleportBody(body, this._scene);
    }

    /** Kinematic bodies keep their speed when nobody tells them where to go. */
    public stop(): void {
        // A scene that is disposed of takes its physics along before it detaches its cameras' behaviours.
        if (this.body.isDisposed) {
            return;
        }
        this.body.setLinearVelocity(Vector3.ZeroReadOnly);
        this.body.setAngularVelocity(Vector3.ZeroReadOnly);
    }

    public dispose(): void {
        this.body.dispose();
        this.node.dispose();
    }
}

/** Takes a node's place over to its body, and leaves the body at rest there. */
export function teleportBody(body: PhysicsBody, scene: Scene): void {
    const node = body.transformNode;
    node.computeWorldMatrix(true);
    const prestep = body.getPrestepType();
    body.setPrestepType(PhysicsPrestepType.TELEPORT);
    const plugin = (scene.getPhysicsEngine() as PhysicsEngine).getPhysicsPlugin() as HavokPlugin;
    plugin.setPhysicsBodyTransformation(body, node);
    body.setPrestepType(prestep);
    body.setLinearVelocity(Vector3.ZeroReadOnly);
    body.setAngularVelocity(Vector3.ZeroReadOnly);
}

/**
 * Spreads a rendered frame's motion over its physics steps. With sub steps (`PhysicsEngine.setSubTimeStep`) a frame has
 * several: going all the way in the first would give a velocity too high by their number, then zero.
 */
export class StepFractions {
    private _leftMs = 0;

    public constructor(private readonly _scene: Scene) {}

    /** New targets are known. */
    public beginFrame(): void {
        this._leftMs = this._scene.getEngine().getDeltaTime();
    }

    /** Part of the way left to the targets that the next physics step has to go. */
    public next(): number {
        const subStepMs = this._scene.getPhysicsEngine()?.getSubTimeStep() ?? 0;
        const fraction = subStepMs > 0 && this._leftMs > subStepMs ? subStepMs / this._leftMs : 1;
        this._leftMs -= subStepMs;
        return fraction;
    }
}
