import { describe, expect, it } from "vitest";
import { AVERAGE_PROPORTIONS, BoneLengths } from "../../src/hand/boneLengths";
import { JOINT_COUNT, KEYPOINT_COUNT } from "../../src/hand/joints";
import { boneLengthsOf, imposeBoneLengths } from "../../src/hand/boneDirections";
import { poseKeypoints } from "../../src/hand/kinematics";
import { createHandObservation } from "../../src/tracking/handObservation";
import { HandSolver } from "../../src/tracking/handSolver";
import { seededRandom } from "../helpers/random";
import { CAMERA, recover, uprightPose } from "../helpers/syntheticHand";

describe("bone lengths", () => {
    it("are learnt from an open hand, toward this person's longer fingers", () => {
        const solver = new HandSolver();
        const out = createHandObservation();
        const random = seededRandom(2);
        for (let frame = 0; frame < 300; frame++) {
            const pose = uprightPose([0.02 * Math.sin(frame / 9), 0, 0.45], 0, [
                0.1 * Math.sin(frame / 13),
                0.1 * Math.cos(frame / 17),
                0,
            ]);
            for (let joint = 7; joint < JOINT_COUNT; joint += 5) {
                pose.proportions[joint] *= 1.08;
            }
            const { window, recovered } = recover(pose, "right", 0, undefined, {
                random,
                crop: 0.004,
                keypoints: 0.004,
            });
            solver.solve(recovered, window, CAMERA, frame * 33, out);
        }
        const learnt = out.pose.proportions[7] / AVERAGE_PROPORTIONS[7];
        console.log(`first phalanges 8 % longer than average: learnt ${((learnt - 1) * 100).toFixed(1)} %`);
        expect(learnt).toBeGreaterThan(1.02);
        expect(learnt).toBeLessThan(1.1);
    });

    it("start at the average and return to it on reset", () => {
        const bones = new BoneLengths();
        const proportions = new Float32Array(JOINT_COUNT).fill(1);
        bones.apply(proportions);
        expect(Array.from(proportions)).toEqual(Array.from(AVERAGE_PROPORTIONS));

        const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
        const pose = uprightPose([0, 0, 0.5]);
        pose.proportions[7] *= 1.06;
        poseKeypoints(pose, "right", keypoints);
        bones.observe(keypoints, keypoints);
        bones.apply(proportions);
        console.log(`after one frame of a phalanx 6 % longer: ${(proportions[7] / AVERAGE_PROPORTIONS[7]).toFixed(3)}`);
        expect(proportions[7]).toBeGreaterThan(AVERAGE_PROPORTIONS[7] * 1.01);

        bones.reset();
        bones.apply(proportions);
        expect(Array.from(proportions)).toEqual(Array.from(AVERAGE_PROPORTIONS));
    });

    it("are not learnt from keypoints that are not finite or lie in one place", () => {
        const bones = new BoneLengths();
        const proportions = new Float32Array(JOINT_COUNT).fill(1);
        const fitted = new Float64Array(KEYPOINT_COUNT * 3);
        poseKeypoints(uprightPose([0, 0, 0.5]), "right", fitted);
        bones.observe(new Float64Array(KEYPOINT_COUNT * 3), fitted);
        bones.observe(new Float64Array(KEYPOINT_COUNT * 3).fill(NaN), fitted);
        bones.apply(proportions);
        expect(Array.from(proportions)).toEqual(Array.from(AVERAGE_PROPORTIONS));
    });

    it("can be imposed on a skeleton without turning its bones", () => {
        const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
        poseKeypoints(uprightPose([0, 0, 0.5], 0.6), "right", keypoints);
        const lengths = new Float64Array(KEYPOINT_COUNT);
        boneLengthsOf(keypoints, lengths);
        const wrong = keypoints.map((value) => value * 0.7);
        imposeBoneLengths(wrong, lengths);
        for (let i = 0; i < wrong.length; i++) {
            expect(wrong[i]).toBeCloseTo(keypoints[i] - keypoints[27 + (i % 3)], 6);
        }
    });
});
