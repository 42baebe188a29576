import { describe, expect, it } from "vitest";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import { KEYPOINT_COUNT } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { Certainty } from "../../src/tracking/certainty";
import { createHandObservation } from "../../src/tracking/handObservation";
import { HandSolver } from "../../src/tracking/handSolver";
import { seededRandom } from "../helpers/random";
import { CAMERA, meanDistanceMm, recover, uprightPose } from "../helpers/syntheticHand";

const FRAME_MS = 1000 / 30;
const USUAL = Math.log(0.008);

const sigmas = (logSigma: number): Float64Array => new Float64Array(KEYPOINT_COUNT).fill(logSigma);

describe("certainty of a frame", () => {
    it("is 1 for a recoverer that always says the same", () => {
        const certainty = new Certainty();
        expect(Array.from({ length: 50 }, () => certainty.observe(sigmas(USUAL)))).toEqual(Array(50).fill(1));
    });

    it("falls as sigma grows, comes back with it, and gets used to what lasts", () => {
        const certainty = new Certainty();
        const usual = certainty.observe(sigmas(USUAL));
        const hidden = certainty.observe(sigmas(USUAL + Math.log(2)));
        const seen = certainty.observe(sigmas(USUAL));
        let lasting = 0;
        for (let frame = 0; frame < 150; frame++) {
            lasting = certainty.observe(sigmas(USUAL + Math.log(2)));
        }
        const shown = [usual, hidden, seen, lasting].map((value) => value.toFixed(2));
        console.log(
            `certainty ${shown[0]}, with twice the sigma ${shown[1]}, as before ${shown[2]}, five seconds of twice ${shown[3]}`
        );
        expect(hidden).toBeCloseTo(0.5, 1);
        expect(seen).toBeCloseTo(1, 1);
        expect(lasting).toBeGreaterThan(0.95);
    });
});

describe("a hand that an object hides half a second of every second", () => {
    /** Mean camera-space error, mm, of a still hand that is recovered three times as noisily while it is hidden. */
    function errorMm(saysSo: boolean): number {
        const solver = new HandSolver();
        const out = createHandObservation();
        const random = seededRandom(7);
        const pose = uprightPose([0.02, 0.05, 0.5], 0.4, [0.3, 0.4, 0]);
        const [truth, found] = [new Float64Array(KEYPOINT_COUNT * 3), new Float64Array(KEYPOINT_COUNT * 3)];
        poseKeypoints(pose, "right", truth);
        let sum = 0;
        const frames = 240;
        for (let frame = 0; frame < frames; frame++) {
            const times = frame % 30 < 15 ? 1 : 3;
            const noise = { random, crop: 0.01 * times, keypoints: 0.008 * times };
            const { window, recovered } = recover(pose, "right", 0.1, createRecoveredHand(), noise);
            recovered.logSigma.fill(USUAL + (saysSo ? Math.log(times) : 0));
            solver.solve(recovered, window, CAMERA, frame * FRAME_MS, out);
            poseKeypoints(out.pose, "right", found);
            sum += meanDistanceMm(found, truth);
        }
        return sum / frames;
    }

    it("is found better by a recoverer that says how unsure it is", () => {
        const [told, silent] = [errorMm(true), errorMm(false)];
        console.log(`${told.toFixed(1)} mm off where sigma tells, ${silent.toFixed(1)} where it does not`);
        expect(told).toBeLessThan(0.9 * silent);
    });
});
