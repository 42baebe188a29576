import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import { PhysicsShapeSphere } from "@babylonjs/core/Physics/v2/physicsShape";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import { describe, expect, it } from "vitest";
import { Grabber, type ReleaseEvent } from "../../src/babylon/grabber";
import { HandColliders } from "../../src/babylon/handColliders";
import { teleportBody } from "../../src/babylon/kinematicBody";
import { WRIST, type HandSide } from "../../src/hand/joints";
import { gaussian, seededRandom } from "../helpers/random";
import { createBoxBody, createPhysicsScene, STEP_MS } from "../helpers/havok";
import { ScriptedHand, type Gesture } from "../helpers/scriptedHand";

const CUBE = 0.04;
const PINCH: Gesture = { pinch: 1 };
const OPEN: Gesture = { pinch: 0.5 };

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";

    async function table(colliding = true, turn: readonly number[] = [Math.PI / 2, 0, 0]) {
        const physics = await createPhysicsScene(rightHanded);
        const { scene, step } = physics;
        createBoxBody(scene, new Vector3(0, -0.01, 0), new Vector3(4, 0.02, 4), 0, PhysicsMotionType.STATIC);
        const cube = createBoxBody(scene, new Vector3(0, CUBE / 2, 0), new Vector3(CUBE, CUBE, CUBE), 0.1);
        cube.body.setLinearDamping(0);
        cube.body.setAngularDamping(0);
        step(30);
        let timeMs = 0;
        /** A hand, palm down, with its own grip and colliders. */
        const hand = (side: HandSide) => {
            const scripted = new ScriptedHand(scene, physics.node, side, turn);
            const grabber = new Grabber(scene, side, 1, () => timeMs);
            const colliders = colliding ? new HandColliders(scene, `hand-${side}`) : null;
            grabber.colliders = colliders;
            const show = (): void => {
                colliders?.update(scripted.joints, scripted.rotations, scripted.radii);
                colliders?.setEnabled(true);
                grabber.moveTo(scripted.joints, scripted.rotations);
                grabber.addSample(timeMs, scripted.joints, scripted.rotations);
            };
            const place = (x: number, y: number, z: number, gesture: Gesture): void => {
                scripted.pinchAt(x, y, z, gesture);
                show();
            };
            const dispose = (): void => {
                grabber.dispose();
                colliders?.dispose();
            };
            return { grabber, colliders, scripted, show, place, dispose };
        };
        const tick = (steps = 1): void => {
            for (let i = 0; i < steps; i++) {
                timeMs += STEP_MS;
                step();
            }
        };
        return { ...physics, cube, hand, tick };
    }

    describe(`grabber (${system})`, () => {
        it("lifts a pinched cube by 0.2 m, carries it, keeps it in place and puts it down at rest", async () => {
            const { scene, cube, hand, tick } = await table();
            const { grabber, scripted, show, place, dispose } = hand("right");
            for (let i = 0; i < 30; i++) {
                place(0, 0.2 - (0.16 * i) / 29, 0, OPEN);
                tick();
            }
            expect(grabber.hover()).toBe(cube.body);
            const before = cube.mesh.position.clone();
            place(0, 0.04, 0, PINCH);
            expect(grabber.grab("pinch", 0)).toBe(cube.body);
            tick(5);
            const snap = Vector3.Distance(cube.mesh.position, before);
            for (let i = 1; i <= 60; i++) {
                place(0.3 * (i / 60), 0.04 + 0.2 * (i / 60), 0, PINCH);
                tick();
            }
            const lifted = cube.mesh.position.y - before.y;
            place(0.3, 0.24, 0, PINCH);
            tick(20);
            const slip = cube.mesh.position.subtract(before).subtractFromFloats(0.3, 0.2, 0).length();
            console.log(
                `${system}: snapped ${(snap * 1000).toFixed(2)} mm, lifted ${(lifted * 1000).toFixed(0)} mm, slip ${(slip * 1000).toFixed(2)} mm`
            );
            expect(snap).toBeLessThan(0.002);
            expect(lifted).toBeGreaterThan(0.19);
            expect(slip).toBeLessThan(0.003);
            const [x, y, z] = scripted.joints;
            for (let i = 0; i < 10; i++) {
                // The wrist rests while the fingers open.
                scripted.jointAt(WRIST, x, y, z, { pinch: 1 - i / 20 });
                show();
                tick();
            }
            grabber.release(false, null);
            const speed = cube.body.getLinearVelocity().length();
            console.log(`${system}: opened at rest, it leaves with ${speed.toFixed(3)} m/s`);
            expect(speed).toBeLessThan(0.05);
            for (let i = 0; i < 90; i++) {
                place(0.3, 0.24 + 0.003 * i, 0, OPEN);
                tick();
            }
            expect(cube.mesh.position.y).toBeLessThan(0.03);
            expect(Math.hypot(cube.mesh.position.x - 0.3, cube.mesh.position.z)).toBeLessThan(0.05);
            dispose();
            scene.dispose();
        });

        for (const turning of [0, 2]) {
            it(`throws with the hand's velocity (turning at ${turning} rad/s)`, async () => {
                const { scene, cube, hand, tick } = await table(false);
                (scene.getPhysicsEngine() as PhysicsEngine).setGravity(Vector3.Zero());
                const { grabber, scripted, place, dispose } = hand("right");
                place(0, 0.04, 0, PINCH);
                tick(2);
                grabber.grab("pinch", 0);
                const velocity = new Vector3(0.9, 1.2, 0.3);
                for (let i = 0; i < 30; i++) {
                    const t = (i * STEP_MS) / 1000;
                    scripted.turnBy([0, turning * t, 0]);
                    place(velocity.x * t, 0.04 + velocity.y * t, velocity.z * t, PINCH);
                    tick();
                }
                const carried = cube.body.getLinearVelocity();
                const spun = cube.body.getAngularVelocity();
                // The fingers open while the hand goes on.
                for (let i = 30; i < 33; i++) {
                    const t = (i * STEP_MS) / 1000;
                    scripted.turnBy([0, turning * t, 0]);
                    place(velocity.x * t, 0.04 + velocity.y * t, velocity.z * t, { pinch: 1 - (i - 29) / 6 });
                    tick();
                }
                grabber.release(false, null);
                const thrown = cube.body.getLinearVelocity();
                const error = thrown.subtract(turning ? carried : velocity).length() / velocity.length();
                const spinError = cube.body.getAngularVelocity().subtract(spun).length();
                console.log(
                    `${system}: thrown with ${(error * 100).toFixed(1)} % error, spin ${spun.length().toFixed(2)} rad/s within ${spinError.toFixed(3)}`
                );
                expect(error).toBeLessThan(0.1);
                expect(spinError).toBeLessThan(0.1 * turning + 0.05);
                expect(Math.abs(spun.length() - turning)).toBeLessThan(0.05);
                dispose();
                scene.dispose();
            });
        }

        it("drops what a lost hand held, at rest, and stays away from it for 250 ms", async () => {
            const { scene, cube, hand, tick } = await table();
            const { grabber, colliders, place, dispose } = hand("right");
            const released: ReleaseEvent[] = [];
            grabber.onReleasedObservable.add((event) => released.push(event));
            place(0, 0.04, 0, PINCH);
            tick(2);
            grabber.grab("pinch", 0);
            for (let i = 0; i < 24; i++) {
                place(0.02 * i, 0.04 + 0.01 * i, 0, PINCH);
                tick();
            }
            // Nobody tells the hand where it is: it holds still with what it holds.
            colliders!.setEnabled(false);
            tick(15);
            const held = Vector3.Distance(cube.mesh.position, new Vector3(0.46, 0.25, 0));
            expect(held).toBeLessThan(0.03);
            grabber.release(true, null);
            expect(cube.body.getLinearVelocity().length()).toBe(0);
            expect(released).toHaveLength(1);
            expect(released[0].reason).toBe("lost");
            const x = cube.mesh.position.x;
            tick(60);
            console.log(
                `${system}: after 250 ms of loss the cube fell, ${((cube.mesh.position.x - x) * 1000).toFixed(2)} mm aside`
            );
            expect(cube.mesh.position.y).toBeLessThan(0.03);
            expect(Math.abs(cube.mesh.position.x - x)).toBeLessThan(0.005);
            dispose();
            scene.dispose();
        });

        it("takes what it holds along when the tracker jumps, without a speed", async () => {
            const { scene, cube, hand, tick } = await table();
            const { grabber, place, dispose } = hand("right");
            place(0, 0.04, 0, PINCH);
            tick(2);
            grabber.grab("pinch", 0);
            place(0, 0.3, 0, PINCH);
            tick(20);
            place(0.6, 0.3, 0, PINCH);
            tick();
            const speed = cube.body.getLinearVelocity().length();
            tick(3);
            console.log(
                `${system}: after a jump of 0.6 m the cube is at x ${cube.mesh.position.x.toFixed(3)} with ${speed.toFixed(3)} m/s`
            );
            expect(cube.mesh.position.x).toBeCloseTo(0.6, 2);
            expect(speed).toBeLessThan(0.2);
            dispose();
            scene.dispose();
        });

        it("measures reach to a body's surface, not to its bounding box or centre", async () => {
            const { scene, hand, tick } = await table(false);
            const mesh = CreateSphere("ball", { diameter: 0.2 }, scene);
            mesh.position.set(0.5, 0.3, 0);
            mesh.rotationQuaternion = Quaternion.Identity();
            const ball = new PhysicsBody(mesh, PhysicsMotionType.DYNAMIC, false, scene);
            ball.shape = new PhysicsShapeSphere(Vector3.Zero(), 0.1, scene);
            ball.setMassProperties({ mass: 0.1 });
            ball.setGravityFactor(0);
            const { grabber, place, dispose } = hand("right");
            tick(2);
            const corner = 0.1 - 0.001;
            // Within the box around the ball, 71 mm from its surface.
            place(0.5 + corner, 0.3 + corner, corner, PINCH);
            tick();
            expect(grabber.grab("pinch", 0)).toBeNull();
            expect(grabber.hover()).toBe(ball);
            // 25 mm from its surface, 125 mm from its centre.
            place(0.5, 0.425, 0, PINCH);
            tick();
            expect(grabber.grab("pinch", 0)).toBe(ball);
            expect(grabber.hoveredBody).toBe(ball);
            grabber.hover();
            expect(grabber.hoveredBody).toBeNull();
            dispose();
            scene.dispose();
        });

        it("reaches farther where depth is uncertain", async () => {
            const { scene, cube, hand, tick } = await table(false);
            const { grabber, place, dispose } = hand("right");
            place(0, 0.09, 0, PINCH);
            tick();
            expect(grabber.grab("pinch", 0.01)).toBeNull();
            expect(grabber.grab("pinch", 0.028)).toBe(cube.body);
            dispose();
            scene.dispose();
        });

        it("takes nothing that is static, out of reach or not to be taken", async () => {
            const { scene, cube, hand, tick } = await table(false);
            const { grabber, place, dispose } = hand("right");
            place(1, 0.01, 0, PINCH);
            tick();
            expect(grabber.grab("pinch", 0)).toBeNull();
            place(0, 0.2, 0, PINCH);
            tick();
            expect(grabber.grab("pinch", 0)).toBeNull();
            cube.mesh.metadata = { handGrabbable: false };
            place(0, 0.04, 0, PINCH);
            tick();
            expect(grabber.grab("pinch", 0)).toBeNull();
            dispose();
            scene.dispose();
        });

        for (const isTwoHanded of [true, false]) {
            const claim = isTwoHanded
                ? "is held by both hands until one lets go"
                : "goes over to the hand that takes it if it is not to be held by two";
            it(`a body ${claim}`, async () => {
                const { scene, cube, hand, tick } = await table();
                cube.mesh.metadata = { handTwoHanded: isTwoHanded };
                const right = hand("right");
                const left = hand("left");
                const events: string[] = [];
                for (const { grabber } of [right, left]) {
                    grabber.onGrabbedObservable.add(({ side }) => events.push(`${side} takes`));
                    grabber.onReleasedObservable.add(({ side, reason }) => events.push(`${side} ${reason}`));
                }
                right.place(0, 0.04, 0, PINCH);
                tick(2);
                right.grabber.grab("pinch", 0);
                for (let i = 0; i < 30; i++) {
                    right.place(0, 0.04 + 0.01 * i, 0, PINCH);
                    left.place(-0.03, 0.6 - 0.25 * (i / 29), 0, OPEN);
                    tick();
                }
                left.place(-0.03, 0.35, 0, PINCH);
                tick(5);
                expect(left.grabber.grab("pinch", 0)).toBe(cube.body);
                expect(right.grabber.heldBody).toBe(isTwoHanded ? cube.body : null);
                tick(10);
                right.grabber.release(false, null);
                expect(events).toEqual(
                    isTwoHanded
                        ? ["right takes", "left takes", "right handed-over"]
                        : ["right takes", "right handed-over", "left takes"]
                );
                for (let i = 0; i < 60; i++) {
                    left.place(-0.03 - 0.01 * i, 0.35, 0, PINCH);
                    tick();
                }
                console.log(`${system}: handed over, the cube is at x ${cube.mesh.position.x.toFixed(3)}`);
                expect(cube.mesh.position.x).toBeLessThan(-0.5);
                right.dispose();
                left.dispose();
                scene.dispose();
            });
        }

        it("two hands carry and turn a plank by where they are, without a quarrel under the tracker's noise", async () => {
            const { scene, hand, tick } = await table();
            const plank = createBoxBody(scene, new Vector3(0, 0.25, 0), new Vector3(0.4, 0.03, 0.05), 0.6);
            (scene.getPhysicsEngine() as PhysicsEngine).setGravity(Vector3.Zero());
            const right = hand("right");
            const left = hand("left");
            right.place(0.18, 0.25, 0, PINCH);
            left.place(-0.18, 0.25, 0, PINCH);
            tick(2);
            expect(right.grabber.grab("pinch", 0)).toBe(plank.body);
            expect(left.grabber.grab("pinch", 0)).toBe(plank.body);
            (scene.getPhysicsEngine() as PhysicsEngine).setGravity(new Vector3(0, -9.81, 0));
            const random = seededRandom(3);
            const noise = (): number => 0.005 * gaussian(random);
            let fastest = 0;
            for (let i = 0; i < 120; i++) {
                const turn = (Math.min(i, 60) / 60) * 0.8;
                const x = 0.18 * Math.cos(turn);
                const y = 0.18 * Math.sin(turn);
                right.place(x + noise(), 0.35 + y + noise(), noise(), PINCH);
                left.place(-x + noise(), 0.35 - y + noise(), noise(), PINCH);
                tick();
                fastest = Math.max(fastest, i > 90 ? plank.body.getLinearVelocity().length() : 0);
            }
            const found = 2 * Math.asin(plank.mesh.rotationQuaternion!.z);
            const lag = plank.mesh.position.subtractFromFloats(0, 0.35, 0).length();
            console.log(
                `${system}: turned by ${found.toFixed(2)} of 0.80 rad, ${(lag * 1000).toFixed(0)} mm off, ${fastest.toFixed(2)} m/s at rest under noise`
            );
            expect(Math.abs(found - 0.8)).toBeLessThan(0.15);
            expect(lag).toBeLessThan(0.03);
            expect(fastest).toBeLessThan(1);
            right.dispose();
            left.dispose();
            scene.dispose();
        });

        it("lets a heavy body lag, and what is jammed slip", async () => {
            const { scene, cube, hand, tick } = await table();
            const { grabber, place, dispose } = hand("right");
            const reasons: string[] = [];
            grabber.onReleasedObservable.add(({ reason }) => reasons.push(reason));
            const lift = (mass: number): { lag: number; isHeld: boolean } => {
                cube.body.setMassProperties({ mass });
                cube.mesh.position.set(0, CUBE / 2, 0);
                teleportBody(cube.body, scene);
                place(0, 0.04, 0, PINCH);
                tick(5);
                expect(grabber.grab("pinch", 0)).toBe(cube.body);
                let lag = 0;
                for (let i = 0; i < 40; i++) {
                    const height = 0.2 * Math.min(i / 20, 1);
                    place(0, 0.04 + height, 0, PINCH);
                    tick();
                    lag = Math.max(lag, height - (cube.mesh.position.y - CUBE / 2));
                }
                const isHeld = grabber.heldBody !== null;
                grabber.release(true, null);
                tick(60);
                return { lag, isHeld };
            };
            const light = lift(0.2);
            const heavy = lift(2.6);
            const tooHeavy = lift(6);
            console.log(
                `${system}: lag ${[light, heavy, tooHeavy].map(({ lag }) => (lag * 1000).toFixed(0)).join(", ")} mm with 0.2, 2.6 and 6 kg`
            );
            expect(light.lag).toBeLessThan(0.005);
            expect(heavy.lag).toBeGreaterThan(light.lag + 0.01);
            expect([light.isHeld, heavy.isHeld, tooHeavy.isHeld]).toEqual([true, true, false]);
            expect(reasons).toEqual(["lost", "lost", "slipped"]);
            dispose();
            scene.dispose();
        });

        it("lets go of a body that the application disposes of", async () => {
            const { scene, cube, hand, tick } = await table();
            const { grabber, place, dispose } = hand("right");
            place(0, 0.04, 0, PINCH);
            tick(2);
            grabber.grab("pinch", 0);
            cube.mesh.dispose();
            tick(30);
            expect(grabber.heldBody).toBeNull();
            dispose();
            scene.dispose();
        });
    });
}
