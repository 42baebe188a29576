// Headless Babylon with real Havok, stepped by hand.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import HavokPhysics from "@babylonjs/havok";

export { createBoxBody } from "./boxBody";

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
