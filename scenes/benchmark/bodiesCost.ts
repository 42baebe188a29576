// What two hands cost a physics step, headless: gestures, contact, grips, and Havok itself.

import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Observable } from "@babylonjs/core/Misc/observable";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import type { HavokPhysicsWithBindings } from "@babylonjs/havok";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import type { HandEvents } from "../../src/babylon/handEvents";
import { HandSet } from "../../src/babylon/handSet";
import type { HandState } from "../../src/hand/handState";
import { createBoxBody } from "../../tests/helpers/boxBody";
import { gestureState } from "../../tests/helpers/scriptedHand";

const STEP_MS = 1000 / 60;
const WARM_UP = 120;
const CUBE = 0.04;

/** ms of each step. */
export interface BodiesCost {
    /** Our code before the step: hands are received, judged, predicted. */
    hands: number[];
    /** The step: Havok, and our code that it calls. */
    physics: number[];
}

/**
 * Two hands that go to and fro through a heap of cubes, closing and opening.
 * @param withHands without, the heap is alone
 */
export function measureBodiesCost(
    havok: HavokPhysicsWithBindings,
    bodies: number,
    withHands: boolean,
    steps: number
): BodiesCost {
    const engine = new NullEngine();
    engine.getDeltaTime = () => STEP_MS;
    const scene = new Scene(engine);
    scene.enablePhysics(new Vector3(0, -9.81, 0), new HavokPlugin(true, havok));
    fill(scene, bodies);
    const hands = new HandSet(
        scene,
        new CameraSpaceMapping(scene, new TransformNode("node", scene), { view: "camera" }),
        { rig: false, colliders: withHands, grab: withHands },
        anyEvents()
    );
    const stepper = scene as unknown as { _advancePhysicsEngineStep(ms: number): void };
    const cost: BodiesCost = { hands: [], physics: [] };
    for (let i = 0; i < WARM_UP + steps; i++) {
        const timeMs = i * STEP_MS;
        const states = withHands ? statesAt(timeMs) : [];
        const start = performance.now();
        if (withHands) {
            hands.receiveStates(states);
        }
        hands.update(timeMs);
        const middle = performance.now();
        stepper._advancePhysicsEngineStep(STEP_MS);
        const end = performance.now();
        if (i >= WARM_UP) {
            cost.hands.push(middle - start);
            cost.physics.push(end - middle);
        }
    }
    hands.dispose();
    scene.dispose();
    engine.dispose();
    return cost;
}

/** A floor, and a heap of cubes on it. */
function fill(scene: Scene, bodies: number): void {
    createBoxBody(scene, new Vector3(0, -0.2, 0.5), new Vector3(2, 0.02, 2), 0, PhysicsMotionType.STATIC);
    const side = Math.ceil(Math.cbrt(bodies));
    for (let i = 0; i < bodies; i++) {
        const place = [i % side, Math.floor(i / side) % side, Math.floor(i / (side * side))];
        const [x, y, z] = place.map((n) => (n - side / 2) * CUBE * 1.05);
        createBoxBody(scene, new Vector3(x, y + 0.05, z + 0.5), new Vector3(CUBE, CUBE, CUBE), 0.08);
    }
}

function statesAt(timeMs: number): HandState[] {
    return (["left", "right"] as const).map((side, i) => {
        const phase = (timeMs / 1000) * 2 + i * 1.5;
        const sign = side === "left" ? -1 : 1;
        const x = sign * 0.12 + 0.1 * Math.sin(phase);
        const state = gestureState(side, timeMs, [x * sign, 0.05 * Math.cos(phase * 0.7), 0.5], {
            pinch: Math.max(0, Math.sin(phase * 0.8)),
        });
        state.id = i + 1;
        state.sigma = 0.005;
        state.depthSigma = 0.02;
        return state;
    });
}

/** Any observable that is asked for. */
function anyEvents(): HandEvents {
    const made = new Map<PropertyKey, Observable<unknown>>();
    return new Proxy({} as HandEvents, {
        get: (_, name) => made.get(name) ?? made.set(name, new Observable<unknown>()).get(name),
    });
}
