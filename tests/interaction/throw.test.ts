import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import { describe, expect, it } from "vitest";
import { pinchPoint } from "../../src/gestures/holdingPoint";
import { createHandScene, disturb, NO_NOISE, NOISE, type TrackerNoise } from "../helpers/handScene";
import { createBoxBody, STEP_MS } from "../helpers/havok";
import { seededRandom } from "../helpers/random";
import { gestureState, ScriptedHand } from "../helpers/scriptedHand";

const SEEDS = 100;
const START = [0, 0.1, 0.6];
/** A swing speeds up to its full speed over this time, goes on at it, and the fingers open at the end, s. */
const SWING = 0.3;
const STEADY = 0.15;
const OPENING = 0.1;
const BEFORE = 0.6;

const DEGREES = 180 / Math.PI;

interface Estimate {
    size: number;
    degrees: number;
}

/** Error of a velocity against the truth: relative size and angle. */
function errorOf(found: Vector3, truth: Vector3): Estimate {
    const cosine = Vector3.Dot(found, truth) / (found.length() * truth.length() || 1);
    return {
        size: Math.abs(found.length() / truth.length() - 1),
        degrees: DEGREES * Math.acos(Math.min(Math.max(cosine, -1), 1)),
    };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

const ramp = (t: number): number => Math.min(Math.max(t / OPENING, 0), 1);

/** Place along the swing's direction at a time, for speed 1: the integral of a half cosine's rise, then steady. */
function swing(t: number): number {
    const u = Math.min(Math.max(t, 0), SWING);
    return (u - (SWING / Math.PI) * Math.sin((Math.PI * u) / SWING)) / 2 + Math.max(0, t - SWING);
}

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";

    /** Throws in `direction` of camera space, m/s; gives ours, the last difference and the mean of five differences. */
    async function throwCube(direction: readonly number[], noise: TrackerNoise, seeds: number) {
        const rig = await createHandScene(rightHanded);
        const { scene, node, hands } = rig;
        (scene.getPhysicsEngine() as PhysicsEngine).setGravity(Vector3.Zero());
        const point = new Float32Array(3);
        pinchPoint(new ScriptedHand(scene, node).wristAt(START, { pinch: 1 }).joints, point);
        const results: Record<string, Estimate[]> = { ours: [], "last difference": [], "mean of 5": [] };
        const truth = new Vector3(direction[0], -direction[1], (rightHanded ? -1 : 1) * direction[2]);
        for (let seed = 1; seed <= seeds; seed++) {
            const random = seededRandom(seed);
            // Seeds differ in how they fall on frames, too.
            const phase = (random() * STEP_MS) / 1000;
            hands.loseAll();
            rig.releases.length = 0;
            const cube = createBoxBody(scene, Vector3.FromArray(point), new Vector3(0.04, 0.04, 0.04), 0.1);
            cube.body.setLinearDamping(0);
            const places: Vector3[] = [];
            let released: Vector3 | null = null;
            const palm = new Vector3();
            for (let t = phase; t < BEFORE + SWING + STEADY + 4 * OPENING && !released; t += STEP_MS / 1000) {
                const along = swing(t - BEFORE);
                const opening = (t - BEFORE - SWING - STEADY) / OPENING;
                // Ready, pinching, open again.
                const pinch = 0.5 + 0.5 * ramp(t - 0.1) - 0.8 * Math.min(Math.max(opening, 0), 1);
                const at = START.map((value, k) => value + direction[k] * along);
                const state = disturb(gestureState("right", 0, at, { pinch }), noise, random);
                rig.frame([state]);
                palm.fromArray(state.joints, 0);
                // The mapping of the camera view: y up, and z along the system's forward axis.
                places.push(new Vector3(palm.x, -palm.y, (rightHanded ? -1 : 1) * palm.z));
                released = rig.releases[0]?.velocity ?? null;
            }
            if (!released) {
                throw new Error(`seed ${seed}: nothing was thrown`);
            }
            const fps = 1000 / STEP_MS;
            const last = places.length - 1;
            results["ours"].push(errorOf(released, truth));
            results["last difference"].push(errorOf(places[last].subtract(places[last - 1]).scale(fps), truth));
            results["mean of 5"].push(errorOf(places[last].subtract(places[last - 5]).scale(fps / 5), truth));
            cube.mesh.dispose();
            rig.frame([]);
            for (let i = 0; i < 20; i++) {
                rig.frame([]);
            }
        }
        rig.dispose();
        return Object.fromEntries(
            Object.entries(results).map(([name, errors]) => [
                name,
                { size: median(errors.map(({ size }) => size)), degrees: median(errors.map(({ degrees }) => degrees)) },
            ])
        );
    }

    describe(`throwing (${system})`, () => {
        for (const [name, direction] of [
            ["across the view, 1.5 m/s", [1.2, -0.9, 0]],
            ["aside and away, 2 m/s", [1.2, -0.8, 1.39]],
        ] as const) {
            it(`gives the hand's velocity, ${name}`, async () => {
                const exact = await throwCube(direction, NO_NOISE, 10);
                const noisy = await throwCube(direction, NOISE, SEEDS);
                const table = Object.keys(exact).map(
                    (method) =>
                        `${method}: ${(exact[method].size * 100).toFixed(1)} % ${exact[method].degrees.toFixed(1)} deg without noise, ` +
                        `${(noisy[method].size * 100).toFixed(1)} % ${noisy[method].degrees.toFixed(1)} deg with it`
                );
                console.log(`${system}, ${name}\n${table.join("\n")}`);
                expect(exact.ours.size).toBeLessThan(0.1);
                expect(exact.ours.degrees).toBeLessThan(8);
                expect(noisy.ours.size).toBeLessThan(0.2);
                expect(noisy.ours.degrees).toBeLessThan(15);
                expect(noisy.ours.degrees).toBeLessThan(noisy["last difference"].degrees);
            });
        }
    });
}
