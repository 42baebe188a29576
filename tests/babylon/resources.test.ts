import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import type { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import type { HavokPhysicsWithBindings } from "@babylonjs/havok";
import type { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { Grabber } from "../../src/babylon/grabber";
import { HandColliders } from "../../src/babylon/handColliders";
import { HandRig } from "../../src/babylon/handRig";
import { HandTrackingBehavior } from "../../src/babylon/handTrackingBehavior";
import { TIP_JOINTS } from "../../src/hand/joints";
import { HandRecorder } from "../../src/recording/handRecorder";
import { parseHandRecording } from "../../src/recording/handRecording";
import { ReplaySource } from "../../src/recording/replaySource";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { createBoxBody, createPhysicsScene } from "../helpers/havok";
import { gestureState, ScriptedHand } from "../helpers/scriptedHand";

const FRAME_MS = 1000 / 30;
const [THUMB_TIP] = TIP_JOINTS;

function count(scene: Scene): Record<string, number> {
    const engine = scene.getPhysicsEngine() as PhysicsEngine;
    const havok = (engine.getPhysicsPlugin() as HavokPlugin)._hknp as HavokPhysicsWithBindings;
    const [bodies, shapes, constraints, , worlds, collectors] = havok.HP_GetStatistics()[1];
    return {
        meshes: scene.meshes.length,
        geometries: scene.geometries.length,
        nodes: scene.transformNodes.length,
        skeletons: scene.skeletons.length,
        materials: scene.materials.length,
        textures: scene.textures.length,
        physicsBodies: engine.getBodies().length,
        beforePhysics: scene.onBeforePhysicsObservable.observers.length,
        beforeRender: scene.onBeforeRenderObservable.observers.length,
        bodies,
        shapes,
        constraints,
        worlds,
        collectors,
    };
}

describe("resources", () => {
    it("are all given back after 100 times creating, holding and disposing", async () => {
        const { scene, node, step } = await createPhysicsScene(false);
        (scene.getPhysicsEngine() as PhysicsEngine).setGravity(Vector3.Zero());
        const cube = createBoxBody(scene, Vector3.Zero(), new Vector3(0.04, 0.04, 0.04), 0.1);
        const hand = new ScriptedHand(scene, node);
        const cycle = (i: number): void => {
            const rig = new HandRig(scene, i % 2 ? "left" : "right", i % 3 ? "skin" : "ghost");
            const colliders = new HandColliders(scene, "hand");
            const grabber = new Grabber(scene, "right");
            grabber.colliders = colliders;
            const at = cube.mesh.position;
            hand.pinchAt(at.x, at.y + 0.01, at.z, { pinch: 1 });
            rig.update(hand.joints, hand.rotations, 1);
            rig.setMaterial("occluder");
            colliders.update(hand.joints, hand.rotations, hand.radii);
            colliders.setEnabled(true);
            grabber.moveTo(hand.joints, hand.rotations);
            step(2);
            expect(grabber.grab("pinch", 0)).toBe(cube.body);
            step(2);
            if (i % 2) {
                grabber.release(true, null);
            }
            grabber.dispose();
            colliders.dispose();
            rig.dispose();
        };
        // Babylon removes what a disposed skeleton leaves behind at the next frame, and keeps one table for all PBR materials.
        const flush = async (): Promise<void> => {
            scene.onBeforeRenderObservable.notifyObservers(scene);
            await new Promise((resolve) => setTimeout(resolve, 5));
        };
        cycle(0);
        cycle(1);
        await flush();
        const before = count(scene);
        for (let i = 2; i < 102; i++) {
            cycle(i);
        }
        await flush();
        const after = count(scene);
        console.log(`before ${JSON.stringify(before)}\nafter  ${JSON.stringify(after)}`);
        expect(after).toEqual(before);
        scene.dispose();
    });
});

describe("a scene that is disposed of", () => {
    it("takes a behaviour with colliders and a held body along without an error", async () => {
        const { scene, step } = await createPhysicsScene(false);
        (scene.getPhysicsEngine() as PhysicsEngine).setGravity(Vector3.Zero());
        new FreeCamera("camera", Vector3.Zero(), scene);
        const recorder = new HandRecorder();
        for (let timeMs = 0; timeMs <= 600; timeMs += FRAME_MS) {
            const pinch = Math.min(Math.max((timeMs - 300) / 100, 0), 1);
            recorder.add([gestureState("right", timeMs, [0, 0, 0.5], { pinch })], timeMs);
        }
        const source = new ReplaySource(parseHandRecording(recorder.toJson()), { stepped: true });
        const behaviour = HandTrackingBehavior.attachToScene(scene, { source, view: "camera" });
        let grabs = 0;
        behaviour.onObjectGrabbedObservable.add(() => grabs++);
        await behaviour.readyPromise;
        for (let timeMs = 0; timeMs <= 600; timeMs += FRAME_MS) {
            source.advanceTo(timeMs);
            const [hand] = behaviour.hands;
            if (hand?.isTracked && grabs === 0 && scene.meshes.every(({ name }) => name !== "held")) {
                const at = hand.worldJoints;
                const tip = Vector3.FromArray(at, THUMB_TIP * 3);
                createBoxBody(scene, tip, new Vector3(0.04, 0.04, 0.04), 0.1).mesh.name = "held";
            }
            scene.render();
            step(1);
        }
        console.log(`${grabs} grab, ${scene.meshes.length} meshes, then the scene goes`);
        expect(grabs).toBe(1);
        expect(() => scene.dispose()).not.toThrow();
        expect(behaviour.hands).toHaveLength(0);
    });
});
