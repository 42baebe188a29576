// The shown hand: one mesh skinned on the GPU by 25 bones that are placed joint by joint.

import { Bone } from "@babylonjs/core/Bones/bone";
import { Skeleton } from "@babylonjs/core/Bones/skeleton";
import { Matrix, Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Mesh } from "@babylonjs/core/Meshes/mesh";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData";
import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import type { Scene } from "@babylonjs/core/scene";
import { JOINT_RADII, REST_POSITIONS, REST_ROTATIONS } from "../hand/genericHand";
import { genericHandMesh } from "../hand/genericHandMesh";
import { JOINT_COUNT, JOINT_NAMES, JOINT_PARENTS, type HandSide } from "../hand/joints";
import { HandLook } from "./handLook";
import type { HandMaterialKind } from "./handMaterials";
import { jointDistance } from "../hand/norm";

/** The mesh reaches this far beyond its joints, metres at size 1. */
const MARGIN = 0.03;
/** Fingers are not made thinner or thicker than the rig's by more than this factor: joints' radii are rough measures. */
const MAX_GIRTH = 1.5;
/** Length of the bone that starts in each joint at size 1, metres; 0 where several start or none does. */
const BONE_LENGTHS = new Float32Array(JOINT_COUNT);
for (let joint = 2; joint < JOINT_COUNT; joint++) {
    if (JOINT_PARENTS[joint] === joint - 1) {
        BONE_LENGTHS[joint - 1] = jointDistance(REST_POSITIONS, joint - 1, joint);
    }
}

/** Made for one side; place it with `update` every frame. Give `mesh` to shadow generators like any other. */
export class HandRig {
    /** The skinned mesh; its own transform stays the identity. */
    public readonly mesh: Mesh;
    public readonly skeleton: Skeleton;

    private readonly _bones: Bone[] = [];
    private readonly _position = new Vector3();
    private readonly _rotation = new Quaternion();
    private readonly _scale = new Vector3();
    private readonly _minimum = new Vector3();
    private readonly _maximum = new Vector3();
    private readonly _look: HandLook;

    public constructor(scene: Scene, side: HandSide, material: HandMaterialKind = "skin") {
        // The rig's data are a right hand in right-handed space. A left hand is mirrored in x, a left-handed scene in z.
        const flipX = side === "left" ? -1 : 1;
        const flipZ = scene.useRightHandedSystem ? 1 : -1;
        this.skeleton = new Skeleton(`hand-${side}-skeleton`, `hand-${side}-skeleton`, scene);
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            this._bones.push(new Bone(JOINT_NAMES[joint], this.skeleton, null, restMatrix(joint, flipX, flipZ)));
        }
        this.mesh = createMesh(scene, side, flipX, flipZ);
        this.mesh.skeleton = this.skeleton;
        this.mesh.isPickable = false;
        this.mesh.receiveShadows = true;
        this.mesh.doNotSerialize = true;
        this._look = new HandLook(this.mesh, material);
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

    /** Whether it is drawn. */
    public get isVisible(): boolean {
        return this.mesh.isEnabled();
    }
    public set isVisible(visible: boolean) {
        this.mesh.setEnabled(visible);
    }

    /**
     * Places all joints.
     * @param positions 25 x 3 in the scene's world
     * @param rotations 25 x 4 in the scene's world
     * @param size of the hand relative to the rig, times the scene units per metre
     * @param radii 25, scene units: how thick the hand is at its joints; as thick as the rig at this size if left out
     */
    public update(positions: Float32Array, rotations: Float32Array, size: number, radii?: Float32Array): void {
        this._minimum.setAll(Infinity);
        this._maximum.setAll(-Infinity);
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            const bone = this._bones[joint];
            this._position.fromArray(positions, joint * 3);
            this._minimum.minimizeInPlace(this._position);
            this._maximum.maximizeInPlace(this._position);
            // A person's bones differ from the rig's: they are stretched along themselves, not shifted at the joints.
            const length = BONE_LENGTHS[joint];
            const along = length > 0 ? jointDistance(positions, joint, joint + 1) / length : size;
            bone.position = this._position;
            bone.rotationQuaternion = this._rotation.fromArray(rotations, joint * 4);
            const girth = radii ? clamp(radii[joint] / (JOINT_RADII[joint] * size), 1 / MAX_GIRTH, MAX_GIRTH) : 1;
            bone.scaling = this._scale.set(size * girth, size * girth, along);
        }
        const margin = MARGIN * size;
        this._minimum.addInPlaceFromFloats(-margin, -margin, -margin);
        this._maximum.addInPlaceFromFloats(margin, margin, margin);
        // Culling and lights' shadow frusta go by the hand, not by the rest pose.
        this.mesh.getBoundingInfo().reConstruct(this._minimum, this._maximum, this.mesh.getWorldMatrix());
    }

    /** Frees mesh, skeleton and material. */
    public dispose(): void {
        this.mesh.dispose();
        this.skeleton.dispose();
        this._look.dispose();
    }
}

function restMatrix(joint: number, flipX: number, flipZ: number): Matrix {
    const position = new Vector3(
        REST_POSITIONS[joint * 3] * flipX,
        REST_POSITIONS[joint * 3 + 1],
        REST_POSITIONS[joint * 3 + 2] * flipZ
    );
    // Mirroring in x negates a rotation's y and z, mirroring in z its x and y.
    const rotation = new Quaternion(
        REST_ROTATIONS[joint * 4] * flipZ,
        REST_ROTATIONS[joint * 4 + 1] * flipX * flipZ,
        REST_ROTATIONS[joint * 4 + 2] * flipX,
        REST_ROTATIONS[joint * 4 + 3]
    );
    return Matrix.Compose(Vector3.One(), rotation, position);
}

function createMesh(scene: Scene, side: HandSide, flipX: number, flipZ: number): Mesh {
    const data = genericHandMesh();
    for (let at = 0; at < data.positions.length; at += 3) {
        data.positions[at] *= flipX;
        data.positions[at + 2] *= flipZ;
        data.normals[at] *= flipX;
        data.normals[at + 2] *= flipZ;
    }
    const indices = Array.from(data.indices);
    // The data's triangles turn counter-clockwise about their normals; Babylon's own meshes, in both systems, clockwise as
    // numbers go. Each flip of an axis turns them over.
    if (flipX * flipZ > 0) {
        for (let t = 0; t < indices.length; t += 3) {
            [indices[t + 1], indices[t + 2]] = [indices[t + 2], indices[t + 1]];
        }
    }
    const vertices = new VertexData();
    vertices.positions = data.positions;
    vertices.normals = data.normals;
    vertices.uvs = data.uvs;
    vertices.indices = indices;
    const mesh = new Mesh(`hand-${side}`, scene);
    vertices.applyToMesh(mesh);
    mesh.setVerticesData(VertexBuffer.MatricesIndicesKind, Float32Array.from(data.jointIndices), false, 4);
    mesh.setVerticesData(VertexBuffer.MatricesWeightsKind, data.jointWeights, false, 4);
    mesh.numBoneInfluencers = 4;
    return mesh;
}

function clamp(value: number, least: number, most: number): number {
    return Math.min(Math.max(value, least), most);
}
