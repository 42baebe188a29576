import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { genericHandMesh } from "../../src/hand/genericHandMesh";
import type { HandPose } from "../../src/hand/handPose";
import { copyHandPose, createHandPose } from "../../src/hand/handPose";
import { KEYPOINT_COUNT } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { MeshPlacement } from "../../src/hand/meshPlacement";
import { fromRotationVector, rotate } from "../../src/hand/quaternion";
import { createRecoveredMesh, MESH_LENGTH, packMesh, unpackMesh } from "../../src/hand/recoveredMesh";
import { vertexNormals } from "../../src/hand/vertexNormals";
import { WELDED_VERTEX_COUNT, weldedHandMesh } from "../../src/hand/weldedHandMesh";
import { gaussian, seededRandom } from "../helpers/random";
import { distancesMm, recoveredMeshOf, skinnedVertices } from "../helpers/skinnedMesh";
import { uprightPose } from "../helpers/syntheticHand";

/** SHA-256 of the numbers that models/training/render/rig.py gives the shipped mesh's vertices (seam_vertex, uint16). */
const TRAINING_ORDER = "ab654af2e263916c99bb8e09fec5b38eed928843fc79c2c167c0089994175cd5";
const DEGREE = Math.PI / 180;

const welded = weldedHandMesh();

function changed(pose: HandPose, change: (pose: HandPose) => void): HandPose {
    const copy = createHandPose();
    copyHandPose(pose, copy);
    change(copy);
    return copy;
}

/** Keypoints of a pose, or those of a recovered mesh turned, scaled and moved. */
function keypointsOf(pose: HandPose): Float64Array {
    const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
    poseKeypoints(pose, "right", keypoints);
    return keypoints;
}

function moved(points: Float32Array, turn: Float64Array, size: number, shift: readonly number[]): Float64Array {
    const out = Float64Array.from(points);
    for (let at = 0; at < out.length; at += 3) {
        rotate(turn, 0, out, at, out, at);
        for (let k = 0; k < 3; k++) {
            out[at + k] = out[at + k] * size + shift[k];
        }
    }
    return out;
}

describe("welded mesh", () => {
    it("numbers its vertices as the training program does", () => {
        const { seamVertices } = welded;
        const order = createHash("sha256").update(Buffer.from(seamVertices.buffer)).digest("hex");
        console.log(`${seamVertices.length} vertices are ${Math.max(...seamVertices) + 1} welded ones, ${order}`);
        expect(Math.max(...seamVertices) + 1).toBe(WELDED_VERTEX_COUNT);
        expect(order).toBe(TRAINING_ORDER);
    });

    it("has normals that look as the shipped ones do", () => {
        const { positions, normals } = genericHandMesh();
        const vertices = new Float32Array(WELDED_VERTEX_COUNT * 3);
        const found = new Float32Array(welded.normalCount * 3);
        welded.seamVertices.forEach((to, from) => vertices.set(positions.subarray(from * 3, from * 3 + 3), to * 3));
        vertexNormals(vertices, welded.indices, found, welded.normalIndices);
        const angles = [...welded.seamNormals].map((to, from) => {
            const dot = [0, 1, 2].reduce((sum, k) => sum + found[to * 3 + k] * normals[from * 3 + k], 0);
            return Math.acos(Math.min(1, dot)) / DEGREE;
        });
        angles.sort((a, b) => a - b);
        const [median, p99] = [angles[angles.length >> 1], angles[Math.floor(angles.length * 0.99)]];
        console.log(
            `normals differ by ${median.toFixed(1)} degrees in the median, ${p99.toFixed(1)} in 99 of 100; ${welded.normalCount} normals of ${WELDED_VERTEX_COUNT} vertices`
        );
        expect(median).toBeLessThan(5);
        expect(p99).toBeLessThan(30);
    });
});

