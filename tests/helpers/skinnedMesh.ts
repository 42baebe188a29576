// What a perfect mesh recoverer would say: the rig's own surface in a pose.

import { REST_POSITIONS, REST_ROTATIONS } from "../../src/hand/genericHand";
import { genericHandMesh } from "../../src/hand/genericHandMesh";
import type { HandPose } from "../../src/hand/handPose";
import { JOINT_COUNT, JOINT_PARENTS, ROOT_KEYPOINT } from "../../src/hand/joints";
import { createPosedRig, poseKeypoints, poseRig } from "../../src/hand/kinematics";
import { rotate } from "../../src/hand/quaternion";
import { createRecoveredMesh, type RecoveredMesh } from "../../src/hand/recoveredMesh";
import { WELDED_VERTEX_COUNT, weldedHandMesh } from "../../src/hand/weldedHandMesh";

const length = (points: ArrayLike<number>, a: number, b: number): number =>
    Math.hypot(...[0, 1, 2].map((k) => points[a * 3 + k] - points[b * 3 + k]));

/** Welded vertices of a right hand, camera space: linear blend skinning, bones stretched along themselves as the shown rig's. */
export function skinnedVertices(pose: HandPose): Float32Array {
    const { positions } = genericHandMesh();
    const { seamVertices, jointIndices, jointWeights } = weldedHandMesh();
    const rig = createPosedRig();
    poseRig(pose, rig);
    const out = new Float32Array(WELDED_VERTEX_COUNT * 3);
    const done = new Set<number>();
    const vector = new Float64Array(3);
    const inverse = new Float64Array(4);
    seamVertices.forEach((welded, vertex) => {
        if (done.has(welded)) {
            return;
        }
        done.add(welded);
        for (let slot = welded * 4; slot < welded * 4 + 4; slot++) {
            const joint = jointIndices[slot];
            const isBone = joint > 0 && joint + 1 < JOINT_COUNT && JOINT_PARENTS[joint + 1] === joint;
            for (let k = 0; k < 3; k++) {
                vector[k] = positions[vertex * 3 + k] - REST_POSITIONS[joint * 3 + k];
                inverse[k] = -REST_ROTATIONS[joint * 4 + k];
            }
            inverse[3] = REST_ROTATIONS[joint * 4 + 3];
            rotate(inverse, 0, vector, 0, vector, 0);
            vector[0] *= pose.size;
            vector[1] *= pose.size;
            vector[2] *= isBone
                ? length(rig.joints, joint, joint + 1) / length(REST_POSITIONS, joint, joint + 1)
                : pose.size;
            rotate(rig.rotations, joint * 4, vector, 0, vector, 0);
            for (let k = 0; k < 3; k++) {
                out[welded * 3 + k] += jointWeights[slot] * (vector[k] + rig.joints[joint * 3 + k]);
            }
        }
    });
    return out;
}

/** Keypoints and surface of a pose (of reference size) as a recoverer gives them, in camera axes, relative to the root. */
export function recoveredMeshOf(pose: HandPose, out: RecoveredMesh = createRecoveredMesh()): RecoveredMesh {
    poseKeypoints(pose, "right", out.keypoints);
    out.vertices.set(skinnedVertices(pose));
    const root = out.keypoints.slice(ROOT_KEYPOINT * 3, ROOT_KEYPOINT * 3 + 3);
    for (const points of [out.vertices, out.keypoints]) {
        points.forEach((value, i) => (points[i] = value - root[i % 3]));
    }
    out.isValid = true;
    return out;
}

/** Largest and root mean square distance of two sets of points, mm. */
export function distancesMm(a: ArrayLike<number>, b: ArrayLike<number>): { worst: number; rms: number } {
    let worst = 0;
    let sum = 0;
    for (let at = 0; at < a.length; at += 3) {
        const distance = 1000 * Math.hypot(a[at] - b[at], a[at + 1] - b[at + 1], a[at + 2] - b[at + 2]);
        worst = Math.max(worst, distance);
        sum += distance * distance;
    }
    return { worst, rms: Math.sqrt(sum / (a.length / 3)) };
}
