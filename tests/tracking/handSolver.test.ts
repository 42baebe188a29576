import { describe, expect, it } from "vitest";
import { createHandState } from "../../src/hand/handState";
import { KEYPOINT_COUNT, ROOT_KEYPOINT, type HandSide } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { MeshPlacement } from "../../src/hand/meshPlacement";
import { weldedHandMesh } from "../../src/hand/weldedHandMesh";
import { distancesMm, skinnedVertices } from "../helpers/skinnedMesh";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import {
    createHandObservation,
    OBSERVATION_LENGTH,
    packObservation,
    unpackObservation,
} from "../../src/tracking/handObservation";
import { HandSolver } from "../../src/tracking/handSolver";
import { MAX_PREDICTION_MS, predictHandState } from "../../src/tracking/prediction";
import { seededRandom } from "../helpers/random";
import { CAMERA, meanDistanceMm, recover, recoverIn, uprightPose } from "../helpers/syntheticHand";

const FRAME_MS = 1000 / 30;

/** A hand that moves in a circle with a slow turn. */
const moving = (frame: number) =>
    uprightPose(
        [0.1 * Math.sin(frame / 15), 0.06 * Math.cos(frame / 15) + 0.05, 0.5 + 0.08 * Math.sin(frame / 30)],
        0.3 + 0.2 * Math.sin(frame / 20),
        [0.2, 0.3 * Math.sin(frame / 40), 0]
    );

const relativeToRoot = (keypoints: Float64Array): Float64Array =>
    keypoints.map((value, i) => value - keypoints[ROOT_KEYPOINT * 3 + (i % 3)]);

