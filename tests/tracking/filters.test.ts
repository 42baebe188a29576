import { describe, expect, it } from "vitest";
import { angleBetween, fromRotationVector } from "../../src/hand/quaternion";
import { OneEuroFilter } from "../../src/tracking/oneEuroFilter";
import { RotationFilter } from "../../src/tracking/rotationFilter";
import { gaussian, seededRandom } from "../helpers/random";

const PARAMETERS = { minCutoff: 1.5, beta: 12, speedCutoff: 4 };
const SECONDS = 1 / 30;

describe("One-Euro filter", () => {
    it("takes noise off a still value", () => {
        const filter = new OneEuroFilter({ ...PARAMETERS, beta: 0.5 });
        const random = seededRandom(5);
        let raw = 0;
        let filtered = 0;
        for (let frame = 0; frame < 600; frame++) {
            const noise = 0.01 * gaussian(random);
            raw += noise ** 2;
            filtered += filter.filter(noise, SECONDS) ** 2;
        }
        const ratio = Math.sqrt(filtered / raw);
        console.log(`jitter at rest falls to ${(100 * ratio).toFixed(0)} %`);
        expect(ratio).toBeLessThan(0.5);
    });

    it("lags less the faster the value moves", () => {
        const lag = (speed: number): number => {
            const filter = new OneEuroFilter(PARAMETERS);
            let value = 0;
            for (let frame = 0; frame < 60; frame++) {
                value = filter.filter(speed * frame * SECONDS, SECONDS);
            }
            return (59 * SECONDS - value / speed) * 1000;
        };
        console.log(`lag ${lag(0.05).toFixed(0)} ms at 0.05/s, ${lag(1).toFixed(0)} ms at 1/s`);
        expect(lag(1)).toBeLessThan(15);
        expect(lag(1)).toBeLessThan(lag(0.05) / 2);
    });
});

describe("rotation filter", () => {
    it("gives a constant angular velocity for a steady turn, across the sign change of quaternions", () => {
        const filter = new RotationFilter({ minCutoff: 1.5, beta: 1, speedCutoff: 4 });
        const rotation = new Float64Array(4);
        for (let frame = 0; frame < 120; frame++) {
            fromRotationVector(0, 0, 3 * frame * SECONDS, rotation, 0);
            if (frame % 2) {
                rotation.forEach((value, i) => (rotation[i] = -value));
            }
            filter.filter(rotation, SECONDS);
        }
        console.log(`a turn of 3 rad/s is seen as ${filter.velocity[2].toFixed(3)} rad/s`);
        expect(filter.velocity[2]).toBeCloseTo(3, 2);
        expect(angleBetween(filter.value, rotation)).toBeLessThan(0.2);
    });
});
