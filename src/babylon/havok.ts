// What is asked of Havok directly, where Babylon's plugin has no way to.

import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { PhysicsConstraint } from "@babylonjs/core/Physics/v2/physicsConstraint";
import type { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import type { Scene } from "@babylonjs/core/scene";
import type { HavokPhysicsWithBindings, HP_ConstraintId } from "@babylonjs/havok";
import { HandTrackingError } from "../errors";

/** The scene's physics, seen from both sides. */
export interface HavokAccess {
    engine: PhysicsEngine;
    plugin: HavokPlugin;
    havok: HavokPhysicsWithBindings;
}

/** @throws HandTrackingError `physics-missing` if the scene's physics is not Havok */
export function havokOf(scene: Scene): HavokAccess {
    const engine = (scene.getPhysicsEngine?.() ?? null) as PhysicsEngine | null;
    const name = engine?.getPhysicsPlugin().name;
    if (!engine || name !== "HavokPlugin") {
        throw new HandTrackingError(
            "physics-missing",
            `Hands need Havok to touch and hold bodies, but the scene's physics is ${name ?? "off"}; call scene.enablePhysics with a HavokPlugin.`
        );
    }
    const plugin = engine.getPhysicsPlugin() as HavokPlugin;
    return { engine, plugin, havok: plugin._hknp as HavokPhysicsWithBindings };
}

const NO_BODY: [bigint] = [0n];

/**
 * Disposes of a constraint and its memory: one that still names its bodies when it is released stays in Havok's heap.
 * @param body the body at its other end; a constraint cannot be parted from one that is gone already
 */
export function disposeConstraint({ havok }: HavokAccess, constraint: PhysicsConstraint, body: PhysicsBody): void {
    if (!body.isDisposed) {
        for (const id of constraint._pluginData as HP_ConstraintId[]) {
            havok.HP_Constraint_SetEnabled(id, 0);
            havok.HP_Constraint_SetParentBody(id, NO_BODY);
            havok.HP_Constraint_SetChildBody(id, NO_BODY);
        }
    }
    constraint.dispose();
}
