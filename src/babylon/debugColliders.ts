// A hand's colliders in the debug view: Havok's shapes where Havok has them.

import { Matrix } from "@babylonjs/core/Maths/math.vector";
import { CreateBoxVertexData } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import { Mesh } from "@babylonjs/core/Meshes/mesh";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";
import type { HandColliders } from "./handColliders";
import { markAsDebug, type DebugPalette } from "./debugMeshes";

/** One body: its mesh, and the shape that the mesh shows. */
interface DrawnBody {
    body: PhysicsBody;
    shape: PhysicsShape | null;
    mesh: Mesh;
}

export class DebugColliders {
    private readonly _drawn: DrawnBody[];

    public constructor(
        public readonly colliders: HandColliders,
        palette: DebugPalette,
        parent: TransformNode
    ) {
        const scene = parent.getScene();
        this._drawn = colliders.bodies.map((body) => {
            const mesh = markAsDebug(new Mesh(`hand-debug-${body.transformNode.name}`, scene), parent);
            mesh.rotationQuaternion = body.transformNode.rotationQuaternion!.clone();
            mesh.material = palette.colliders;
            return { body, shape: null, mesh };
        });
    }

    /** Once a rendered frame, after the physics. Disabled colliders touch nothing and are not shown. */
    public update(): void {
        for (const drawn of this._drawn) {
            const { body, mesh } = drawn;
            const shape = body.shape ?? null;
            // A hand that grew has other shapes.
            if (shape && shape !== drawn.shape) {
                drawn.shape = shape;
                showShape(body, shape, mesh);
            }
            mesh.position.copyFrom(body.transformNode.position);
            mesh.rotationQuaternion!.copyFrom(body.transformNode.rotationQuaternion!);
            mesh.isVisible = this.colliders.isEnabled && shape !== null;
        }
    }

    public dispose(): void {
        this._drawn.forEach(({ mesh }) => mesh.dispose());
        this._drawn.length = 0;
    }
}

function showShape(body: PhysicsBody, shape: PhysicsShape, mesh: Mesh): void {
    const data = shape.type === PhysicsShapeType.BOX ? boxData(shape) : capsuleData(body);
    data.applyToMesh(mesh);
}

function capsuleData(body: PhysicsBody): VertexData {
    const { positions, indices } = body.getGeometry() as { positions: Float32Array; indices: Uint32Array };
    const data = new VertexData();
    data.positions = positions;
    data.indices = indices;
    return data;
}

/** Havok shows boxes without their convex radius, up to 15 mm: of a palm a flat sheet is left. Its bounds have all of it. */
function boxData(shape: PhysicsShape): VertexData {
    const { minimum, maximum } = shape.getBoundingBox();
    const data = CreateBoxVertexData({
        width: maximum.x - minimum.x,
        height: maximum.y - minimum.y,
        depth: maximum.z - minimum.z,
    });
    const middle = minimum.add(maximum).scaleInPlace(0.5);
    data.transform(Matrix.Translation(middle.x, middle.y, middle.z));
    return data;
}
