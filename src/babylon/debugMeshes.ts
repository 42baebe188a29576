// What the debug view's drawings are made of: meshes that nothing picks, saves or culls, and the materials they share.

import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import type { Material } from "@babylonjs/core/Materials/material";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import { CreateIcoSphere } from "@babylonjs/core/Meshes/Builders/icoSphereBuilder";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";
import { LinesMesh } from "@babylonjs/core/Meshes/linesMesh";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Meshes/thinInstanceMesh";
import { JOINT_COUNT, JOINT_PARENTS } from "../hand/joints";

/** Babylon clears the depth between rendering groups: in a later one than the scene's (0), skin hides nothing. */
const RENDERING_GROUP = 1;
/** Drawn radius of a joint, metres: the joint's own radius would fill the finger. */
const JOINT_MARK = 0.003;
/** Segments of each of the circles that an ellipsoid is drawn by. */
const CIRCLE_SEGMENTS = 32;

export const BONE_COLOR = new Color3(0.3, 0.9, 1);
export const LOST_COLOR = new Color3(0.5, 0.5, 0.5);
const JOINT_COLOR = new Color3(1, 0.9, 0.3);
const ELLIPSOID_COLOR = new Color3(1, 0.45, 0.9);
const COLLIDER_COLOR = new Color3(0.4, 1, 0.4);
/** Havok's capsules have 446 triangles each: opaque lines would hide the bones. */
const COLLIDER_ALPHA = 0.2;
const HOLD_COLOR = new Color3(1, 0.35, 0.2);

/** Materials of all that one view draws. */
export class DebugPalette {
    public readonly joints: StandardMaterial;
    public readonly colliders: StandardMaterial;
    public readonly bars: StandardMaterial;

    public constructor(scene: Scene) {
        this.joints = flatMaterial("hand-debug-joints", JOINT_COLOR, scene);
        this.colliders = flatMaterial("hand-debug-colliders", COLLIDER_COLOR, scene);
        this.colliders.wireframe = true;
        this.colliders.alpha = COLLIDER_ALPHA;
        this.bars = flatMaterial("hand-debug-bars", JOINT_COLOR, scene);
    }

    public dispose(): void {
        this.joints.dispose();
        this.colliders.dispose();
        this.bars.dispose();
    }
}

/** An unlit material that no file keeps. */
export function flatMaterial(name: string, color: Color3, scene: Scene): StandardMaterial {
    const material = new StandardMaterial(name, scene);
    material.emissiveColor = color;
    material.disableLighting = true;
    material.backFaceCulling = false;
    material.doNotSerialize = true;
    return material;
}

/** A node that no file keeps. */
export function debugNode(name: string, parent: TransformNode | null, scene: Scene): TransformNode {
    const node = new TransformNode(`hand-debug-${name}`, scene);
    node.parent = parent;
    node.doNotSerialize = true;
    return node;
}

/** What all meshes of the view have in common. */
export function markAsDebug<T extends AbstractMesh>(mesh: T, parent: TransformNode): T {
    mesh.parent = parent;
    mesh.isPickable = false;
    mesh.doNotSerialize = true;
    mesh.renderingGroupId = RENDERING_GROUP;
    // Vertices are moved without a look at the bounds.
    mesh.alwaysSelectAsActiveMesh = true;
    mesh.doNotSyncBoundingInfo = true;
    return mesh;
}

/** Line segments between vertices that `moveVertices` may move. */
function createLines(
    name: string,
    positions: Float32Array,
    indices: number[],
    color: Color3,
    parent: TransformNode
): LinesMesh {
    const scene = parent.getScene();
    const lines = new LinesMesh(`hand-debug-${name}`, scene, null);
    const data = new VertexData();
    data.positions = positions;
    data.indices = indices;
    data.applyToMesh(lines, true);
    lines.color = color;
    (lines.material as Material).name = "hand-debug-lines";
    return markAsDebug(lines, parent);
}

/** Takes over positions (x, y, z each) without a copy. */
export function moveVertices(mesh: Mesh, positions: Float32Array): void {
    mesh.updateVerticesData(VertexBuffer.PositionKind, positions, false);
}

