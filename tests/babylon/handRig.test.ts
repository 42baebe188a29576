import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Matrix, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import { HandRig } from "../../src/babylon/handRig";
import type { HandView } from "../../src/babylon/handTrackingOptions";
import { REST_POSITIONS, REST_ROTATIONS } from "../../src/hand/genericHand";
import { genericHandMesh } from "../../src/hand/genericHandMesh";
import { createHandState, type HandState } from "../../src/hand/handState";
import { JOINT_COUNT, TIP_JOINTS, type HandSide } from "../../src/hand/joints";
import { forwardKinematics } from "../../src/hand/kinematics";
import { multiply, rotate } from "../../src/hand/quaternion";
import { gesturePose } from "../helpers/scriptedHand";

const SIZE = 1.1;

function pose(side: HandSide): HandState {
    const state = createHandState(side);
    const hand = gesturePose([0.1, -0.05, 0.5], { pinch: 0.7, fist: 0.2 }, [0.3, -0.4, 0.2]);
    hand.size = SIZE;
    // The rig's own proportions: nothing is stretched.
    hand.proportions.fill(1);
    forwardKinematics(hand, side, state);
    return state;
}

/** Linear blend skinning in camera space (doubles): of a left hand, the mirror image of the right one's. */
function skin(state: HandState): { positions: Float64Array; normals: Float64Array } {
    const mesh = genericHandMesh();
    const sign = state.side === "left" ? -1 : 1;
    const positions = new Float64Array(mesh.positions.length);
    const normals = new Float64Array(mesh.normals.length);
    const turn = new Float64Array(4);
    const inverse = new Float64Array(4);
    const vector = new Float64Array(3);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        // Joints of the mirrored hand in the right hand's space.
        const rotation = [0, 1, 2, 3].map((k) => state.rotations[joint * 4 + k] * (k === 1 || k === 2 ? sign : 1));
        const place = [0, 1, 2].map((k) => state.joints[joint * 3 + k] * (k === 0 ? sign : 1));
        inverse.set([0, 1, 2].map((k) => -REST_ROTATIONS[joint * 4 + k]));
        inverse[3] = REST_ROTATIONS[joint * 4 + 3];
        multiply(Float64Array.from(rotation), 0, inverse, 0, turn, 0);
        for (let vertex = 0; vertex < positions.length / 3; vertex++) {
            for (let slot = vertex * 4; slot < vertex * 4 + 4; slot++) {
                if (mesh.jointIndices[slot] !== joint || mesh.jointWeights[slot] === 0) {
                    continue;
                }
                for (let k = 0; k < 3; k++) {
                    vector[k] = (mesh.positions[vertex * 3 + k] - REST_POSITIONS[joint * 3 + k]) * state.size;
                }
                rotate(turn, 0, vector, 0, vector, 0);
                for (let k = 0; k < 3; k++) {
                    positions[vertex * 3 + k] += mesh.jointWeights[slot] * (vector[k] + place[k]);
                    vector[k] = mesh.normals[vertex * 3 + k];
                }
                rotate(turn, 0, vector, 0, vector, 0);
                for (let k = 0; k < 3; k++) {
                    normals[vertex * 3 + k] += mesh.jointWeights[slot] * vector[k];
                }
            }
        }
    }
    for (let at = 0; at < positions.length; at += 3) {
        positions[at] *= sign;
        normals[at] *= sign;
    }
    return { positions, normals };
}

