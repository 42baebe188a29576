import { describe, expect, it } from "vitest";
import { REST_POSITIONS, REST_ROTATIONS, REFERENCE_PALM } from "../../src/hand/genericHand";
import { genericHandMesh } from "../../src/hand/genericHandMesh";
import { createHandPose } from "../../src/hand/handPose";
import { createHandState } from "../../src/hand/handState";
import { JOINT_COUNT, JOINT_PARENTS, ROOT_JOINT, TIP_JOINTS } from "../../src/hand/joints";
import { createPosedRig, forwardKinematics, poseRig } from "../../src/hand/kinematics";
import { rotate } from "../../src/hand/quaternion";
import { meanDistanceMm, uprightPose } from "../helpers/syntheticHand";

describe("forward kinematics", () => {
    it("gives the rig's rest pose back when nothing is bent", () => {
        const pose = createHandPose();
        pose.translation.set(REST_POSITIONS.subarray(0, 3));
        pose.rotation.set(REST_ROTATIONS.subarray(0, 4));
        const rig = createPosedRig();
        poseRig(pose, rig);
        const error = meanDistanceMm(rig.joints, REST_POSITIONS);
        console.log(`rest pose reproduced within ${error.toExponential(1)} mm`);
        expect(error).toBeLessThan(1e-2);
    });

    it("keeps every phalanx along -z of its joint, as WebXR asks", () => {
        const rig = createPosedRig();
        poseRig(uprightPose([0, 0, 0.5], 0.5), rig);
        const axis = Float64Array.of(0, 0, -1);
        const bone = new Float64Array(3);
        let worst = 0;
        for (const tip of TIP_JOINTS) {
            for (let joint = tip - 2; joint < tip; joint++) {
                rotate(rig.rotations, joint * 4, axis, 0, bone, 0);
                const d = [0, 1, 2].map((k) => rig.joints[(joint + 1) * 3 + k] - rig.joints[joint * 3 + k]);
                const cosine = (d[0] * bone[0] + d[1] * bone[1] + d[2] * bone[2]) / Math.hypot(...d);
                worst = Math.max(worst, (Math.acos(Math.min(1, cosine)) * 180) / Math.PI);
            }
        }
        console.log(`phalanges deviate at most ${worst.toFixed(1)} degrees from -z`);
        expect(worst).toBeLessThan(20);
    });

    it("curls fingers toward the palm for positive flexion", () => {
        const open = createHandState("right");
        const fist = createHandState("right");
        forwardKinematics(uprightPose([0, 0, 0.5], 0), "right", open);
        forwardKinematics(uprightPose([0, 0, 0.5], 1), "right", fist);
        for (const tip of TIP_JOINTS.slice(1)) {
            const before = open.joints[tip * 3 + 2];
            const after = fist.joints[tip * 3 + 2];
            // The palm faces the camera, so the tips come nearer to it, and nearer to the wrist.
            expect(after).toBeLessThan(before - 0.005);
            const reach = (state: typeof open): number =>
                Math.hypot(...[0, 1, 2].map((k) => state.joints[tip * 3 + k] - state.joints[k]));
            expect(reach(fist)).toBeLessThan(0.75 * reach(open));
        }
    });

    it("makes a left hand the exact mirror image of a right one", () => {
        const right = createHandState("right");
        const left = createHandState("left");
        const pose = uprightPose([0.1, 0.05, 0.5], 0.4, [0.3, -0.5, 0.2]);
        forwardKinematics(pose, "right", right);
        forwardKinematics(pose, "left", left);
        const axis = Float64Array.of(0, 0, -1);
        const a = new Float64Array(3);
        const b = new Float64Array(3);
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            expect(left.joints[joint * 3]).toBe(-right.joints[joint * 3]);
            expect(left.joints[joint * 3 + 2]).toBe(right.joints[joint * 3 + 2]);
            rotate(right.rotations, joint * 4, axis, 0, a, 0);
            rotate(left.rotations, joint * 4, axis, 0, b, 0);
            expect(b[0]).toBeCloseTo(-a[0], 6);
            expect(b[1]).toBeCloseTo(a[1], 6);
            expect(b[2]).toBeCloseTo(a[2], 6);
        }
    });

    it("scales all bones by the hand's size", () => {
        const small = createHandState("right");
        const large = createHandState("right");
        const pose = uprightPose([0, 0, 0.5]);
        forwardKinematics(pose, "right", small);
        pose.size = 1.2;
        forwardKinematics(pose, "right", large);
        const length = (state: typeof small, joint: number): number =>
            Math.hypot(
                ...[0, 1, 2].map((k) => state.joints[joint * 3 + k] - state.joints[JOINT_PARENTS[joint] * 3 + k])
            );
        for (let joint = 1; joint < JOINT_COUNT; joint++) {
            expect(length(large, joint) / length(small, joint)).toBeCloseTo(1.2, 4);
        }
    });

    it("has a reference palm as long as the constant says", () => {
        const palm = Math.hypot(...[0, 1, 2].map((k) => REST_POSITIONS[ROOT_JOINT * 3 + k] - REST_POSITIONS[k]));
        console.log(`reference palm ${(palm * 1000).toFixed(1)} mm`);
        expect(palm).toBeCloseTo(REFERENCE_PALM, 3);
    });
});

describe("the generic hand's mesh", () => {
    const mesh = genericHandMesh();

    it("is a closed set of triangles over its vertices with weights that sum to one", () => {
        const vertices = mesh.positions.length / 3;
        expect(vertices).toBe(1360);
        expect(mesh.indices.length / 3).toBe(2314);
        expect(Math.max(...mesh.indices)).toBeLessThan(vertices);
        for (let vertex = 0; vertex < vertices; vertex++) {
            const sum = mesh.jointWeights.subarray(vertex * 4, vertex * 4 + 4).reduce((a, b) => a + b, 0);
            expect(sum).toBeCloseTo(1, 5);
        }
    });

    it("has normals that point the way its triangles turn", () => {
        const { positions: p, normals: n, indices } = mesh;
        let agree = 0;
        for (let t = 0; t < indices.length; t += 3) {
            const [a, b, c] = [indices[t] * 3, indices[t + 1] * 3, indices[t + 2] * 3];
            const u = [0, 1, 2].map((k) => p[b + k] - p[a + k]);
            const v = [0, 1, 2].map((k) => p[c + k] - p[a + k]);
            const face = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            agree += face[0] * n[a] + face[1] * n[a + 1] + face[2] * n[a + 2] > 0 ? 1 : 0;
        }
        console.log(`${((100 * agree) / (indices.length / 3)).toFixed(1)} % of triangles turn with their normals`);
        expect(agree / (indices.length / 3)).toBeGreaterThan(0.98);
    });
});