describe("mesh placement", () => {
    const placement = new MeshPlacement(welded);
    const out = new Float32Array(WELDED_VERTEX_COUNT * 3);
    const relaxed = uprightPose([0.1, -0.05, 0.6], 0.25, [0.2, -0.3, 0.1]);

    it("carries the surface exactly where the hand turns, moves and grows as a whole", () => {
        const recovered = recoveredMeshOf(relaxed);
        const turn = new Float64Array(4);
        let worst = 0;
        for (const vector of [
            [0, 0, 0],
            [1.2, -0.4, 0.3],
            [-0.2, 2.9, 0.4],
        ]) {
            fromRotationVector(vector[0], vector[1], vector[2], turn, 0);
            for (const size of [1, 0.8, 2.5]) {
                const shift = [0.3, -0.2, 0.9];
                expect(placement.place(recovered, moved(recovered.keypoints, turn, size, shift), size, out)).toBe(true);
                worst = Math.max(worst, distancesMm(out, moved(recovered.vertices, turn, size, shift)).worst);
            }
        }
        console.log(`turned, moved, grown: within ${worst.toExponential(1)} mm`);
        expect(worst).toBeLessThan(1e-3);
    });

    it("bends and stretches fingers as the shown skeleton has them", () => {
        const recovered = recoveredMeshOf(relaxed);
        const errors: number[] = [];
        for (const degrees of [5, 10, 20, 40]) {
            const bent = changed(relaxed, (pose) => {
                for (let angle = 6; angle < pose.angles.length; angle++) {
                    // Knuckle, middle and end joint of each finger; the first angle spreads it.
                    pose.angles[angle] += (angle - 6) % 4 === 0 ? 0 : degrees * DEGREE;
                }
                pose.proportions.forEach(
                    (value, joint) => (pose.proportions[joint] = value * (joint % 2 ? 1.05 : 0.97))
                );
            });
            expect(placement.place(recovered, keypointsOf(bent), 1, out)).toBe(true);
            errors.push(distancesMm(out, skinnedVertices(bent)).rms);
        }
        console.log(
            `every joint bent by 5, 10, 20, 40 degrees, bones 5 % longer or 3 % shorter: RMS ${errors.map((mm) => mm.toFixed(2)).join(", ")} mm from the skinned hand`
        );
        expect(errors[0]).toBeLessThan(1);
        expect(errors[2]).toBeLessThan(1.5);
    });

    it("leaves the network's trembling skeleton behind: only the shape comes through", () => {
        const random = seededRandom(7);
        const steady = keypointsOf(relaxed);
        const sigma = 0.006;
        let raw = 0;
        let carried = 0;
        const frames = 40;
        for (let frame = 0; frame < frames; frame++) {
            const trembling = changed(relaxed, (pose) => {
                const shake = (array: Float32Array, amount: number): void =>
                    array.forEach((value, i) => (array[i] = value + amount * gaussian(random)));
                shake(pose.angles, 5 * DEGREE);
                shake(pose.rotation, 2 * DEGREE);
                shake(pose.translation, sigma);
                const norm = Math.hypot(...pose.rotation);
                pose.rotation.forEach((value, i) => (pose.rotation[i] = value / norm));
            });
            const recovered = recoveredMeshOf(trembling);
            const truth = skinnedVertices(relaxed);
            const root = [0, 1, 2].map((k) => steady[9 * 3 + k]);
            raw += distancesMm(moved(recovered.vertices, Float64Array.of(0, 0, 0, 1), 1, root), truth).rms / frames;
            placement.place(recovered, steady, 1, out);
            carried += distancesMm(out, truth).rms / frames;
        }
        console.log(`network ${raw.toFixed(2)} mm RMS, carried ${carried.toFixed(2)} mm`);
        expect(carried).toBeLessThan(raw / 4);
    });

    it("refuses a hand without a palm and leaves the vertices alone", () => {
        const recovered = recoveredMeshOf(relaxed);
        out.fill(7);
        expect(placement.place(recovered, new Float64Array(KEYPOINT_COUNT * 3), 1, out)).toBe(false);
        expect(placement.place(recovered, new Float64Array(KEYPOINT_COUNT * 3).fill(NaN), 1, out)).toBe(false);
        expect(placement.place(createRecoveredMesh(), keypointsOf(relaxed), 1, out)).toBe(false);
        expect(out.every((value) => value === 7)).toBe(true);
    });

    it("has no number that is none where a finger's keypoints fall together or fold back", () => {
        const recovered = recoveredMeshOf(relaxed);
        for (const spoil of [
            (k: Float32Array) => k.copyWithin(7 * 3, 6 * 3, 7 * 3),
            (k: Float32Array) => k.copyWithin(8 * 3, 6 * 3, 7 * 3),
        ]) {
            const spoilt = recoveredMeshOf(relaxed);
            spoil(spoilt.keypoints);
            expect(placement.place(spoilt, keypointsOf(relaxed), 1, out)).toBe(true);
            expect(out.every(Number.isFinite)).toBe(true);
            const shown = Float32Array.from(keypointsOf(relaxed));
            spoil(shown);
            expect(placement.place(recovered, shown, 1, out)).toBe(true);
            expect(out.every(Number.isFinite)).toBe(true);
        }
    });

    it("takes less than a millisecond", () => {
        const recovered = recoveredMeshOf(relaxed);
        const shown = keypointsOf(uprightPose([0, 0, 0.5], 0.4));
        const normals = new Float32Array(welded.normalCount * 3);
        const times: number[] = [];
        for (let run = 0; run < 200; run++) {
            const start = performance.now();
            placement.place(recovered, shown, 1, out);
            vertexNormals(out, welded.indices, normals, welded.normalIndices);
            times.push(performance.now() - start);
        }
        times.sort((a, b) => a - b);
        console.log(`placing and normals: ${times[100].toFixed(3)} ms in the median`);
        expect(times[100]).toBeLessThan(1);
    });
});

describe("packed meshes", () => {
    it("come back as they were, and none as none", () => {
        const mesh = recoveredMeshOf(uprightPose([0, 0, 0.5]));
        const buffer = new Float32Array(MESH_LENGTH * 2);
        packMesh(mesh, buffer, MESH_LENGTH);
        const back = createRecoveredMesh();
        unpackMesh(buffer, MESH_LENGTH, back);
        expect(back).toEqual(mesh);
        unpackMesh(buffer, 0, back);
        expect(back.isValid).toBe(false);
        packMesh(null, buffer, MESH_LENGTH);
        unpackMesh(buffer, MESH_LENGTH, back);
        expect(back.isValid).toBe(false);
    });
});
