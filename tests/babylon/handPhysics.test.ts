import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import { describe, expect, it } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import { Grabber } from "../../src/babylon/grabber";
import { HandColliders } from "../../src/babylon/handColliders";
import { createHandState } from "../../src/hand/handState";
import { forwardKinematics } from "../../src/hand/kinematics";
import { createBoxBody, createPhysicsScene, STEP_MS } from "../helpers/havok";
import { uprightPose } from "../helpers/syntheticHand";

const GRAVITY_OFF = Vector3.Zero();

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";
    /** Sign of the direction into the scene. */
    const forward = rightHanded ? -1 : 1;

    describe(`hand colliders (${system})`, () => {
        it("push a box at the hand's own speed", async () => {
            const { scene, node, step } = await createPhysicsScene(rightHanded);
            (scene.getPhysicsEngine() as PhysicsEngine).setGravity(GRAVITY_OFF);
            const colliders = new HandColliders(scene, "hand");
            const mapping = new CameraSpaceMapping(scene, node, { view: "camera" });
            const { body } = createBoxBody(
                scene,
                new Vector3(0, 0.03, forward * 0.6),
                new Vector3(0.1, 0.1, 0.05),
                0.2
            );
            body.setLinearDamping(0);
            const state = createHandState("right");
            const positions = new Float32Array(75);
            const rotations = new Float32Array(100);
            const speed = 0.6;
            let pushed = 0;
            for (let i = 0; i < 40; i++) {
                // An upright flat hand, its fingers before the box, moving away from the camera.
                forwardKinematics(uprightPose([0, 0.08, 0.45 + (speed * i * STEP_MS) / 1000], 0), "right", state);
                mapping.refresh();
                mapping.toWorld(state, positions, rotations);
                colliders.update(positions, rotations, state.radii);
                colliders.setEnabled(true);
                step();
                pushed = Math.max(pushed, body.getLinearVelocity().z * forward);
            }
            console.log(`${system}: pushed at ${speed} m/s, the box reaches ${pushed.toFixed(3)} m/s`);
            expect(body.getLinearVelocity().z * forward).toBeGreaterThan(speed * 0.9);
            expect(body.getLinearVelocity().z * forward).toBeLessThan(speed * 1.15);
            colliders.dispose();
            scene.dispose();
        });

        it("stand still and touch nothing once the hand is lost", async () => {
            const { scene, node, step } = await createPhysicsScene(rightHanded);
            (scene.getPhysicsEngine() as PhysicsEngine).setGravity(GRAVITY_OFF);
            const colliders = new HandColliders(scene, "hand");
            const mapping = new CameraSpaceMapping(scene, node, { view: "camera" });
            const state = createHandState("right");
            const positions = new Float32Array(75);
            const rotations = new Float32Array(100);
            for (let i = 0; i < 10; i++) {
                forwardKinematics(uprightPose([0.02 * i, 0, 0.5]), "right", state);
                mapping.refresh();
                mapping.toWorld(state, positions, rotations);
                colliders.update(positions, rotations, state.radii);
                colliders.setEnabled(true);
                step();
            }
            colliders.setEnabled(false);
            const before = colliders.bodies[0].transformNode.position.clone();
            const { body } = createBoxBody(
                scene,
                new Vector3(positions[33], positions[34], positions[35]),
                new Vector3(0.05, 0.05, 0.05),
                0.1
            );
            step(30);
            const drift = Vector3.Distance(before, colliders.bodies[0].transformNode.position);
            console.log(`${system}: 0.5 s after the loss the bodies drifted ${(drift * 1000).toFixed(3)} mm`);
            expect(drift).toBeLessThan(1e-4);
            expect(body.getLinearVelocity().length()).toBeLessThan(1e-4);
            colliders.dispose();
            scene.dispose();
        });
    });

    describe(`grabber (${system})`, () => {
        async function hold() {
            const physics = await createPhysicsScene(rightHanded);
            const { scene, step } = physics;
            createBoxBody(scene, new Vector3(0, -0.01, 0), new Vector3(1, 0.02, 1), 0, PhysicsMotionType.STATIC);
            const cube = createBoxBody(scene, new Vector3(0, 0.025, 0), new Vector3(0.05, 0.05, 0.05), 0.2);
            step(30);
            const grabber = new Grabber(scene, "right");
            let timeMs = 0;
            const move = (point: Vector3, steps = 1): void => {
                for (let i = 0; i < steps; i++) {
                    grabber.moveTo(point, Quaternion.Identity());
                    grabber.addSample((timeMs += STEP_MS), point);
                    step();
                }
            };
            return { ...physics, cube, grabber, move };
        }

        it("lifts a cube, keeps its offset and lets it fall when opened at rest", async () => {
            const { scene, cube, grabber, move, step } = await hold();
            const start = new Vector3(0, 0.06, 0);
            move(start, 2);
            const offset = cube.mesh.position.subtract(start);
            expect(grabber.grab("pinch", 0)).toBe(cube.body);
            for (let i = 1; i <= 60; i++) {
                move(new Vector3(0, 0.06 + (0.2 * i) / 60, 0));
            }
            const held = new Vector3(0, 0.26, 0);
            move(held, 20);
            const slip = cube.mesh.position.subtract(held).subtract(offset).length();
            console.log(
                `${system}: lifted ${(cube.mesh.position.y * 1000).toFixed(0)} mm, slip ${(slip * 1000).toFixed(2)} mm`
            );
            expect(slip).toBeLessThan(0.003);
            grabber.release(false, null);
            expect(cube.body.getLinearVelocity().length()).toBeLessThan(0.05);
            step(90);
            expect(cube.mesh.position.y).toBeLessThan(0.03);
            grabber.dispose();
            scene.dispose();
        });

        it("throws with the hand's velocity", async () => {
            const { scene, cube, grabber, move } = await hold();
            move(new Vector3(0, 0.06, 0), 2);
            grabber.grab("pinch", 0);
            const velocity = new Vector3(0.9, 1.2, 0.3);
            for (let i = 0; i < 24; i++) {
                move(new Vector3(0, 0.06, 0).add(velocity.scale((i * STEP_MS) / 1000)));
            }
            grabber.release(false, null);
            const thrown = cube.body.getLinearVelocity();
            const error = thrown.subtract(velocity).length() / velocity.length();
            console.log(`${system}: thrown with ${(error * 100).toFixed(1)} % error`);
            expect(error).toBeLessThan(0.1);
            grabber.dispose();
            scene.dispose();
        });

        it("lets go at rest when the hand is lost in full swing", async () => {
            const { scene, cube, grabber, move } = await hold();
            move(new Vector3(0, 0.06, 0), 2);
            grabber.grab("pinch", 0);
            for (let i = 0; i < 24; i++) {
                move(new Vector3(0.02 * i, 0.06 + 0.01 * i, 0));
            }
            grabber.release(true, null);
            expect(cube.body.getLinearVelocity().length()).toBe(0);
            grabber.dispose();
            scene.dispose();
        });

        it("takes nothing that is out of reach or not to be taken", async () => {
            const { scene, cube, grabber, move } = await hold();
            move(new Vector3(0, 0.2, 0), 2);
            expect(grabber.grab("pinch", 0)).toBeNull();
            cube.mesh.metadata = { handGrabbable: false };
            move(new Vector3(0, 0.06, 0), 2);
            expect(grabber.grab("pinch", 0)).toBeNull();
            grabber.dispose();
            scene.dispose();
        });
    });
}
