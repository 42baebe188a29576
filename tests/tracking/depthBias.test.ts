import { describe, expect, it } from "vitest";
import { DEGREES_OF_FREEDOM } from "../../src/hand/degreesOfFreedom";
import { ANGLE_COUNT } from "../../src/hand/handPose";
import { DepthBias } from "../../src/tracking/depthBias";
import { gaussian, seededRandom } from "../helpers/random";

const SECONDS = 1 / 30;
const TRUE_LOG_DEPTH = Math.log(0.4);

/** Angles of a hand whose four fingers are bent alike: 0 straight, 1 fist. */
function curled(curl: number): Float32Array {
    const angles = new Float32Array(ANGLE_COUNT);
    DEGREES_OF_FREEDOM.forEach((dof, angle) => {
        if (dof.axis === "flexion" && dof.joint > 4) {
            angles[angle] = (4 * curl) / 3;
        }
    });
    return angles;
}

/** Open for a second, closes within a quarter, a fist for six seconds, opens again, open for a second. */
const CURLS = [
    ...Array<number>(30).fill(0),
    ...Array.from({ length: 8 }, (_, i) => (i + 1) / 8),
    ...Array<number>(180).fill(1),
    ...Array.from({ length: 8 }, (_, i) => 1 - (i + 1) / 8),
    ...Array<number>(30).fill(0),
];

/** Corrected depths, m, where fingers bent beyond 0.3 add `slope` to the logarithm of 0.4 m. */
function depths(slope: number, curls: readonly number[] = CURLS): number[] {
    const bias = new DepthBias();
    return curls.map((curl) =>
        Math.exp(bias.correct(TRUE_LOG_DEPTH + slope * Math.max(curl - 0.3, 0), curled(curl), SECONDS))
    );
}

describe("the bias of depth that bent fingers bring", () => {
    it("is taken off a fist for as long as it is held", () => {
        const corrected = depths(0.24);
        const held = corrected.slice(40, 218).map((depth) => 1000 * Math.abs(depth - 0.4));
        const raw = 1000 * (0.4 * Math.exp(0.24 * 0.7) - 0.4);
        console.log(`a fist measured ${raw.toFixed(0)} mm too far is at most ${Math.max(...held).toFixed(0)} mm off`);
        expect(Math.max(...held)).toBeLessThan(raw / 5);
    });

    it("leaves the open hand where it is measured", () => {
        const corrected = depths(0.24);
        expect(corrected[29]).toBeCloseTo(0.4, 9);
        expect(corrected.at(-1)).toBeCloseTo(0.4, 9);
    });

    it("is bounded: a fist that comes a third nearer while it closes is seen to come nearer", () => {
        const [first, ...rest] = depths(-0.57);
        console.log(
            `from ${first.toFixed(2)} m to ${rest[120].toFixed(2)} m, measured ${(0.4 * Math.exp(-0.4)).toFixed(2)} m`
        );
        expect(rest[120]).toBeLessThan(0.3);
    });

    it("does not add up where fingers and depth tremble", () => {
        const random = seededRandom(3);
        const bias = new DepthBias();
        let worst = 0;
        for (let frame = 0; frame < 900; frame++) {
            const curl = 0.6 + 0.25 * Math.sin(frame * SECONDS * 2) + 0.05 * gaussian(random);
            const measured = TRUE_LOG_DEPTH + 0.03 * gaussian(random);
            const corrected = bias.correct(measured, curled(curl), SECONDS);
            worst = Math.max(worst, Math.abs(corrected - measured));
        }
        console.log(`30 s of trembling fingers: at most ${(100 * worst).toFixed(1)} % are put down to them`);
        expect(worst).toBeLessThan(0.03);
    });

    it("is remembered by a hand that was lost, whose motion begins anew", () => {
        const bias = new DepthBias();
        const follow = (curls: readonly number[]): number[] =>
            curls.map((curl) =>
                Math.exp(bias.correct(TRUE_LOG_DEPTH + 0.24 * Math.max(curl - 0.3, 0), curled(curl), SECONDS))
            );
        follow(CURLS);
        bias.reset();
        const fist = follow([1])[0];
        console.log(`a fist that appears is at ${fist.toFixed(3)} m of 0.400`);
        expect(Math.abs(fist - 0.4)).toBeLessThan(0.02);
    });
});
