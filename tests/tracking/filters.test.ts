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

describe("the speed at which a value is carried on", () => {
    /** A hand that reaches aside by 15 cm at 0.6 m from the camera, as a tangent. */
    const WAY = 0.25;

    /** Largest distance beyond the end of a minimum-jerk reach of half a second, carried on by 60 ms, over its length. */
    function overshoot(speedOf: (filter: OneEuroFilter) => number): number {
        const filter = new OneEuroFilter(PARAMETERS);
        let most = 0;
        for (let frame = 0; frame < 60; frame++) {
            const t = Math.min(frame / 15, 1);
            filter.filter(WAY * t * t * t * (10 - 15 * t + 6 * t * t), SECONDS);
            most = Math.max(most, filter.value + speedOf(filter) * 0.06 - WAY);
        }
        return most / WAY;
    }

    it("overshoots a halt by a good third less", () => {
        const before = overshoot(({ speed }) => speed);
        const now = overshoot(({ cautiousSpeed }) => cautiousSpeed);
        console.log(
            `overshoot of a halt: ${(100 * now).toFixed(1)} % of the way, ${(100 * before).toFixed(1)} % before`
        );
        expect(now).toBeLessThan(0.65 * before);
    });

    it("is the whole speed of what moves on, and no noisier at rest", () => {
        const moving = new OneEuroFilter(PARAMETERS);
        for (let frame = 0; frame < 60; frame++) {
            moving.filter(frame * SECONDS, SECONDS);
        }
        const resting = new OneEuroFilter(PARAMETERS);
        const random = seededRandom(7);
        let noise = 0;
        let cautious = 0;
        for (let frame = 0; frame < 600; frame++) {
            resting.filter(0.002 * gaussian(random), SECONDS);
            noise += resting.speed ** 2;
            cautious += resting.cautiousSpeed ** 2;
        }
        const ratio = Math.sqrt(cautious / noise);
        console.log(
            `1/s is carried on at ${moving.cautiousSpeed.toFixed(3)}/s; noise at rest ${ratio.toFixed(2)} of the speed's`
        );
        expect(moving.cautiousSpeed).toBeCloseTo(1, 2);
        expect(ratio).toBeLessThan(1);
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
