import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { Observable } from "@babylonjs/core/Misc/observable";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Scene } from "@babylonjs/core/scene";
import { describe, expect, it, vi } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import type { ReleaseEvent } from "../../src/babylon/grabber";
import { HandEvents } from "../../src/babylon/handEvents";
import { HandSet } from "../../src/babylon/handSet";
import type { TrackedHand } from "../../src/babylon/trackedHand";
import { fistPoint, pinchPoint } from "../../src/gestures/holdingPoint";
import { multiplyConjugate, toRotationVector } from "../../src/hand/quaternion";
import type { HandSide } from "../../src/hand/joints";
import { MESH_LENGTH, packMesh } from "../../src/hand/recoveredMesh";
import { createHandObservation, OBSERVATION_LENGTH, packObservation } from "../../src/tracking/handObservation";
import { STALL_MS } from "../../src/tracking/presence";
import { createBoxBody, createPhysicsScene, STEP_MS } from "../helpers/havok";
import { recoveredMeshOf } from "../helpers/skinnedMesh";
import { gesturePose, ScriptedHand, type Gesture } from "../helpers/scriptedHand";

const FACING = { view: "facing", facingDistance: 1 } as const;
const FRAME_MS = 1000 / 30;
/** From a frame's capture to its result. */
const LATENCY_MS = 60;
const NAMES = [
    "HandFound",
    "HandUpdated",
    "HandLost",
    "PinchStart",
    "PinchUpdate",
    "PinchEnd",
    "PinchCancel",
    "GrabStart",
    "GrabUpdate",
    "GrabEnd",
    "GrabCancel",
    "Gesture",
    "ObjectGrabbed",
    "ObjectReleased",
] as const;

/** What a hand does at a time; null while it is out of sight. Position of the wrist in camera space, metres. */
type Script = (timeMs: number) => { position: number[]; gesture: Gesture } | null;

/** Where a closed right hand holds, in the world of the facing view, for a wrist in camera space. */
function gripOf(scene: Scene, node: TransformNode, wrist: number[], gesture: Gesture): Vector3 {
    const scripted = new ScriptedHand(scene, node, "right", [0, 0, 0], FACING).wristAt(wrist, gesture);
    const point = new Float32Array(3);
    if (gesture.fist) {
        fistPoint(scripted.joints, scripted.rotations, point);
    } else {
        pinchPoint(scripted.joints, point);
    }
    return Vector3.FromArray(point);
}

/** A cube where the fingers meet of a pinching right hand whose wrist is at (0, 0.08, 0.5) in camera space. */
function pinchableCube(scene: Scene, node: TransformNode): ReturnType<typeof createBoxBody> {
    const at = gripOf(scene, node, [0, 0.08, 0.5], { pinch: 1 });
    return createBoxBody(scene, at, new Vector3(0.04, 0.04, 0.04), 0.1);
}

