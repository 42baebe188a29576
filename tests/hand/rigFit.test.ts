import { describe, expect, it } from "vitest";
import { DEGREES_OF_FREEDOM } from "../../src/hand/degreesOfFreedom";
import { copyHandPose, createHandPose } from "../../src/hand/handPose";
import { KEYPOINT_COUNT, ROOT_KEYPOINT } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { createFitTarget, RigFit } from "../../src/hand/rigFit";
import { seededRandom } from "../helpers/random";
import { meanDistanceMm, randomAngles, uprightPose } from "../helpers/syntheticHand";

function target(keypoints: Float64Array) {
    const aim = createFitTarget();
    for (let i = 0; i < KEYPOINT_COUNT; i++) {
        aim.rays[i * 2] = keypoints[i * 3] / keypoints[i * 3 + 2];
        aim.rays[i * 2 + 1] = keypoints[i * 3 + 1] / keypoints[i * 3 + 2];
        aim.raySigma[i] = 0.001;
        aim.relativeSigma[i] = 0.002;
        for (let k = 0; k < 3; k++) {
            aim.relative[i * 3 + k] = keypoints[i * 3 + k] - keypoints[ROOT_KEYPOINT * 3 + k];
        }
    }
    return aim;
}

describe("rig fit", () => {
    it("finds poses from exact keypoints, starting from a hand that is off by centimetres", () => {
        const random = seededRandom(7);
        const errors: number[] = [];
        for (let trial = 0; trial < 40; trial++) {
            const truth = uprightPose([0.2 * (random() - 0.5), 0.2 * (random() - 0.5), 0.3 + 0.5 * random()], 0.2, [
                random() - 0.5,
                random() - 0.5,
                random() - 0.5,
            ]);
            randomAngles(truth, random);
            const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
            poseKeypoints(truth, "right", keypoints);
            const pose = createHandPose();
            copyHandPose(truth, pose);
            pose.translation[2] += 0.05;
            pose.translation[0] -= 0.03;
            pose.angles.forEach((_, angle) => (pose.angles[angle] = DEGREES_OF_FREEDOM[angle].rest));
            expect(new RigFit().fit(target(keypoints), pose, 15)).toBe(true);
            const found = new Float64Array(KEYPOINT_COUNT * 3);
            poseKeypoints(pose, "right", found);
            errors.push(meanDistanceMm(found, keypoints));
        }
        errors.sort((a, b) => a - b);
        console.log(`fit error median ${errors[20].toFixed(2)} mm, worst ${errors[39].toFixed(2)} mm`);
        expect(errors[20]).toBeLessThan(1);
        expect(errors[39]).toBeLessThan(4);
    });

    it("does not care about the overall scale of the network's 3D", () => {
        const truth = uprightPose([0, 0, 0.5], 0.4);
        const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
        poseKeypoints(truth, "right", keypoints);
        const aim = target(keypoints);
        aim.relative.forEach((value, i) => (aim.relative[i] = value * 0.8));
        const pose = createHandPose();
        copyHandPose(truth, pose);
        pose.translation[2] += 0.05;
        const fit = new RigFit();
        fit.fit(aim, pose, 12);
        console.log(
            `network 20 % too small: depth off by ${((pose.translation[2] - 0.5) * 1000).toFixed(1)} mm, scale ${fit.scale.toFixed(3)}`
        );
        expect(Math.abs(pose.translation[2] - 0.5)).toBeLessThan(0.003);
        expect(fit.scale).toBeCloseTo(1.25, 1);
    });

    it("keeps angles within their limits when the keypoints ask for more", () => {
        const truth = uprightPose([0, 0, 0.5], 0);
        const bent = DEGREES_OF_FREEDOM.findIndex((dof) => dof.joint === 7 && dof.axis === "flexion");
        truth.angles[bent] = -1.2;
        const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
        poseKeypoints(truth, "right", keypoints);
        const pose = uprightPose([0, 0, 0.5], 0.1);
        new RigFit().fit(target(keypoints), pose, 20);
        console.log(
            `a middle joint bent back by 1.2 rad is fitted at ${pose.angles[bent].toFixed(2)} rad (limit ${DEGREES_OF_FREEDOM[bent].min})`
        );
        expect(pose.angles[bent]).toBeGreaterThan(DEGREES_OF_FREEDOM[bent].min - 0.3);
    });

    it("refuses keypoints that are not numbers and leaves the pose alone", () => {
        const pose = uprightPose([0, 0, 0.5]);
        const before = Array.from(pose.angles);
        const aim = createFitTarget();
        aim.rays.fill(NaN);
        aim.raySigma.fill(0.001);
        aim.relativeSigma.fill(0.01);
        expect(new RigFit().fit(aim, pose, 3)).toBe(false);
        expect(Array.from(pose.angles)).toEqual(before);
    });
});
