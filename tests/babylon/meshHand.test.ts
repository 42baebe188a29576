import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import type { HandView } from "../../src/babylon/handTrackingOptions";
import { MeshHand } from "../../src/babylon/meshHand";
import { genericHandMesh } from "../../src/hand/genericHandMesh";
import { createHandState } from "../../src/hand/handState";
import { JOINT_COUNT, type HandSide } from "../../src/hand/joints";
import { forwardKinematics } from "../../src/hand/kinematics";
import { createRecoveredMesh } from "../../src/hand/recoveredMesh";
import { weldedHandMesh } from "../../src/hand/weldedHandMesh";
import { gesturePose } from "../helpers/scriptedHand";
import { distancesMm, recoveredMeshOf, skinnedVertices } from "../helpers/skinnedMesh";

const SIZE = 1.1;
const WORLD_SCALE = 2;
const { seamVertices } = weldedHandMesh();

const data = (mesh: Mesh, kind: string): Float32Array => mesh.getVerticesData(kind) as Float32Array;

/** Share of triangles that turn clockwise (as numbers go) about their vertices' normals. */
function clockwise(mesh: Mesh): number {
    const [positions, normals] = [data(mesh, VertexBuffer.PositionKind), data(mesh, VertexBuffer.NormalKind)];
    const indices = mesh.getIndices()!;
    let count = 0;
    for (let t = 0; t < indices.length; t += 3) {
        const [a, b, c] = [0, 1, 2].map((i) => Vector3.FromArray(positions, indices[t + i] * 3));
        const normal = Vector3.FromArray(normals, indices[t] * 3);
        count += Vector3.Dot(Vector3.Cross(b.subtract(a), c.subtract(a)), normal) < 0 ? 1 : 0;
    }
    return count / (indices.length / 3);
}

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";
    describe(`mesh hand (${system})`, () => {
        function setUp(side: HandSide, view: HandView) {
            const scene = new Scene(new NullEngine());
            scene.useRightHandedSystem = rightHanded;
            const node = new TransformNode("node", scene);
            node.position.set(0.2, 1.5, -0.3);
            node.rotation.set(0.2, 0.7, -0.1);
            const mapping = new CameraSpaceMapping(scene, node, { view, worldScale: WORLD_SCALE });
            mapping.refresh();
            // A pose in camera space, a left hand's as its mirror image; the network said a more open one of another turn.
            const pose = gesturePose([0.1, -0.05, 0.5], { pinch: 0.6, fist: 0.1 }, [0.3, -0.4, 0.2]);
            const said = gesturePose([0, 0, 0.5], { pinch: 0.5, fist: 0.1 }, [0.2, -0.2, 0.4]);
            pose.proportions.fill(1);
            said.proportions.fill(1);
            pose.size = SIZE;
            const state = createHandState(side);
            forwardKinematics(pose, side, state);
            const joints = new Float32Array(JOINT_COUNT * 3);
            mapping.toWorld(state, joints, new Float32Array(JOINT_COUNT * 4));
            const hand = new MeshHand(scene, mapping.shownSide(side));
            /** Camera space (of the mirror image for a left hand) to the scene's world. */
            const toWorld = (points: Float32Array): Float32Array => {
                const out = new Float32Array(points.length);
                const point = createHandState(side);
                const world = new Float32Array(JOINT_COUNT * 3);
                for (let at = 0; at < points.length; at += 3) {
                    point.joints.set([points[at] * (side === "left" ? -1 : 1), points[at + 1], points[at + 2]]);
                    mapping.toWorld(point, world, new Float32Array(JOINT_COUNT * 4));
                    out.set(world.subarray(0, 3), at);
                }
                return out;
            };
            return { scene, hand, joints, pose, recovered: recoveredMeshOf(said), toWorld };
        }

        for (const view of ["camera", "facing", "mirror"] as HandView[]) {
            for (const side of ["left", "right"] as HandSide[]) {
                it(`puts a ${side} hand's surface on the shown joints (${view} view)`, () => {
                    const { scene, hand, joints, pose, recovered, toWorld } = setUp(side, view);
                    expect(hand.update(recovered, joints, SIZE * WORLD_SCALE)).toBe(true);
                    const truth = toWorld(skinnedVertices(pose));
                    const positions = data(hand.mesh, VertexBuffer.PositionKind);
                    const expected = new Float32Array(positions.length);
                    seamVertices.forEach((from, to) => expected.set(truth.subarray(from * 3, from * 3 + 3), to * 3));
                    const { worst, rms } = distancesMm(positions, expected);
                    const normals = data(hand.mesh, VertexBuffer.NormalKind);
                    const [shape, centre] = [genericHandMesh(), Vector3.FromArray(joints, 11 * 3)];
                    let outward = 0;
                    for (let at = 0; at < positions.length; at += 3) {
                        const away = Vector3.FromArray(positions, at).subtract(centre);
                        outward += Vector3.Dot(Vector3.FromArray(normals, at), away) > 0 ? 1 : 0;
                    }
                    const share = outward / (positions.length / 3);
                    console.log(
                        `${system}, ${view}, ${side}: ${rms.toFixed(2)} mm RMS, ${worst.toFixed(2)} mm at worst from the skinned hand at scale ${WORLD_SCALE}; ${(100 * share).toFixed(0)} % of normals away from the middle knuckle`
                    );
                    expect(rms / WORLD_SCALE).toBeLessThan(1);
                    expect(worst / WORLD_SCALE).toBeLessThan(5);
                    expect(share).toBeGreaterThan(0.6);
                    expect(data(hand.mesh, VertexBuffer.UVKind)).toEqual(shape.uvs);
                    const { minimumWorld, maximumWorld } = hand.mesh.getBoundingInfo().boundingBox;
                    for (let at = 0; at < positions.length; at += 3) {
                        for (const [k, axis] of (["x", "y", "z"] as const).entries()) {
                            expect(positions[at + k]).toBeGreaterThanOrEqual(minimumWorld[axis] - 1e-6);
                            expect(positions[at + k]).toBeLessThanOrEqual(maximumWorld[axis] + 1e-6);
                        }
                    }
                    scene.dispose();
                });
            }
        }

        it("turns its triangles the way Babylon's own meshes do", () => {
            for (const side of ["left", "right"] as HandSide[]) {
                const { scene, hand, joints, recovered } = setUp(side, "camera");
                hand.update(recovered, joints, SIZE * WORLD_SCALE);
                const [ofHand, ofBox] = [clockwise(hand.mesh), clockwise(CreateBox("box", {}, scene))];
                console.log(
                    `${system}, ${side}: clockwise triangles ${(ofHand * 100).toFixed(1)} %, of a box ${ofBox * 100} %`
                );
                expect(Math.abs(ofHand - ofBox)).toBeLessThan(0.02);
                scene.dispose();
            }
        });

        it("stays as it was where the network's keypoints make no hand", () => {
            const { scene, hand, joints, recovered } = setUp("right", "camera");
            hand.update(recovered, joints, SIZE);
            const before = data(hand.mesh, VertexBuffer.PositionKind).slice();
            expect(hand.update(createRecoveredMesh(), joints, SIZE)).toBe(false);
            expect(data(hand.mesh, VertexBuffer.PositionKind)).toEqual(before);
            scene.dispose();
        });

        it("gives back everything it made", () => {
            const { scene, hand } = setUp("left", "camera");
            const count = () => [scene.meshes, scene.geometries, scene.materials].map((list) => list.length);
            expect(count()).toEqual([1, 1, 1]);
            for (const kind of ["ghost", "wireframe", "occluder", "skin"] as const) {
                hand.setMaterial(kind);
                expect(count()).toEqual([1, 1, 1]);
            }
            hand.dispose();
            expect(count()).toEqual([0, 0, 0]);
            scene.dispose();
        });
    });
}
