import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import { PhysicsShapeSphere } from "@babylonjs/core/Physics/v2/physicsShape";
import type { Scene } from "@babylonjs/core/scene";
import { describe, expect, it, vi } from "vitest";
import { HandColliders } from "../../src/babylon/handColliders";
import { TIP_JOINTS } from "../../src/hand/joints";
import { createBoxBody, createPhysicsScene, STEP_MS } from "../helpers/havok";
import { ScriptedHand } from "../helpers/scriptedHand";

const INDEX_TIP = TIP_JOINTS[1];

function noGravity(scene: Scene): void {
    (scene.getPhysicsEngine() as PhysicsEngine).setGravity(Vector3.Zero());
}

/** Fingers are uneven: a box that could turn would leave with a spin, its centre faster than they are. */
function pushOnly(body: PhysicsBody): void {
    body.setMassProperties({ mass: 0.2, inertia: Vector3.Zero() });
    body.setLinearDamping(0);
}

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";
    /** Sign of the direction into the scene. */
    const forward = rightHanded ? -1 : 1;

    describe(`hand colliders (${system})`, () => {
        async function hand(worldScale = 1) {
            const physics = await createPhysicsScene(rightHanded);
            noGravity(physics.scene);
            const scripted = new ScriptedHand(physics.scene, physics.node, "right", [0, 0, 0], {
                view: "camera",
                worldScale,
            });
            const colliders = new HandColliders(physics.scene, "hand");
            const show = (): void => {
                colliders.update(scripted.joints, scripted.rotations, scripted.radii);
                colliders.setEnabled(true);
            };
            return { ...physics, scripted, colliders, show };
        }

        for (const worldScale of [1, 10]) {
            it(`push a box at the hand's own speed (world scale ${worldScale})`, async () => {
                const { scene, step, scripted, colliders, show } = await hand(worldScale);
                const size = new Vector3(0.1, 0.1, 0.05).scaleInPlace(worldScale);
                const { body } = createBoxBody(
                    scene,
                    new Vector3(0, 0.03, forward * 0.6).scaleInPlace(worldScale),
                    size,
                    0.2
                );
                pushOnly(body);
                const speed = 0.6;
                for (let i = 0; i < 40; i++) {
                    // An upright flat hand, its fingers before the box, moving away from the camera.
                    scripted.wristAt([0, 0.08, 0.45 + (speed * i * STEP_MS) / 1000], {});
                    show();
                    step();
                }
                const reached = (body.getLinearVelocity().z * forward) / worldScale;
                console.log(
                    `${system}, scale ${worldScale}: pushed at ${speed} m/s, the box reaches ${reached.toFixed(3)} m/s`
                );
                expect(Math.abs(reached / speed - 1)).toBeLessThan(0.05);
                colliders.dispose();
                scene.dispose();
            });
        }

        it("push a box at the hand's own speed when a frame has several physics steps", async () => {
            const { scene, step, scripted, colliders, show } = await hand();
            scene.getPhysicsEngine()!.setSubTimeStep(STEP_MS / 3);
            vi.spyOn(scene.getEngine(), "getDeltaTime").mockReturnValue(STEP_MS);
            const { body } = createBoxBody(
                scene,
                new Vector3(0, 0.03, forward * 0.6),
                new Vector3(0.1, 0.1, 0.05),
                0.2
            );
            pushOnly(body);
            const speed = 0.6;
            let fastest = 0;
            const observer = scene.onAfterPhysicsObservable.add(() => {
                fastest = Math.max(fastest, colliders.bodies[4].getLinearVelocity().length());
            });
            for (let i = 0; i < 40; i++) {
                scripted.wristAt([0, 0.08, 0.45 + (speed * i * STEP_MS) / 1000], {});
                show();
                step();
            }
            observer.remove();
            const reached = body.getLinearVelocity().z * forward;
            console.log(
                `${system}: 3 steps a frame, the box reaches ${reached.toFixed(3)} m/s, finger at most ${fastest.toFixed(3)}`
            );
            expect(Math.abs(reached / speed - 1)).toBeLessThan(0.05);
            colliders.dispose();
            scene.dispose();
        });

        it("move a ball that a fingertip goes through", async () => {
            const { scene, step, scripted, colliders, show } = await hand();
            const mesh = CreateSphere("ball", { diameter: 0.04 }, scene);
            mesh.position.set(0, 0, forward * 0.5);
            mesh.rotationQuaternion = Quaternion.Identity();
            const ball = new PhysicsBody(mesh, PhysicsMotionType.DYNAMIC, false, scene);
            const shape = new PhysicsShapeSphere(Vector3.Zero(), 0.02, scene);
            ball.shape = shape;
            ball.setMassProperties({ mass: 0.03 });
            for (let i = 0; i < 40; i++) {
                scripted.jointAt(INDEX_TIP, -0.2 + 0.01 * i, 0, forward * 0.5, {});
                show();
                step();
            }
            console.log(
                `${system}: the ball moved ${(mesh.position.length() * 1000 - 500).toFixed(0)} mm beyond its distance, to x ${mesh.position.x.toFixed(3)}`
            );
            expect(Vector3.Distance(mesh.position, new Vector3(0, 0, forward * 0.5))).toBeGreaterThan(0.05);
            colliders.dispose();
            scene.dispose();
        });

        it("do not blow a box away that the hand appears in", async () => {
            const { scene, step, scripted, colliders, show } = await hand();
            scripted.wristAt([0, 0.05, 0.5], {});
            const at = Vector3.FromArray(scripted.joints, 11 * 3);
            const { body } = createBoxBody(scene, at, new Vector3(0.08, 0.08, 0.08), 0.1);
            step(2);
            let fastest = 0;
            for (let i = 0; i < 60; i++) {
                show();
                step();
                fastest = Math.max(fastest, body.getLinearVelocity().length());
            }
            console.log(`${system}: a box that the hand appears in leaves at ${fastest.toFixed(3)} m/s at most`);
            expect(fastest).toBeLessThan(0.5);
            // Once it has left the box, it touches it again.
            for (let i = 0; i < 60; i++) {
                scripted.wristAt([0, 0.05, i < 20 ? 0.5 - 0.01 * i : 0.1 + 0.01 * i], {});
                show();
                step();
            }
            expect(body.getLinearVelocity().z * forward).toBeGreaterThan(0.3);
            colliders.dispose();
            scene.dispose();
        });

        it("stand still and touch nothing once the hand is lost, and come back without a push", async () => {
            const { scene, step, scripted, colliders, show } = await hand();
            for (let i = 0; i < 10; i++) {
                scripted.wristAt([0.02 * i, 0, 0.5], {});
                show();
                step();
            }
            colliders.setEnabled(false);
            const before = colliders.bodies[0].transformNode.position.clone();
            const inside = createBoxBody(
                scene,
                Vector3.FromArray(scripted.joints, 33),
                new Vector3(0.05, 0.05, 0.05),
                0.1
            );
            step(30);
            const drift = Vector3.Distance(before, colliders.bodies[0].transformNode.position);
            console.log(`${system}: 0.5 s after the loss the bodies drifted ${(drift * 1000).toFixed(3)} mm`);
            expect(drift).toBeLessThan(1e-4);
            expect(inside.body.getLinearVelocity().length()).toBeLessThan(1e-4);
            // Back 0.2 m away, with a box on the straight way there.
            const onTheWay = createBoxBody(
                scene,
                Vector3.FromArray(scripted.joints, 33).addInPlaceFromFloats(-0.15, 0, 0),
                new Vector3(0.04, 0.04, 0.04),
                0.1
            );
            scripted.wristAt([-0.2, 0, 0.5], {});
            let fastest = 0;
            for (let i = 0; i < 10; i++) {
                show();
                step();
                fastest = Math.max(
                    fastest,
                    onTheWay.body.getLinearVelocity().length(),
                    inside.body.getLinearVelocity().length()
                );
            }
            console.log(`${system}: boxes on the way of a returning hand reach ${fastest.toFixed(4)} m/s`);
            expect(fastest).toBeLessThan(0.05);
            colliders.dispose();
            scene.dispose();
        });

        it("jump without a push when the tracker does", async () => {
            const { scene, step, scripted, colliders, show } = await hand();
            scripted.wristAt([-0.3, 0, 0.5], {});
            show();
            step();
            const box = createBoxBody(scene, new Vector3(0, 0.05, forward * 0.5), new Vector3(0.05, 0.3, 0.05), 0.1);
            scripted.wristAt([0.3, 0, 0.5], {});
            show();
            step(10);
            expect(box.body.getLinearVelocity().length()).toBe(0);
            expect(colliders.bodies[0].getLinearVelocity().length()).toBe(0);
            colliders.dispose();
            scene.dispose();
        });

        it("pass through an excluded body, and through no other of the same shape", async () => {
            const { scene, step, scripted, colliders, show } = await hand();
            const excluded = createBoxBody(
                scene,
                new Vector3(0, 0.03, forward * 0.6),
                new Vector3(0.04, 0.1, 0.05),
                0.2
            );
            const other = createBoxBody(
                scene,
                new Vector3(0.045, 0.03, forward * 0.6),
                new Vector3(0.04, 0.1, 0.05),
                0.2
            );
            other.body.shape!.dispose();
            other.body.shape = excluded.body.shape;
            colliders.excludeBody(excluded.body);
            const push = (): void => {
                for (let i = 0; i < 40; i++) {
                    scripted.wristAt([0.02, 0.08, 0.45 + 0.005 * i], {});
                    show();
                    step();
                }
            };
            push();
            expect(excluded.body.getLinearVelocity().length()).toBe(0);
            expect(other.body.getLinearVelocity().length()).toBeGreaterThan(0.1);
            colliders.includeBody(excluded.body);
            push();
            expect(excluded.body.getLinearVelocity().length()).toBeGreaterThan(0.1);
            colliders.dispose();
            scene.dispose();
        });
    });
}