/** What the vertex shader computes from the bones' matrices. */
function shade(mesh: AbstractMesh): { positions: Float64Array; normals: Float64Array } {
    mesh.skeleton!.prepare();
    const bones = mesh.skeleton!.getTransformMatrices(mesh);
    const data = (kind: string): ArrayLike<number> => mesh.getVerticesData(kind)!;
    const [places, directions] = [data(VertexBuffer.PositionKind), data(VertexBuffer.NormalKind)];
    const [indices, weights] = [data(VertexBuffer.MatricesIndicesKind), data(VertexBuffer.MatricesWeightsKind)];
    const positions = new Float64Array(places.length);
    const normals = new Float64Array(places.length);
    const matrix = new Matrix();
    for (let vertex = 0; vertex < places.length / 3; vertex++) {
        for (let slot = vertex * 4; slot < vertex * 4 + 4; slot++) {
            Matrix.FromArrayToRef(bones as Float32Array, indices[slot] * 16, matrix);
            const place = Vector3.TransformCoordinates(
                new Vector3(places[vertex * 3], places[vertex * 3 + 1], places[vertex * 3 + 2]),
                matrix
            ).asArray();
            const normal = Vector3.TransformNormal(
                new Vector3(directions[vertex * 3], directions[vertex * 3 + 1], directions[vertex * 3 + 2]),
                matrix
            ).asArray();
            for (let k = 0; k < 3; k++) {
                positions[vertex * 3 + k] += weights[slot] * place[k];
                normals[vertex * 3 + k] += weights[slot] * normal[k];
            }
        }
    }
    return { positions, normals };
}

