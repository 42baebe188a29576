// Run by allocation.test.ts in a process of its own: what the page's thread allocates a frame, as JSON on standard output.
// Apart from the test runner, whose modules are not those of a bundle: its imports are getters, which nothing is inlined through.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { Scene } from "@babylonjs/core/scene";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import { HandEvents } from "../../src/babylon/handEvents";
import { HandSet } from "../../src/babylon/handSet";
import { HandTrackingBehavior } from "../../src/babylon/handTrackingBehavior";
import { copyHandPose } from "../../src/hand/handPose";
import { TIP_JOINTS, type HandSide } from "../../src/hand/joints";
import type { HandSource } from "../../src/sources/handSource";
import { createHandObservation, OBSERVATION_LENGTH, packObservation } from "../../src/tracking/handObservation";
import { measureAllocations, type Allocation } from "../helpers/allocation";
import { createBoxBody, createPhysicsScene, STEP_MS } from "../helpers/havok";
import { gesturePose, gestureState, type Gesture } from "../helpers/scriptedHand";

/** Frames before the measurement, in which the functions are compiled, and frames of the measurement. */
const WARM_UP = 6000;
const FRAMES = 3000;
/** The scripted motion repeats after so many frames. */
const CYCLE = 240;
/** In each: fingers close to a pinch, and to a fist. */
const PINCH = { from: 60, to: 120 };
const FIST = { from: 160, to: 220 };
/** Frames that fingers take to close or to open. */
const CLOSING = 12;
const CUBE = 0.04;
const SIDES: readonly HandSide[] = ["left", "right"];

/** What one way of driving hands allocates. */
export interface AllocationReport {
    title: string;
    frames: number;
    grabs: number;
    allocations: Allocation[];
}

interface Cubes {
    scene: Scene;
    node: Parameters<typeof createHandSet>[1];
    /** Puts a side's cube to where that hand is about to pinch. */
    reset: (side: number) => void;
}

function createHandSet(
    scene: Scene,
    node: ConstructorParameters<typeof CameraSpaceMapping>[1],
    events: HandEvents
): HandSet {
    const mapping = new CameraSpaceMapping(scene, node, { view: "camera" });
    return new HandSet(scene, mapping, { rig: "skin", colliders: true, grab: true, near: true }, events);
}

function closure(frame: number, { from, to }: { from: number; to: number }): number {
    const ramp = (t: number): number => Math.min(Math.max(t / CLOSING, 0), 1);
    return ramp(frame - from) - ramp(frame - to);
}

/** Hands go to and fro over a heap of cubes, take one of their own out of the air, and let it go. */
function placeAt(side: HandSide, frame: number): number[] {
    const phase = (2 * Math.PI * frame) / CYCLE;
    const x = (side === "left" ? -1 : 1) * 0.1 + 0.05 * Math.sin(phase);
    return [x, 0.02 + 0.03 * Math.cos(phase), 0.5 + 0.02 * Math.sin(2 * phase)];
}

function gestureAt(frame: number): Gesture {
    return { pinch: closure(frame, PINCH), fist: closure(frame, FIST) };
}

const mirrored = (side: HandSide, [x, y, z]: readonly number[]): number[] => [side === "left" ? -x : x, y, z];

async function createCubesAsync(): Promise<Cubes> {
    const { scene, node } = await createPhysicsScene(false);
    scene.getEngine().getDeltaTime = () => STEP_MS;
    new FreeCamera("camera", Vector3.Zero(), scene);
    createBoxBody(scene, new Vector3(0, -0.15, 0.5), new Vector3(1, 0.02, 1), 0, PhysicsMotionType.STATIC);
    for (let i = 0; i < 30; i++) {
        const place = new Vector3(((i % 6) - 2.5) * 0.06, -0.12, 0.5 + 0.06 * (Math.floor(i / 6) - 2));
        createBoxBody(scene, place, new Vector3(CUBE, CUBE, CUBE), 0.1);
    }
    const pinches = SIDES.map((side) => {
        const { joints } = gestureState(side, 0, mirrored(side, placeAt(side, PINCH.from + CLOSING)), { pinch: 1 });
        const at = (k: number): number => (joints[TIP_JOINTS[0] * 3 + k] + joints[TIP_JOINTS[1] * 3 + k]) / 2;
        return new Vector3(at(0), -at(1), at(2));
    });
    const bodies: PhysicsBody[] = pinches.map((place) => {
        const { body } = createBoxBody(scene, place, new Vector3(CUBE, CUBE, CUBE), 0.1);
        body.setGravityFactor(0);
        return body;
    });
    return {
        scene,
        node,
        reset: (side) => {
            const body = bodies[side];
            body.disablePreStep = false;
            body.transformNode.position.copyFrom(pinches[side]);
            body.setLinearVelocity(Vector3.ZeroReadOnly);
            body.setAngularVelocity(Vector3.ZeroReadOnly);
        },
    };
}