describe("hand solver", () => {
    for (const side of ["right", "left"] as HandSide[]) {
        for (const rotation of [0, 0.7, -2.5]) {
            it(`places a still ${side} hand where it is, in a window turned by ${rotation} rad`, () => {
                const solver = new HandSolver();
                const out = createHandObservation();
                const pose = uprightPose([0.09, 0.04, 0.55], 0.3, [0.2, 0.3, -0.1]);
                for (let frame = 0; frame < 30; frame++) {
                    const { window, recovered } = recover(pose, side, rotation);
                    expect(solver.solve(recovered, window, CAMERA, frame * FRAME_MS, out)).toBe(true);
                }
                const truth = new Float64Array(KEYPOINT_COUNT * 3);
                const found = new Float64Array(KEYPOINT_COUNT * 3);
                poseKeypoints(pose, side, truth);
                poseKeypoints(out.pose, side, found);
                const error = meanDistanceMm(found, truth);
                console.log(`${side}, ${rotation} rad: camera-space error ${error.toFixed(1)} mm`);
                expect(error).toBeLessThan(10);
            });
        }
    }

    for (const side of ["right", "left"] as HandSide[]) {
        for (const rotation of [0, 0.7, -2.5]) {
            it(`turns the surface of a ${side} hand back from a window turned by ${rotation} rad`, () => {
                const solver = new HandSolver();
                const out = createHandObservation();
                const pose = uprightPose([0.13, -0.08, 0.45], 0.4, [0.2, 0.3, -0.1]);
                const truth = skinnedVertices(pose);
                const surface = truth.map((value, i) => (side === "left" && i % 3 === 0 ? -value : value));
                const { window, recovered } = recover(pose, side, rotation);
                for (let frame = 0; frame < 30; frame++) {
                    recoverIn(window, pose, side, recovered, undefined, surface);
                    expect(solver.solve(recovered, window, CAMERA, frame * FRAME_MS, out)).toBe(true);
                }
                const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
                poseKeypoints(pose, "right", keypoints);
                const root = keypoints.slice(ROOT_KEYPOINT * 3, ROOT_KEYPOINT * 3 + 3);
                const turned = distancesMm(
                    out.mesh!.vertices.map((value, i) => value + root[i % 3]),
                    truth
                );
                poseKeypoints(out.pose, "right", keypoints);
                const placed = new Float32Array(truth.length);
                new MeshPlacement(weldedHandMesh()).place(out.mesh!, keypoints, out.pose.size, placed);
                const shown = distancesMm(placed, truth);
                console.log(
                    `${side}, ${rotation} rad: surface within ${turned.worst.toExponential(1)} mm; around the tracked keypoints ${shown.rms.toFixed(1)} mm RMS`
                );
                expect(out.mesh!.isValid).toBe(true);
                expect(turned.worst).toBeLessThan(1e-3);
                expect(shown.rms).toBeLessThan(5);
                recovered.vertices = null;
                solver.solve(recovered, window, CAMERA, 30 * FRAME_MS, out);
                expect(out.mesh!.isValid).toBe(false);
            });
        }
    }

    it("finds fists in the first frame, however they are turned", () => {
        const random = seededRandom(5);
        const trials = 200;
        let wrong = 0;
        for (let trial = 0; trial < trials; trial++) {
            const turn = [0, 0, 0].map(() => 2.4 * (random() - 0.5));
            const pose = uprightPose([0.1 * (random() - 0.5), 0, 0.35 + 0.3 * random()], 0.7 + 0.3 * random(), turn);
            const noise = { random, crop: 0.012, keypoints: 0.006 };
            const { window, recovered } = recover(pose, "right", 0, createRecoveredHand(), noise);
            const out = createHandObservation();
            new HandSolver().solve(recovered, window, CAMERA, 0, out);
            const truth = new Float64Array(KEYPOINT_COUNT * 3);
            const found = new Float64Array(KEYPOINT_COUNT * 3);
            poseKeypoints(pose, "right", truth);
            poseKeypoints(out.pose, "right", found);
            if (meanDistanceMm(relativeToRoot(found), relativeToRoot(truth)) > 15) {
                wrong++;
            }
        }
        console.log(`${wrong} of ${trials} fists are taken for something else`);
        expect(wrong).toBeLessThan(0.02 * trials);
    });

    it("follows a moving hand under noise with less jitter than the noise and little lag", () => {
        const solver = new HandSolver();
        const out = createHandObservation();
        const random = seededRandom(11);
        const errors: number[] = [];
        for (let frame = 0; frame < 150; frame++) {
            const pose = moving(frame);
            const { window, recovered } = recover(pose, "right", 0.1, createRecoveredHand(), {
                random,
                crop: 0.01,
                keypoints: 0.008,
            });
            solver.solve(recovered, window, CAMERA, frame * FRAME_MS, out);
            const truth = new Float64Array(KEYPOINT_COUNT * 3);
            const found = new Float64Array(KEYPOINT_COUNT * 3);
            poseKeypoints(pose, "right", truth);
            poseKeypoints(out.pose, "right", found);
            if (frame > 15) {
                errors.push(meanDistanceMm(found, truth));
            }
        }
        const error = errors.reduce((a, b) => a + b) / errors.length;
        console.log(`noise 1 % of the crop and 8 mm: camera-space error ${error.toFixed(1)} mm`);
        expect(error).toBeLessThan(20);
    });

    it("joins the depth of the fit and the one the network says by their variances", () => {
        const pose = uprightPose([0.02, 0.05, 0.5], 0.2);
        const depths = [0.001, 0.08, 1000].map((logWidth) => {
            const solver = new HandSolver({ noise: { crop: 0.015, sigmaScale: 3, logWidth } });
            const out = createHandObservation();
            for (let frame = 0; frame < 10; frame++) {
                const { window, recovered } = recover(pose, "right", 0);
                const truth = new Float64Array(KEYPOINT_COUNT * 3);
                poseKeypoints(pose, "right", truth);
                // The network takes it for 10 % farther than it is.
                recovered.logWindowWidth = Math.log((1.1 * truth[9 * 3 + 2] * window.side) / CAMERA.fx);
                solver.solve(recovered, window, CAMERA, frame * FRAME_MS, out);
            }
            return out.pose.translation[2];
        });
        console.log(`depth ${depths.map((z) => z.toFixed(3)).join(", ")} m with a sure, a usual and an unsure network`);
        expect(depths[0]).toBeGreaterThan(0.54);
        expect(depths[2]).toBeCloseTo(0.5, 2);
        expect(depths[1]).toBeGreaterThan(depths[2] + 0.002);
        expect(depths[1]).toBeLessThan(depths[0] - 0.002);
    });

    it("refuses NaN, then starts afresh", () => {
        const solver = new HandSolver();
        const out = createHandObservation();
        const { window, recovered } = recover(uprightPose([0, 0, 0.5]), "right", 0);
        expect(solver.solve(recovered, window, CAMERA, 0, out)).toBe(true);
        const broken = createRecoveredHand();
        broken.keypoints.fill(NaN);
        broken.crop.fill(NaN);
        expect(solver.solve(broken, window, CAMERA, 33, out)).toBe(false);
        expect(solver.solve(recovered, window, CAMERA, 66, out)).toBe(true);
        expect(Number.isFinite(out.pose.translation[2])).toBe(true);
    });

    it("does not smear a hand that was lost into where it comes back", () => {
        const solver = new HandSolver();
        const out = createHandObservation();
        const there = recover(uprightPose([-0.15, 0, 0.4]), "right", 0);
        for (let frame = 0; frame < 10; frame++) {
            solver.solve(there.recovered, there.window, CAMERA, frame * FRAME_MS, out);
        }
        const pose = uprightPose([0.15, 0.05, 0.7]);
        const back = recover(pose, "right", 0);
        solver.solve(back.recovered, back.window, CAMERA, 2000, out);
        const away = Math.hypot(
            out.pose.translation[0] - pose.translation[0],
            out.pose.translation[2] - pose.translation[2]
        );
        console.log(`first frame after a loss: ${(away * 1000).toFixed(1)} mm from the truth`);
        expect(away).toBeLessThan(0.02);
        expect(Math.hypot(...out.velocity)).toBe(0);
    });
});

describe("observations", () => {
    it("survive packing to floats and back", () => {
        const solver = new HandSolver();
        const seen = createHandObservation();
        const { window, recovered } = recover(uprightPose([0.05, 0, 0.5]), "left", 0.2);
        solver.solve(recovered, window, CAMERA, 123456.789, seen);
        seen.id = 7;
        seen.side = "left";
        const buffer = new Float32Array(OBSERVATION_LENGTH * 2);
        packObservation(seen, buffer, OBSERVATION_LENGTH);
        const back = createHandObservation();
        unpackObservation(buffer, OBSERVATION_LENGTH, 123456.789, back);
        expect(back.pose.angles).toEqual(seen.pose.angles);
        expect(back.keypointsPx).toEqual(seen.keypointsPx);
        expect({ id: back.id, side: back.side, timeMs: back.timeMs }).toEqual({
            id: 7,
            side: "left",
            timeMs: 123456.789,
        });
    });

    it("are carried to the render time by their velocity, but no further than the cap", () => {
        const observation = createHandObservation();
        observation.timeMs = 1000;
        observation.pose.translation.set([0, 0, 0.5]);
        observation.velocity.set([1, 0, 0]);
        const state = createHandState("right");
        predictHandState(observation, 1030, state);
        expect(state.joints[0]).toBeCloseTo(0.03, 4);
        predictHandState(observation, 9000, state);
        expect(state.joints[0]).toBeCloseTo(MAX_PREDICTION_MS / 1000, 4);
        predictHandState(observation, 900, state);
        expect(state.joints[0]).toBe(0);
    });
});
