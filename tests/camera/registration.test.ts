import { describe, expect, it } from "vitest";
import { registerPoints } from "../../src/camera/registration";
import { KEYPOINT_COUNT } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { gaussian, seededRandom } from "../helpers/random";
import { uprightPose } from "../helpers/syntheticHand";

const weights = new Float64Array(KEYPOINT_COUNT).fill(1);

function scene(z: number): { relative: Float64Array; rays: Float64Array; root: Float64Array } {
    const points = new Float64Array(KEYPOINT_COUNT * 3);
    poseKeypoints(uprightPose([0.08, -0.05, z], 0.3, [0.4, 0.2, 0.1]), "right", points);
    const root = points.slice(27, 30);
    const rays = new Float64Array(KEYPOINT_COUNT * 2);
    for (let i = 0; i < KEYPOINT_COUNT; i++) {
        rays[i * 2] = points[i * 3] / points[i * 3 + 2];
        rays[i * 2 + 1] = points[i * 3 + 1] / points[i * 3 + 2];
    }
    return { relative: points.map((value, i) => value - root[i % 3]), rays, root };
}

describe("registration to absolute depth", () => {
    it("is exact for exact keypoints from 0.2 to 1.2 m", () => {
        let worst = 0;
        for (const z of [0.2, 0.4, 0.8, 1.2]) {
            const { relative, rays, root } = scene(z);
            const t = new Float64Array(3);
            expect(registerPoints(relative, rays, weights, t)).toBe(true);
            worst = Math.max(worst, Math.hypot(t[0] - root[0], t[1] - root[1], t[2] - root[2]));
        }
        console.log(`worst error ${(worst * 1000).toExponential(1)} mm`);
        expect(worst).toBeLessThan(1e-6);
    });

    it("carries 2 px of noise into millimetres of depth, as error propagation says", () => {
        const { relative, rays, root } = scene(0.6);
        const random = seededRandom(3);
        const errors = Array.from({ length: 300 }, () => {
            const noisy = rays.map((value) => value + (2 / 600) * gaussian(random));
            const t = new Float64Array(3);
            registerPoints(relative, noisy, weights, t);
            return t[2] - root[2];
        });
        const deviation = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
        console.log(`2 px at f = 600, 0.6 m: depth deviates ${(deviation * 1000).toFixed(1)} mm RMS`);
        expect(deviation).toBeGreaterThan(0.001);
        expect(deviation).toBeLessThan(0.008);
    });

    it("says so where points do not tell a depth", () => {
        const t = new Float64Array(3);
        const { rays } = scene(0.5);
        expect(registerPoints(new Float64Array(KEYPOINT_COUNT * 3), rays, weights, t)).toBe(false);
        expect(registerPoints(new Float64Array(KEYPOINT_COUNT * 3).fill(NaN), rays, weights, t)).toBe(false);
    });
});
