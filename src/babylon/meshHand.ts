// The shown hand as the network recovered its surface, carried by the tracked joints.

import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Mesh } from "@babylonjs/core/Meshes/mesh";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData";
import type { Scene } from "@babylonjs/core/scene";
import { genericHandMesh } from "../hand/genericHandMesh";
import { KEYPOINT_COUNT, KEYPOINT_JOINTS, TIP_JOINTS, type HandSide } from "../hand/joints";
import { TIP_EXTENSION } from "../hand/kinematics";
import { MeshPlacement } from "../hand/meshPlacement";
import type { RecoveredMesh } from "../hand/recoveredMesh";
import { vertexNormals } from "../hand/vertexNormals";
import { WELDED_VERTEX_COUNT, weldedHandMesh } from "../hand/weldedHandMesh";
import { HandLook } from "./handLook";
import type { HandMaterialKind } from "./handMaterials";
import { norm3 } from "../hand/norm";

/**
 * Made for one side; place it with `update` every frame. Its vertices are the network's, so that it covers the hand in the
 * camera's picture more closely than a rig does; they keep to the filtered, predicted joints as the rig's do. The mesh has the
 * rig's triangles and texture coordinates. Give `mesh` to shadow generators like any other.
 */
export class MeshHand {
    /** The mesh; its own transform stays the identity. */
    public readonly mesh: Mesh;

    private readonly _welded = weldedHandMesh();
    private readonly _placement = new MeshPlacement(this._welded);
    /** -1 where the shown hand is a left one as numbers go: it is placed as its mirror image, every x negated. */
    private readonly _flip: number;
    private readonly _keypoints = new Float32Array(KEYPOINT_COUNT * 3);
    private readonly _vertices = new Float32Array(WELDED_VERTEX_COUNT * 3);
    private readonly _vertexNormals = new Float32Array(this._welded.normalCount * 3);
    private readonly _positions: Float32Array;
    private readonly _normals: Float32Array;
    private readonly _minimum = new Vector3();
    private readonly _maximum = new Vector3();
    private readonly _look: HandLook;

    public constructor(scene: Scene, side: HandSide, material: HandMaterialKind = "skin") {
        this._flip = (side === "left") === scene.useRightHandedSystem ? -1 : 1;
        const { positions, normals, uvs, indices } = genericHandMesh();
        this._positions = positions;
        this._normals = normals;
        const data = new VertexData();
        data.positions = positions;
        data.normals = normals;
        data.uvs = uvs;
        data.indices = Array.from(indices);
        // The data's triangles turn counter-clockwise about their normals, Babylon's own meshes clockwise as numbers go; the
        // mirror image's have turned over by themselves.
        if (this._flip > 0) {
            for (let t = 0; t < data.indices.length; t += 3) {
                [data.indices[t + 1], data.indices[t + 2]] = [data.indices[t + 2], data.indices[t + 1]];
            }
        }
        this.mesh = new Mesh(`hand-${side}-recovered`, scene);
        data.applyToMesh(this.mesh, true);
        this.mesh.isPickable = false;
        this.mesh.receiveShadows = true;
        this.mesh.doNotSerialize = true;
        this._look = new HandLook(this.mesh, material);
        this.mesh.setEnabled(false);
    }

    /** Changes the look. */
    public setMaterial(kind: HandMaterialKind): void {
        this._look.setMaterial(kind);
    }

    /**
     * Gives the look `skin` colours of its own; others keep theirs.
     * @param colours 1360 x 4 linear red, green, blue, alpha, 0..1, of the mesh's vertices; copied. null takes them away
     */
    public setColours(colours: Float32Array | null): void {
        this._look.setColours(colours);
    }

    /** Whether it is drawn; not before the first `update`. */
    public get isVisible(): boolean {
        return this.mesh.isEnabled();
    }
    public set isVisible(visible: boolean) {
        this.mesh.setEnabled(visible);
    }

    /**
     * Places all vertices.
     * @param recovered what the network said in the last frame
     * @param joints 25 x 3 in the scene's world, as `HandRig.update` takes them
     * @param size of the hand relative to the rig, times the scene units per metre
     * @returns false where the joints or the recovered keypoints make no palm; the mesh stays as it was
     */
    public update(recovered: RecoveredMesh, joints: Float32Array, size: number): boolean {
        this._takeKeypoints(joints, size);
        if (!this._placement.place(recovered, this._keypoints, size, this._vertices)) {
            return false;
        }
        const { indices, normalIndices } = this._welded;
        vertexNormals(this._vertices, indices, this._vertexNormals, normalIndices);
        this._split();
        this.mesh.updateVerticesData(VertexBuffer.PositionKind, this._positions);
        this.mesh.updateVerticesData(VertexBuffer.NormalKind, this._normals);
        this.mesh.getBoundingInfo().reConstruct(this._minimum, this._maximum, this.mesh.getWorldMatrix());
        return true;
    }

    /** Frees mesh and material. */
    public dispose(): void {
        this.mesh.dispose();
        this._look.dispose();
    }

    /** The keypoints of the shown joints, as a right hand's; a tip lies beyond its joint, where networks mark it. */
    private _takeKeypoints(joints: Float32Array, size: number): void {
        const keypoints = this._keypoints;
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            const at = keypoint * 3;
            keypoints[at] = joints[joint] * this._flip;
            keypoints[at + 1] = joints[joint + 1];
            keypoints[at + 2] = joints[joint + 2];
        }
        for (let finger = 0; finger < TIP_JOINTS.length; finger++) {
            const tip = (finger * 4 + 4) * 3;
            const before = tip - 3;
            const x = keypoints[tip] - keypoints[before];
            const y = keypoints[tip + 1] - keypoints[before + 1];
            const z = keypoints[tip + 2] - keypoints[before + 2];
            const reach = (TIP_EXTENSION * size) / (norm3(x, y, z) || 1);
            keypoints[tip] += x * reach;
            keypoints[tip + 1] += y * reach;
            keypoints[tip + 2] += z * reach;
        }
    }

    /** From welded vertices to the mesh's, which are split at the seams of its texture coordinates. */
    private _split(): void {
        const { seamVertices, seamNormals } = this._welded;
        const { _vertices: from, _vertexNormals: fromNormals, _positions: to, _normals: normals, _flip: flip } = this;
        this._minimum.setAll(Infinity);
        this._maximum.setAll(-Infinity);
        for (let vertex = 0, at = 0; vertex < seamVertices.length; vertex++, at += 3) {
            const source = seamVertices[vertex] * 3;
            to[at] = from[source] * flip;
            to[at + 1] = from[source + 1];
            to[at + 2] = from[source + 2];
            const normal = seamNormals[vertex] * 3;
            normals[at] = fromNormals[normal] * flip;
            normals[at + 1] = fromNormals[normal + 1];
            normals[at + 2] = fromNormals[normal + 2];
            this._minimum.minimizeInPlaceFromFloats(to[at], to[at + 1], to[at + 2]);
            this._maximum.maximizeInPlaceFromFloats(to[at], to[at + 1], to[at + 2]);
        }
    }
}
