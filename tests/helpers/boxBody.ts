// Bodies for tests, and for benchmarks in the browser.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { PhysicsShapeBox } from "@babylonjs/core/Physics/v2/physicsShape";
import type { Scene } from "@babylonjs/core/scene";

/** A box with a body. */
export function createBoxBody(
    scene: Scene,
    position: Vector3,
    size: Vector3,
    mass: number,
    motion = PhysicsMotionType.DYNAMIC
): { mesh: Mesh; body: PhysicsBody } {
    const mesh = CreateBox("box", { width: size.x, height: size.y, depth: size.z }, scene);
    mesh.position.copyFrom(position);
    mesh.rotationQuaternion = Quaternion.Identity();
    mesh.computeWorldMatrix(true);
    const body = new PhysicsBody(mesh, motion, false, scene);
    body.shape = new PhysicsShapeBox(Vector3.Zero(), Quaternion.Identity(), size, scene);
    body.setMassProperties({ mass });
    return { mesh, body };
}
