// Headless Babylon with real Havok, stepped by hand.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { PhysicsShapeBox } from "@babylonjs/core/Physics/v2/physicsShape";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import HavokPhysics from "@babylonjs/havok";

export const STEP_MS = 1000 / 60;

let havok: Awaited<ReturnType<typeof HavokPhysics>> | null = null;

/** A scene with gravity and a node at the origin, forward along the system's own axis. */
export async function createPhysicsScene(
    rightHanded: boolean
): Promise<{ scene: Scene; node: TransformNode; step: (steps?: number) => void }> {
    havok ??= await HavokPhysics({
        wasmBinary: readFileSync(createRequire(import.meta.url).resolve("@babylonjs/havok/lib/esm/HavokPhysics.wasm"))
            .buffer as ArrayBuffer,
    });
    const scene = new Scene(new NullEngine());
    scene.useRightHandedSystem = rightHanded;
    scene.enablePhysics(new Vector3(0, -9.81, 0), new HavokPlugin(true, havok));
    const advance = (
        scene as unknown as { _advancePhysicsEngineStep(ms: number): void }
    )._advancePhysicsEngineStep.bind(scene);
    return {
        scene,
        node: new TransformNode("node", scene),
        step: (steps = 1) => {
            for (let i = 0; i < steps; i++) {
                advance(STEP_MS);
            }
        },
    };
}

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
