// The point of a mesh's surface that is nearest to a point: what a finger touches, and where on its texture.

import { Matrix, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";

/** A point of a mesh. Barycentric as in Babylon's PickingInfo: first corner * bu + second * bv + third * (1 - bu - bv). */
export interface SurfacePoint {
    /** Scene's world; the asked point itself where that is inside the mesh. */
    readonly position: Vector3;
    /** From the asked point, scene units; 0 inside the mesh. */
    distance: number;
    /** Index of the triangle in the whole mesh. */
    faceId: number;
    /** Index of the submesh that has it. */
    subMeshId: number;
    bu: number;
    bv: number;
}

export function createSurfacePoint(): SurfacePoint {
    return { position: new Vector3(), distance: Infinity, faceId: -1, subMeshId: 0, bu: 0, bv: 0 };
}

/**
 * Barycentric coordinates of the point of a triangle nearest to `p`, by the regions of its corners, edges and face (Ericson,
 * Real-Time Collision Detection, 5.1.5).
 * @param out receives the weights u of b and v of c; that of a is what is left to 1
 */
export function closestOnTriangle(p: Vector3, a: Vector3, b: Vector3, c: Vector3, out: { u: number; v: number }): void {
    const abx = b.x - a.x;
    const aby = b.y - a.y;
    const abz = b.z - a.z;
    const acx = c.x - a.x;
    const acy = c.y - a.y;
    const acz = c.z - a.z;
    const d1 = abx * (p.x - a.x) + aby * (p.y - a.y) + abz * (p.z - a.z);
    const d2 = acx * (p.x - a.x) + acy * (p.y - a.y) + acz * (p.z - a.z);
    out.u = out.v = 0;
    if (d1 <= 0 && d2 <= 0) {
        return;
    }
    const d3 = abx * (p.x - b.x) + aby * (p.y - b.y) + abz * (p.z - b.z);
    const d4 = acx * (p.x - b.x) + acy * (p.y - b.y) + acz * (p.z - b.z);
    if (d3 >= 0 && d4 <= d3) {
        out.u = 1;
        return;
    }
    const vc = d1 * d4 - d3 * d2;
    if (vc <= 0 && d1 >= 0 && d3 <= 0) {
        out.u = d1 / (d1 - d3);
        return;
    }
    const d5 = abx * (p.x - c.x) + aby * (p.y - c.y) + abz * (p.z - c.z);
    const d6 = acx * (p.x - c.x) + acy * (p.y - c.y) + acz * (p.z - c.z);
    if (d6 >= 0 && d5 <= d6) {
        out.v = 1;
        return;
    }
    const vb = d5 * d2 - d1 * d6;
    if (vb <= 0 && d2 >= 0 && d6 <= 0) {
        out.v = d2 / (d2 - d6);
        return;
    }
    const va = d3 * d6 - d5 * d4;
    if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
        out.v = (d4 - d3) / (d4 - d3 + (d5 - d6));
        out.u = 1 - out.v;
        return;
    }
    const sum = va + vb + vc;
    out.u = vb / sum;
    out.v = vc / sum;
}

const toLocal = new Matrix();
const local = new Vector3();
const nearest = new Vector3();
const weights = { u: 0, v: 0 };

/**
 * The nearest point of a mesh within `reach`, if it has one there. Under a non-uniform scale it is the nearest in the mesh's
 * own space, as in Babylon's near interaction. Looks at every triangle of the submeshes within reach.
 * @param point scene's world
 * @param reach scene units
 * @param out receives it; left alone where nothing is within reach
 * @returns whether there is one
 */
export function closestOnMesh(mesh: AbstractMesh, point: Vector3, reach: number, out: SurfacePoint): boolean {
    // A mesh that was moved since the last frame has not been computed yet.
    mesh.computeWorldMatrix(true);
    const { boundingSphere } = mesh.getBoundingInfo();
    if (Vector3.Distance(boundingSphere.centerWorld, point) > boundingSphere.radiusWorld + reach) {
        return false;
    }
    // Kept by the geometry once made, and the only form of the positions that instances and skinned meshes share.
    const positions = mesh._generatePointsArray() ? mesh._positions : null;
    if (!positions || !mesh.subMeshes) {
        return false;
    }
    const world = mesh.getWorldMatrix();
    world.invertToRef(toLocal);
    Vector3.TransformCoordinatesToRef(point, toLocal, local);
    const indices = mesh.getIndices();
    let least = Infinity;
    let faceId = -1;
    let subMeshId = 0;
    let bu = 0;
    let bv = 0;
    for (let id = 0; id < mesh.subMeshes.length; id++) {
        const { indexStart, indexCount, verticesStart, verticesCount } = mesh.subMeshes[id];
        const isIndexed = indices !== null && indices.length > 0;
        const start = isIndexed ? indexStart : verticesStart;
        const end = start + (isIndexed ? indexCount : verticesCount);
        for (let at = start; at + 2 < end; at += 3) {
            const a = positions[isIndexed ? indices[at] : at];
            const b = positions[isIndexed ? indices[at + 1] : at + 1];
            const c = positions[isIndexed ? indices[at + 2] : at + 2];
            closestOnTriangle(local, a, b, c, weights);
            const square = squareTo(local, a, b, c, weights.u, weights.v);
            if (square < least) {
                least = square;
                faceId = at / 3;
                subMeshId = id;
                bu = 1 - weights.u - weights.v;
                bv = weights.u;
                interpolate(a, b, c, weights.u, weights.v, nearest);
            }
        }
    }
    if (faceId < 0) {
        return false;
    }
    Vector3.TransformCoordinatesToRef(nearest, world, nearest);
    // As Babylon has it: a point nearer to the mesh's origin than the surface beside it is inside.
    const origin = mesh.getAbsolutePosition();
    const isInside = Vector3.DistanceSquared(nearest, origin) > Vector3.DistanceSquared(point, origin);
    const distance = isInside ? 0 : Vector3.Distance(nearest, point);
    if (distance > reach) {
        return false;
    }
    out.position.copyFrom(isInside ? point : nearest);
    out.distance = distance;
    out.faceId = faceId;
    out.subMeshId = subMeshId;
    out.bu = bu;
    out.bv = bv;
    return true;
}

function squareTo(p: Vector3, a: Vector3, b: Vector3, c: Vector3, u: number, v: number): number {
    const x = a.x + (b.x - a.x) * u + (c.x - a.x) * v - p.x;
    const y = a.y + (b.y - a.y) * u + (c.y - a.y) * v - p.y;
    const z = a.z + (b.z - a.z) * u + (c.z - a.z) * v - p.z;
    return x * x + y * y + z * z;
}

function interpolate(a: Vector3, b: Vector3, c: Vector3, u: number, v: number, out: Vector3): void {
    out.set(
        a.x + (b.x - a.x) * u + (c.x - a.x) * v,
        a.y + (b.y - a.y) * u + (c.y - a.y) * v,
        a.z + (b.z - a.z) * u + (c.z - a.z) * v
    );
}