/** A hand's bones: from every joint to its parent, 25 vertices. */
export function createBones(parent: TransformNode): LinesMesh {
    const indices: number[] = [];
    for (let joint = 1; joint < JOINT_COUNT; joint++) {
        indices.push(JOINT_PARENTS[joint], joint);
    }
    return createLines("bones", new Float32Array(JOINT_COUNT * 3), indices, BONE_COLOR, parent);
}

/** A line of two vertices. */
export function createHoldLine(parent: TransformNode): LinesMesh {
    return createLines("hold", new Float32Array(6), [0, 1], HOLD_COLOR, parent);
}

/** The unit sphere by three great circles: its scaling gives an ellipsoid's half axes. */
export function createEllipsoid(parent: TransformNode): LinesMesh {
    const positions = new Float32Array(3 * CIRCLE_SEGMENTS * 3);
    const indices: number[] = [];
    for (let axis = 0; axis < 3; axis++) {
        for (let i = 0; i < CIRCLE_SEGMENTS; i++) {
            const vertex = axis * CIRCLE_SEGMENTS + i;
            const angle = (2 * Math.PI * i) / CIRCLE_SEGMENTS;
            positions[vertex * 3 + ((axis + 1) % 3)] = Math.cos(angle);
            positions[vertex * 3 + ((axis + 2) % 3)] = Math.sin(angle);
            indices.push(vertex, axis * CIRCLE_SEGMENTS + ((i + 1) % CIRCLE_SEGMENTS));
        }
    }
    return createLines("sigma", positions, indices, ELLIPSOID_COLOR, parent);
}

/** Marks at places that are given every frame, in one draw call. */
export class InstancedMarks {
    public readonly mesh: Mesh;
    /** Column-vector 4 x 4 matrices, one a mark, as Babylon keeps them: scales at 0, 5, 10, translation at 12. */
    private readonly _matrices: Float32Array;

    public constructor(mesh: Mesh, count: number, material: Material, parent: TransformNode) {
        this.mesh = markAsDebug(mesh, parent);
        mesh.material = material;
        this._matrices = new Float32Array(count * 16);
        for (let mark = 0; mark < count; mark++) {
            this._matrices[mark * 16 + 15] = 1;
        }
        mesh.thinInstanceSetBuffer("matrix", this._matrices, 16, false);
    }

    /** Size and place of one mark in the parent's frame; shown after `show`. */
    public set(mark: number, width: number, height: number, x: number, y: number, z: number): void {
        const m = this._matrices;
        const at = mark * 16;
        m[at] = m[at + 10] = width;
        m[at + 5] = height;
        m[at + 12] = x;
        m[at + 13] = y;
        m[at + 14] = z;
    }

    public show(): void {
        this.mesh.thinInstanceBufferUpdated("matrix");
    }

    public dispose(): void {
        this.mesh.dispose();
    }
}

/** 25 balls on the joints. */
export class JointMarks extends InstancedMarks {
    public constructor(palette: DebugPalette, parent: TransformNode) {
        const ball = CreateIcoSphere("hand-debug-joints", { radius: JOINT_MARK, subdivisions: 1 }, parent.getScene());
        super(ball, JOINT_COUNT, palette.joints, parent);
    }

    /** @param joints 25 x 3 @param unit scene units per metre */
    public place(joints: Float32Array, unit: number): void {
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            this.set(joint, unit, unit, joints[joint * 3], joints[joint * 3 + 1], joints[joint * 3 + 2]);
        }
        this.show();
    }
}

/** Upright bars, given by the middle of their foot. */
export class Bars extends InstancedMarks {
    public constructor(count: number, palette: DebugPalette, parent: TransformNode) {
        super(CreateBox("hand-debug-bars", { size: 1 }, parent.getScene()), count, palette.bars, parent);
    }

    public place(bar: number, width: number, height: number, x: number, foot: number): void {
        this.set(bar, width, height, x, foot + height / 2, 0);
    }
}