function measure(
    title: string,
    reset: (side: number) => void,
    grabs: () => number,
    frame: (index: number) => void
): AllocationReport {
    const run = (from: number, to: number): void => {
        for (let index = from; index < to; index++) {
            if (index % CYCLE === PINCH.from - 2) {
                SIDES.forEach((_, side) => reset(side));
            }
            frame(index);
        }
    };
    run(0, WARM_UP);
    const before = grabs();
    const allocations = measureAllocations(() => run(WARM_UP, WARM_UP + FRAMES));
    return { title, frames: FRAMES, grabs: grabs() - before, allocations };
}

/** Hands of a source (a headset's, a recording), in a behaviour. */
async function measureSourceAsync(): Promise<AllocationReport> {
    const { scene, reset } = await createCubesAsync();
    const cycle = Array.from({ length: CYCLE }, (_, frame) =>
        SIDES.map((side, i) => {
            const state = gestureState(side, 0, mirrored(side, placeAt(side, frame)), gestureAt(frame));
            return Object.assign(state, { id: i + 1, sigma: 0.003, depthSigma: 0.01 });
        })
    );
    let nowMs = 0;
    const nothing = (): void => {};
    const source: HandSource = {
        onHands: null,
        onError: null,
        now: () => nowMs,
        startAsync: async () => {},
        stop: nothing,
        dispose: nothing,
    };
    const behaviour = HandTrackingBehavior.attachToScene(scene, { source, view: "camera" });
    await behaviour.readyPromise;
    let grabs = 0;
    behaviour.onObjectGrabbedObservable.add(() => grabs++);
    const report = measure(
        "hands of a source, in a behaviour",
        reset,
        () => grabs,
        (index) => {
            nowMs = index * STEP_MS;
            const states = cycle[index % CYCLE];
            for (const state of states) {
                state.timeMs = nowMs;
            }
            source.onHands!(states, nowMs);
            scene.render();
        }
    );
    behaviour.dispose();
    scene.dispose();
    return report;
}

/** What a worker says of a camera's frames, 30 a second, carried on to 60 drawn pictures. */
async function measureCameraAsync(): Promise<AllocationReport> {
    const { scene, node, reset } = await createCubesAsync();
    const events = new HandEvents();
    let grabs = 0;
    events.onObjectGrabbedObservable.add(() => grabs++);
    const hands = createHandSet(scene, node, events);
    const observation = createHandObservation();
    const buffers = Array.from({ length: CYCLE }, (_, frame) => {
        const buffer = new Float32Array(SIDES.length * OBSERVATION_LENGTH);
        SIDES.forEach((side, i) => {
            copyHandPose(gesturePose(mirrored(side, placeAt(side, frame)), gestureAt(frame)), observation.pose);
            Object.assign(observation, { id: i + 1, side, presence: 1, sigma: 0.003, depthSigma: 0.01 });
            packObservation(observation, buffer, i * OBSERVATION_LENGTH);
        });
        return buffer;
    });
    const result = {
        ...{
            timeMs: 0,
            width: 640,
            height: 480,
            count: SIDES.length,
            buffer: buffers[0],
            meshes: null,
            textures: null,
        },
        ...{ crops: SIDES.length, times: { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 } },
    };
    const report = measure(
        "a camera's results, carried on",
        reset,
        () => grabs,
        (index) => {
            const nowMs = index * STEP_MS;
            if (index % 2 === 0) {
                result.timeMs = nowMs - 2 * STEP_MS;
                result.buffer = buffers[index % CYCLE];
                hands.receive(result);
            }
            hands.update(nowMs);
            scene.render();
        }
    );
    hands.dispose();
    scene.dispose();
    return report;
}

const reports = [await measureSourceAsync(), await measureCameraAsync()];
process.stdout.write(`\n${JSON.stringify(reports)}\n`);
process.exit(0);