/** A shelf under the cube, which lies where the fingers will meet. */
function putShelfUnder(scene: Scene, cube: TransformNode): void {
    const at = cube.position.add(new Vector3(0, -0.03, 0));
    createBoxBody(scene, at, new Vector3(0.03, 0.02, 0.03), 0, PhysicsMotionType.STATIC);
}

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";

    async function setUp(side: HandSide = "right", isStalled: () => boolean = () => false) {
        const { scene, node, step } = await createPhysicsScene(rightHanded);
        vi.spyOn(scene.getEngine(), "getDeltaTime").mockReturnValue(STEP_MS);
        const mapping = new CameraSpaceMapping(scene, node, FACING);
        const log: string[] = [];
        const releases: ReleaseEvent[] = [];
        const events = new HandEvents();
        let nowMs = 0;
        for (const name of NAMES) {
            if (!name.endsWith("Update") && !name.endsWith("Updated") && name !== "Gesture") {
                (events[`on${name}Observable`] as Observable<unknown>).add(() =>
                    log.push(`${name} ${Math.round(nowMs)}`)
                );
            }
        }
        events.onObjectReleasedObservable.add((event) => releases.push(event));
        const hands = new HandSet(scene, mapping, { rig: "skin", colliders: true, grab: true }, events);
        const observation = createHandObservation();
        const buffer = new Float32Array(OBSERVATION_LENGTH * 2);
        /** Packed meshes of a recoverer that gives them; null of one that does not. */
        const surface: { buffer: Float32Array | null } = { buffer: null };
        const capture = (script: Script, timeMs: number): void => {
            const now = script(timeMs);
            const before = script(timeMs - 10);
            if (now) {
                observation.id = 1;
                observation.side = side;
                observation.presence = 1;
                observation.depthSigma = 0.01;
                observation.pose = gesturePose(now.position, now.gesture);
                const earlier = before ? gesturePose(before.position, before.gesture) : observation.pose;
                const turn = new Float64Array(4);
                multiplyConjugate(earlier.rotation, 0, observation.pose.rotation, 0, turn, 0);
                toRotationVector(turn, 0, turn, 0);
                for (let k = 0; k < 3; k++) {
                    observation.velocity[k] = (observation.pose.translation[k] - earlier.translation[k]) * 100;
                    observation.angularVelocity[k] = turn[k] * 100;
                }
                observation.angleVelocities.set(
                    observation.pose.angles.map((angle, i) => (angle - earlier.angles[i]) * 100)
                );
                observation.keypointsPx.fill(NaN);
                packObservation(observation, buffer, 0);
            }
            if (isStalled()) {
                return;
            }
            hands.receive({
                timeMs,
                width: 640,
                height: 480,
                count: now ? 1 : 0,
                buffer,
                meshes: surface.buffer,
                textures: null,
                crops: 1,
                times: {} as never,
            });
        };
        /** A page at 60 frames a second with a camera at 30. */
        const play = (script: Script, untilMs: number, each: () => void = () => undefined): void => {
            let nextMs = Math.ceil(nowMs / FRAME_MS) * FRAME_MS;
            for (; nowMs < untilMs; nowMs += STEP_MS) {
                while (nextMs + LATENCY_MS <= nowMs) {
                    capture(script, nextMs);
                    nextMs += FRAME_MS;
                }
                hands.update(nowMs);
                step();
                each();
            }
        };
        const hand = (): TrackedHand => hands.hands[0];
        return { scene, node, step, hands, hand, play, log, releases, surface };
    }

    const ramp = (timeMs: number, fromMs: number, ms: number): number =>
        Math.min(Math.max((timeMs - fromMs) / ms, 0), 1);
    /** As arms move: the speed grows and falls smoothly. */
    const reach = (timeMs: number, fromMs: number, ms: number): number =>
        (1 - Math.cos(Math.PI * ramp(timeMs, fromMs, ms))) / 2;

    describe(`hands in a scene (${system})`, () => {
        it("go over to the recovered mesh and back while they hold a cube, which they keep", async () => {
            const { scene, node, hands, hand, play, log, surface } = await setUp();
            const script: Script = (t) => ({ position: [0, 0.08, 0.5], gesture: { pinch: ramp(t, 500, 120) } });
            play(script, 400);
            const cube = pinchableCube(scene, node);
            putShelfUnder(scene, cube.mesh);
            play(script, 1000);
            expect(hand().grabber!.heldBody === cube.body).toBe(true);
            const resources = (): number[] => [scene.meshes, scene.geometries, scene.materials].map((l) => l.length);
            const before = resources();
            const shown = (): string =>
                `${hand().rig!.isVisible ? "rig" : ""}${hand().meshHand?.isVisible ? "mesh" : ""}`;
            const seen = [shown()];
            const packed = new Float32Array(MESH_LENGTH);
            packMesh(recoveredMeshOf(gesturePose([0, 0, 0.5], { pinch: 1 })), packed, 0);
            hands.setHandMesh("recovered");
            // The recoverer has no vertices, or they are not here yet.
            play(script, 1200);
            seen.push(shown());
            surface.buffer = packed;
            play(script, 1400);
            seen.push(shown());
            const { minimumWorld, maximumWorld } = hand().meshHand!.mesh.getBoundingInfo().boundingBox;
            const { worldJoints } = hand();
            for (let joint = 0; joint < worldJoints.length / 3; joint++) {
                const at = Vector3.FromArray(worldJoints, joint * 3);
                expect(Vector3.Minimize(at, minimumWorld).subtract(minimumWorld).length()).toBeLessThan(0.02);
                expect(Vector3.Maximize(at, maximumWorld).subtract(maximumWorld).length()).toBeLessThan(0.02);
            }
            hands.setRig("occluder");
            // A recoverer without vertices takes over.
            surface.buffer = null;
            play(script, 1600);
            seen.push(shown());
            surface.buffer = packed;
            play(script, 1800);
            seen.push(shown());
            hands.setHandMesh("rig");
            seen.push(shown());
            play(script, 2000);
            console.log(`${system}: shown by ${seen.join(", ")}; ${log.join(", ")}`);
            expect(seen).toEqual(["rig", "rig", "mesh", "rig", "mesh", "rig"]);
            expect(resources()).toEqual(before);
            expect(hand().grabber!.heldBody === cube.body).toBe(true);
            expect(log.filter((line) => /Lost|Released|End|Cancel/.test(line))).toEqual([]);
            hands.setHandMesh("recovered");
            play(script, 2200);
            hands.setRig(false);
            expect([hand().rig, hand().meshHand]).toEqual([null, null]);
            expect(hand().recoveredMesh!.isValid).toBe(true);
            hands.dispose();
            scene.dispose();
        });

        it("pick a cube up by a pinch, carry it between the fingers and throw it", async () => {
            const { scene, node, hand, hands, play, log, releases } = await setUp();
            // Where a pinched hand's fingertips are when its wrist is at (0, 0.08, 0.5) in camera space.
            const script: Script = (t) => ({
                position: [
                    -0.25 * reach(t, 1000, 600) - 0.9 * Math.max(0, (t - 2000) / 1000),
                    0.08 - 0.2 * reach(t, 1000, 600),
                    0.5,
                ],
                gesture: { pinch: ramp(t, 500, 120) - ramp(t, 2200, 120) },
            });
            play(script, 400);
            const tips = (): Vector3 => {
                const joints = hand().worldJoints;
                return Vector3.FromArray(joints, 4 * 3)
                    .add(Vector3.FromArray(joints, 9 * 3))
                    .scaleInPlace(0.5);
            };
            const cube = pinchableCube(scene, node);
            cube.body.setLinearDamping(0);
            putShelfUnder(scene, cube.mesh);
            play(script, 1000);
            expect(hand().grabber!.heldBody).toBe(cube.body);
            const startY = cube.mesh.position.y;
            const offset = cube.mesh.position.subtract(tips());
            let worst = 0;
            play(script, 1900, () => {
                worst = Math.max(worst, cube.mesh.position.subtract(tips()).subtract(offset).length());
            });
            const lifted = cube.mesh.position.y - startY;
            play(script, 2600);
            const velocity = releases[0].velocity;
            console.log(
                `${system}: lifted ${(lifted * 1000).toFixed(0)} mm, at most ${(worst * 1000).toFixed(1)} mm from its place between the shown fingers; thrown at ${velocity.length().toFixed(3)} of 0.9 m/s; ${log.join(", ")}`
            );
            expect(lifted).toBeGreaterThan(0.18);
            expect(worst).toBeLessThan(0.01);
            // The user's leftward motion, seen by a camera that faces them, goes left... of the screen: x grows.
            expect(velocity.x).toBeGreaterThan(0.8);
            expect(velocity.x).toBeLessThan(1);
            expect(log.map((entry) => entry.split(" ")[0])).toEqual([
                "HandFound",
                "ObjectGrabbed",
                "PinchStart",
                "ObjectReleased",
                "PinchEnd",
            ]);
            hands.dispose();
            scene.dispose();
        });

        it("keep what they hold through a short loss, and drop it at rest after a long one", async () => {
            const { scene, node, hand, hands, play, log, releases } = await setUp();
            const cube = pinchableCube(scene, node);
            cube.body.setGravityFactor(0);
            const script: Script = (t) =>
                (t > 1000 && t < 1150) || t > 1600
                    ? null
                    : {
                          position: [0.3 * Math.max(0, (t - 700) / 1000), 0.08, 0.5],
                          gesture: { pinch: ramp(t, 300, 120) },
                      };
            play(script, 1090);
            expect(hand().isTracked).toBe(false);
            expect(hand().grabber!.heldBody).toBe(cube.body);
            play(script, 1500);
            expect(hand().isTracked).toBe(true);
            expect(hand().grabber!.heldBody).toBe(cube.body);
            let fastest = 0;
            play(script, 2200, () => {
                if (hands.hands.length === 0) {
                    fastest = Math.max(fastest, cube.body.getLinearVelocity().length());
                }
            });
            const loss = Number(log.filter((entry) => entry.startsWith("HandLost"))[1].split(" ")[1]);
            const release = Number(log.find((entry) => entry.startsWith("ObjectReleased"))!.split(" ")[1]);
            console.log(`${system}: ${log.join(", ")}; speed after it ${fastest.toFixed(4)} m/s`);
            expect(hands.hands).toHaveLength(0);
            expect(releases[0].reason).toBe("lost");
            expect(release - loss).toBeLessThan(260);
            expect(fastest).toBeLessThan(0.01);
            expect(log.some((entry) => entry.startsWith("PinchCancel"))).toBe(true);
            expect(log.some((entry) => entry.startsWith("PinchEnd"))).toBe(false);
            hands.dispose();
            scene.dispose();
        });

        it("are lost, and drop what they hold, when frames stop coming", async () => {
            let stalled = false;
            const { scene, node, hands, hand, play, log, releases } = await setUp("right", () => stalled);
            const cube = pinchableCube(scene, node);
            cube.body.setGravityFactor(0);
            const script: Script = (t) => ({ position: [0, 0.08, 0.5], gesture: { pinch: ramp(t, 300, 120) } });
            play(script, 1000);
            expect(hand().grabber!.heldBody).toBe(cube.body);
            stalled = true;
            play(script, 1000 + STALL_MS + 300);
            console.log(`${system}: ${log.join(", ")}`);
            expect(hands.hands).toHaveLength(0);
            expect(releases[0].reason).toBe("lost");
            stalled = false;
            play(script, 4000);
            expect(hands.hands).toHaveLength(1);
            hands.dispose();
            scene.dispose();
        });

        it("grab with a fist, and do not pinch on the way", async () => {
            const { scene, node, hand, hands, play, log } = await setUp("left");
            const at = gripOf(scene, node, [0, 0.08, 0.5], { fist: 1 });
            at.x = -at.x;
            const cube = createBoxBody(scene, at, new Vector3(0.05, 0.05, 0.05), 0.1);
            cube.body.setGravityFactor(0);
            const script: Script = (t) => ({
                position: [0, 0.08 - 0.2 * ramp(t, 1000, 600), 0.5],
                gesture: { fist: ramp(t, 500, 200) - ramp(t, 2000, 200) },
            });
            const startY = at.y;
            play(script, 1900);
            const lifted = cube.mesh.position.y - startY;
            expect(hand().grabber!.heldBody).toBe(cube.body);
            play(script, 2600);
            console.log(`${system}: lifted ${(lifted * 1000).toFixed(0)} mm; ${log.join(", ")}`);
            expect(lifted).toBeGreaterThan(0.15);
            expect(log.map((entry) => entry.split(" ")[0])).toEqual([
                "HandFound",
                "ObjectGrabbed",
                "GrabStart",
                "ObjectReleased",
                "GrabEnd",
            ]);
            hands.dispose();
            scene.dispose();
        });

        it("are all disposed of with their set", async () => {
            const { scene, hands, play } = await setUp();
            const before = [scene.meshes, scene.skeletons, scene.transformNodes, scene.materials].map(
                (list) => list.length
            );
            const observers = scene.onBeforePhysicsObservable.observers.length;
            play(() => ({ position: [0, 0, 0.5], gesture: {} }), 300);
            expect(scene.meshes.length).toBe(1);
            hands.dispose();
            expect(
                [scene.meshes, scene.skeletons, scene.transformNodes, scene.materials].map((list) => list.length)
            ).toEqual(before);
            expect(scene.onBeforePhysicsObservable.observers.length).toBe(observers);
            scene.dispose();
        });
    });
}
