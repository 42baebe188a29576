// npm run benchmark:physics
// What two hands cost a physics step: gestures, contact, grips and Havok itself, headless, on one core, for 0 to 400 bodies.

import { Observable } from "@babylonjs/core/Misc/observable";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { CameraSpaceMapping } from "../src/babylon/cameraSpace";
import type { HandEvents } from "../src/babylon/handEvents";
import { HandSet } from "../src/babylon/handSet";
import type { HandState } from "../src/hand/handState";
import { createBoxBody, createPhysicsScene, STEP_MS } from "../tests/helpers/havok";
import { gestureState } from "../tests/helpers/scriptedHand";

const BODIES = [0, 50, 100, 200, 400];
const WARM_UP = 120;
const STEPS = 600;
const CUBE = 0.04;

const quantile = (values: number[], share: number): number => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(share * (sorted.length - 1))];
};

/** Any observable that is asked for. */
function anyEvents(): HandEvents {
    const made = new Map<PropertyKey, Observable<unknown>>();
    return new Proxy({} as HandEvents, {
        get: (_, name) => made.get(name) ?? made.set(name, new Observable<unknown>()).get(name),
    });
}

/** Two hands that go to and fro through a heap, closing and opening. */
function statesAt(seconds: number): HandState[] {
    return (["left", "right"] as const).map((side, i) => {
        const phase = seconds * 2 + i * 1.5;
        const x = (side === "left" ? -1 : 1) * 0.12 + 0.1 * Math.sin(phase);
        const state = gestureState(
            side,
            seconds * 1000,
            [x * (side === "left" ? -1 : 1), 0.05 * Math.cos(phase * 0.7), 0.5],
            {
                pinch: Math.max(0, Math.sin(phase * 0.8)),
            }
        );
        state.id = i + 1;
        state.sigma = 0.005;
        state.depthSigma = 0.02;
        return state;
    });
}

interface Cost {
    hands: number[];
    physics: number[];
}

async function measure(bodies: number, withHands: boolean): Promise<Cost> {
    const { scene, node, step } = await createPhysicsScene(false);
    scene.getEngine().getDeltaTime = () => STEP_MS;
    createBoxBody(scene, new Vector3(0, -0.2, 0.5), new Vector3(2, 0.02, 2), 0, PhysicsMotionType.STATIC);
    const side = Math.ceil(Math.cbrt(bodies));
    for (let i = 0; i < bodies; i++) {
        const place = [i % side, Math.floor(i / side) % side, Math.floor(i / (side * side))];
        const [x, y, z] = place.map((n) => (n - side / 2) * CUBE * 1.05);
        createBoxBody(scene, new Vector3(x, y + 0.05, z + 0.5), new Vector3(CUBE, CUBE, CUBE), 0.08);
    }
    const hands = new HandSet(
        scene,
        new CameraSpaceMapping(scene, node, { view: "camera" }),
        { rig: false, colliders: withHands, grab: withHands },
        anyEvents()
    );
    const cost: Cost = { hands: [], physics: [] };
    for (let i = 0; i < WARM_UP + STEPS; i++) {
        const seconds = (i * STEP_MS) / 1000;
        const states = withHands ? statesAt(seconds) : [];
        const start = performance.now();
        if (withHands) {
            hands.receiveStates(states);
        }
        hands.update(seconds * 1000);
        const middle = performance.now();
        step();
        const end = performance.now();
        if (i >= WARM_UP) {
            cost.hands.push(middle - start);
            cost.physics.push(end - middle);
        }
    }
    hands.dispose();
    scene.dispose();
    return cost;
}

console.log(
    "| bodies | hands' own ms (median, p95) | physics step with hands | without | whole step, median | of it by hands |"
);
console.log(
    "| -----: | --------------------------: | ----------------------: | ------: | -----------------: | -------------: |"
);
for (const bodies of BODIES) {
    // In one run, so that the machine's mood is the same for both.
    const without = await measure(bodies, false);
    const both = await measure(bodies, true);
    const whole = both.hands.map((ms, i) => ms + both.physics[i]);
    const median = quantile(whole, 0.5);
    const bare = quantile(without.physics, 0.5);
    const two = (values: number[]): string =>
        `${quantile(values, 0.5).toFixed(2)}, ${quantile(values, 0.95).toFixed(2)}`;
    console.log(
        `| ${bodies} | ${two(both.hands)} | ${two(both.physics)} | ${two(without.physics)} | ${median.toFixed(2)} | ${((100 * (median - bare)) / median).toFixed(0)} % |`
    );
}
process.exit(0);