/** Share of triangles that turn clockwise (as numbers go) about their vertices' normals. */
function clockwise(positions: ArrayLike<number>, normals: ArrayLike<number>, indices: ArrayLike<number>): number {
    let count = 0;
    for (let t = 0; t < indices.length; t += 3) {
        const [a, b, c] = [0, 1, 2].map((i) => Vector3.FromArray(positions as Float32Array, indices[t + i] * 3));
        const normal = Vector3.FromArray(normals as Float32Array, indices[t] * 3);
        count += Vector3.Dot(Vector3.Cross(b.subtract(a), c.subtract(a)), normal) < 0 ? 1 : 0;
    }
    return count / (indices.length / 3);
}

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";
    describe(`hand rig (${system})`, () => {
        function setup(side: HandSide, view: HandView, worldScale = 1) {
            const scene = new Scene(new NullEngine());
            scene.useRightHandedSystem = rightHanded;
            const node = new TransformNode("node", scene);
            node.position.set(0.2, 1.5, -0.3);
            node.rotation.set(0.2, 0.7, -0.1);
            const mapping = new CameraSpaceMapping(scene, node, { view, worldScale });
            mapping.refresh();
            const state = pose(side);
            const joints = new Float32Array(75);
            const rotations = new Float32Array(100);
            mapping.toWorld(state, joints, rotations);
            const rig = new HandRig(scene, mapping.shownSide(side));
            rig.update(joints, rotations, SIZE * worldScale);
            return { scene, mapping, state, rig, joints };
        }

        for (const view of ["camera", "facing", "mirror"] as HandView[]) {
            for (const side of ["left", "right"] as HandSide[]) {
                it(`puts a ${side} hand's skin where it is in the camera's space (${view} view)`, () => {
                    const { scene, mapping, state, rig } = setup(side, view, 2);
                    const expected = skin(state);
                    const shown = shade(rig.mesh);
                    // The skin's points go the way of joints.
                    const points = createHandState(side);
                    const world = new Float32Array(75);
                    let worst = 0;
                    let outward = 1;
                    for (let vertex = 0; vertex < expected.positions.length / 3; vertex++) {
                        for (let k = 0; k < 3; k++) {
                            points.joints[k] = expected.positions[vertex * 3 + k];
                            points.joints[3 + k] = points.joints[k] + 0.01 * expected.normals[vertex * 3 + k];
                        }
                        mapping.toWorld(points, world, new Float32Array(100));
                        const place = Vector3.FromArray(world);
                        const found = new Vector3(...shown.positions.slice(vertex * 3, vertex * 3 + 3));
                        worst = Math.max(worst, Vector3.Distance(place, found));
                        const normal = Vector3.FromArray(world, 3).subtract(place).normalize();
                        const foundNormal = new Vector3(...shown.normals.slice(vertex * 3, vertex * 3 + 3)).normalize();
                        outward = Math.min(outward, Vector3.Dot(normal, foundNormal));
                    }
                    console.log(
                        `${system}, ${view}, ${side}: skin within ${(worst * 1000).toExponential(1)} mm, normals within ${((Math.acos(Math.min(1, outward)) * 180) / Math.PI).toFixed(2)} degrees`
                    );
                    expect(worst).toBeLessThan(1e-5);
                    expect(outward).toBeGreaterThan(0.999);
                    scene.dispose();
                });
            }
        }

        it("turns its triangles the way Babylon's own meshes do", () => {
            for (const side of ["left", "right"] as HandSide[]) {
                const { scene, rig } = setup(side, "camera");
                const own = CreateBox("box", {}, scene);
                const share = (mesh: AbstractMesh, at: { positions: ArrayLike<number>; normals: ArrayLike<number> }) =>
                    clockwise(at.positions, at.normals, mesh.getIndices()!);
                const ofBox = share(own, {
                    positions: own.getVerticesData(VertexBuffer.PositionKind)!,
                    normals: own.getVerticesData(VertexBuffer.NormalKind)!,
                });
                const ofHand = share(rig.mesh, shade(rig.mesh));
                console.log(
                    `${system}, ${side}: clockwise triangles ${(ofHand * 100).toFixed(1)} %, of a box ${ofBox * 100} %`
                );
                expect(Math.abs(ofHand - ofBox)).toBeLessThan(0.02);
                scene.dispose();
            }
        });

        it("bounds what is drawn", () => {
            const { scene, rig } = setup("right", "camera", 3);
            const { minimumWorld, maximumWorld } = rig.mesh.getBoundingInfo().boundingBox;
            const { positions } = shade(rig.mesh);
            for (let at = 0; at < positions.length; at += 3) {
                const point = new Vector3(positions[at], positions[at + 1], positions[at + 2]);
                expect(Vector3.Minimize(point, minimumWorld).equals(minimumWorld)).toBe(true);
                expect(Vector3.Maximize(point, maximumWorld).equals(maximumWorld)).toBe(true);
            }
            expect(maximumWorld.subtract(minimumWorld).length()).toBeLessThan(3 * 0.35);
            scene.dispose();
        });

        it("ends its fingers where the joints say, for other proportions than the rig's", () => {
            const scene = new Scene(new NullEngine());
            scene.useRightHandedSystem = rightHanded;
            const mapping = new CameraSpaceMapping(scene, new TransformNode("node", scene), { view: "camera" });
            mapping.refresh();
            const state = createHandState("right");
            const hand = gesturePose([0, 0, 0.5], {});
            hand.proportions.fill(0.8);
            forwardKinematics(hand, "right", state);
            const joints = new Float32Array(75);
            const rotations = new Float32Array(100);
            mapping.toWorld(state, joints, rotations);
            const rig = new HandRig(scene, "right");
            rig.update(joints, rotations, 1);
            const { positions } = shade(rig.mesh);
            for (const tip of TIP_JOINTS.slice(1)) {
                const end = Vector3.FromArray(joints, tip * 3);
                const bone = end.subtract(Vector3.FromArray(joints, (tip - 1) * 3)).normalize();
                let reach = -1;
                for (let at = 0; at < positions.length; at += 3) {
                    const beyond = new Vector3(positions[at], positions[at + 1], positions[at + 2]).subtract(end);
                    const along = Vector3.Dot(beyond, bone);
                    if (beyond.length() < 0.015) {
                        reach = Math.max(reach, along);
                    }
                }
                expect(reach).toBeGreaterThan(0.005);
                expect(reach).toBeLessThan(0.012);
            }
            scene.dispose();
        });

        it("gives back everything it made", () => {
            const { scene, rig } = setup("left", "camera");
            const count = () =>
                [scene.meshes, scene.geometries, scene.skeletons, scene.materials].map((list) => list.length);
            const before = count();
            expect(before).toEqual([1, 1, 1, 1]);
            for (const kind of ["ghost", "wireframe", "occluder", "skin"] as const) {
                rig.setMaterial(kind);
                expect(count()).toEqual(before);
            }
            rig.dispose();
            expect(count()).toEqual([0, 0, 0, 0]);
            scene.dispose();
        });
    });
}
