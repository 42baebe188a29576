// Normals of a mesh whose vertices move.

import type { NumberArray } from "./quaternion";
import { norm3 } from "./norm";

/**
 * Unit normals of the vertices: the sum of their triangles' normals, weighted by area.
 * @param positions V x 3
 * @param indices T x 3 vertices, counter-clockwise as seen from outside in a right-handed space
 * @param out receives N x 3; zero where all triangles of a normal have no area
 * @param normalIndices T x 3 normals of the corners, where a vertex on a crease has several; one each if not given
 */
export function vertexNormals(
    positions: NumberArray,
    indices: Uint16Array,
    out: NumberArray,
    normalIndices = indices
): void {
    out.fill(0);
    for (let t = 0; t < indices.length; t += 3) {
        const a = indices[t] * 3;
        const b = indices[t + 1] * 3;
        const c = indices[t + 2] * 3;
        const px = positions[b] - positions[a];
        const py = positions[b + 1] - positions[a + 1];
        const pz = positions[b + 2] - positions[a + 2];
        const qx = positions[c] - positions[a];
        const qy = positions[c + 1] - positions[a + 1];
        const qz = positions[c + 2] - positions[a + 2];
        // The cross product is as long as the triangle's area, twice.
        const nx = py * qz - pz * qy;
        const ny = pz * qx - px * qz;
        const nz = px * qy - py * qx;
        for (let corner = t; corner < t + 3; corner++) {
            const at = normalIndices[corner] * 3;
            out[at] += nx;
            out[at + 1] += ny;
            out[at + 2] += nz;
        }
    }
    for (let at = 0; at < out.length; at += 3) {
        const length = norm3(out[at], out[at + 1], out[at + 2]);
        const factor = length > 0 ? 1 / length : 0;
        out[at] *= factor;
        out[at + 1] *= factor;
        out[at + 2] *= factor;
    }
}
