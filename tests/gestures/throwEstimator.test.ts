import { describe, expect, it } from "vitest";
import { ThrowEstimator } from "../../src/gestures/throwEstimator";
import { fromRotationVector } from "../../src/hand/quaternion";
import { gaussian, seededRandom } from "../helpers/random";

const CENTRE = [0, 0, 0];

/** Feeds a motion (position and rotation vector at a time in s) and estimates. */
function estimate(
    motion: (t: number) => { at: number[]; turn?: number[] },
    { fps = 30, until = 0.5, lever = CENTRE, axis = null as number[] | null, axisSigma = 0, unit = 1 } = {}
): { velocity: number[]; spin: number[] } {
    const estimator = new ThrowEstimator();
    const place = new Float32Array(3);
    const rotation = new Float32Array(4);
    for (let t = 0; t <= until + 1e-9; t += 1 / fps) {
        const { at, turn = [0, 0, 0] } = motion(t);
        place.set(at);
        fromRotationVector(turn[0], turn[1], turn[2], rotation, 0);
        estimator.add(t * 1000, place, 0, rotation, 0);
    }
    const velocity = new Float64Array(3);
    const spin = new Float64Array(3);
    estimator.estimate(lever, axis, axisSigma, unit, velocity, spin);
    return { velocity: [...velocity], spin: [...spin] };
}

const length = (v: number[]): number => Math.hypot(...v);
const difference = (a: number[], b: number[]): number => length(a.map((value, k) => value - b[k]));

describe("throw estimate", () => {
    for (const fps of [15, 25, 30, 60]) {
        it(`is exact for a straight throw at ${fps} frames a second`, () => {
            const { velocity } = estimate((t) => ({ at: [2 * t, -1.5 * t, 0.5 * t] }), { fps });
            expect(difference(velocity, [2, -1.5, 0.5])).toBeLessThan(1e-4);
        });
    }

    it("gives the body's own velocity when the palm turns: lever and spin count", () => {
        const omega = 3;
        const { velocity, spin } = estimate((t) => ({ at: [0, 0, 0], turn: [0, 0, omega * t] }), {
            fps: 60,
            lever: [0.1, 0, 0],
        });
        console.log(
            `spin ${length(spin).toFixed(2)} of ${omega} rad/s, speed at 0.1 m ${length(velocity).toFixed(3)} m/s`
        );
        expect(spin[2]).toBeCloseTo(omega, 2);
        expect(length(velocity)).toBeGreaterThan(0.29);
    });

    it("stays near the speed at the end of an accelerating swing", () => {
        // Speed grows as a half sine to 3 m/s over 0.35 s.
        const swing = 0.35;
        const position = (t: number): number => 3 * swing * (2 / Math.PI) * (1 - Math.cos((Math.PI / 2) * (t / swing)));
        for (const fps of [30, 60]) {
            const { velocity } = estimate((t) => ({ at: [position(t), 0, 0] }), { fps, until: swing });
            console.log(`swing that ends at 3 m/s, ${fps} fps: ${velocity[0].toFixed(2)} m/s`);
            expect(velocity[0]).toBeGreaterThan(2.4);
            expect(velocity[0]).toBeLessThan(3.1);
        }
    });

    it("is steadier than the last difference under noise, and overlooks a jump of the tracker", () => {
        const random = seededRandom(3);
        let squares = 0;
        let differences = 0;
        const trials = 300;
        for (let trial = 0; trial < trials; trial++) {
            const last: number[] = [];
            const { velocity } = estimate((t) => {
                const x = 2 * t + 0.003 * gaussian(random);
                last.push(x);
                return { at: [x, 0, 0] };
            });
            squares += (velocity[0] - 2) ** 2;
            differences += ((last.at(-1)! - last.at(-2)!) * 30 - 2) ** 2;
        }
        const rms = Math.sqrt(squares / trials);
        const naive = Math.sqrt(differences / trials);
        console.log(`3 mm of noise at 2 m/s: ${rms.toFixed(3)} m/s RMS, last difference ${naive.toFixed(3)}`);
        expect(rms).toBeLessThan(0.6 * naive);
        const { velocity } = estimate((t) => ({ at: [2 * t, Math.abs(t - 0.4) < 0.005 ? 0.08 : 0, 0] }), { fps: 60 });
        console.log(`one frame 80 mm off: ${difference(velocity, [2, 0, 0]).toFixed(3)} m/s off`);
        expect(difference(velocity, [2, 0, 0])).toBeLessThan(0.2);
    });

    it("ignores what opening fingers do to the newest frames", () => {
        const { velocity } = estimate((t) => ({ at: [t > 0.45 ? 2 * 0.45 : 2 * t, 0, 0] }), { fps: 30, until: 0.5 });
        expect(velocity[0]).toBeCloseTo(2, 3);
    });

    it("damps the viewing direction by its noise, limits speed in metres, and is zero without a history", () => {
        const along = [0, 0.01, 0.03].map(
            (axisSigma) => estimate((t) => ({ at: [0, 0, 2 * t] }), { axis: [0, 0, 1], axisSigma }).velocity[2]
        );
        console.log(
            `2 m/s away from the camera: ${along.map((v) => v.toFixed(2)).join(", ")} with 0, 10, 30 mm of depth noise`
        );
        expect(along[0]).toBeCloseTo(2, 3);
        expect(along[1]).toBeLessThan(along[0]);
        expect(along[2]).toBeLessThan(along[1]);
        expect(length(estimate((t) => ({ at: [50 * t, 0, 0] })).velocity)).toBeCloseTo(8, 3);
        expect(length(estimate((t) => ({ at: [50 * t, 0, 0] }), { unit: 10 }).velocity)).toBeCloseTo(50, 2);
        expect(length(estimate((t) => ({ at: [t, 0, 0] }), { until: 0.05 }).velocity)).toBe(0);
        const estimator = new ThrowEstimator();
        const out = new Float64Array(3).fill(7);
        estimator.estimate(CENTRE, null, 0, 1, out, new Float64Array(3));
        expect([...out]).toEqual([0, 0, 0]);
    });
});
