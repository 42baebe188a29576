// The generic hand's mesh without texture seams: the vertices that mesh recoverers speak of.

import { genericHandMesh } from "./genericHandMesh";

/** Vertices of the welded mesh: those that a mesh recoverer's `vertices` lists, in this order. */
export const WELDED_VERTEX_COUNT = 1159;

/** Vertices this close are one, metres: those of a seam differ by their last bit. */
const WELD_GRID = 1e-6;

/** Vertices at one place whose shipped normals are farther apart than this (its cosine, 30 degrees) lie on a crease. */
const CREASE_COSINE = 0.87;

/** The right generic hand, welded. */
export interface WeldedHandMesh {
    /** For each vertex of the shipped mesh (`genericHandMesh`), the welded vertex that it is. */
    seamVertices: Uint16Array;
    /** T x 3 welded vertices, counter-clockwise as seen from outside, in the order of the shipped mesh's triangles. */
    indices: Uint16Array;
    /** For each vertex of the shipped mesh, the normal that it shares with those beside it: they part at creases only. */
    seamNormals: Uint16Array;
    /** How many normals there are. */
    normalCount: number;
    /** T x 3 normals, of the corners in `indices`. */
    normalIndices: Uint16Array;
    /** V x 4 joints */
    jointIndices: Uint8Array;
    /** V x 4, summing to 1 */
    jointWeights: Float32Array;
}

/** Rounds to the nearest integer, halves to the even one, as NumPy does: the order of vertices hangs on it. */
function roundHalfToEven(value: number): number {
    const nearest = Math.round(value);
    return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/**
 * Welds the mesh of the right generic hand; each call gives new arrays. Welded vertices are in the order of their positions by
 * x, then y, then z, which is how models/training/render/rig.py numbers them.
 */
export function weldedHandMesh(): WeldedHandMesh {
    const mesh = genericHandMesh();
    const count = mesh.positions.length / 3;
    // Single precision throughout: the positions are rounded as the training program rounds them.
    const scale = Math.fround(1 / WELD_GRID);
    const cells = Array.from(mesh.positions, (value) => roundHalfToEven(Math.fround(value * scale)));
    const order = Array.from({ length: count }, (_, vertex) => vertex);
    const compare = (a: number, b: number): number =>
        cells[a * 3] - cells[b * 3] || cells[a * 3 + 1] - cells[b * 3 + 1] || cells[a * 3 + 2] - cells[b * 3 + 2];
    order.sort((a, b) => compare(a, b) || a - b);
    const seamVertices = new Uint16Array(count);
    const jointIndices = new Uint8Array(WELDED_VERTEX_COUNT * 4);
    const jointWeights = new Float32Array(WELDED_VERTEX_COUNT * 4);
    const seamNormals = new Uint16Array(count);
    let welded = -1;
    let first = 0;
    let normalCount = 0;
    const turnsWith = (a: number, b: number): boolean =>
        [0, 1, 2].reduce((dot, k) => dot + mesh.normals[a * 3 + k] * mesh.normals[b * 3 + k], 0) > CREASE_COSINE;
    order.forEach((vertex, i) => {
        if (i === 0 || compare(order[i - 1], vertex) !== 0) {
            welded++;
            first = i;
            jointIndices.set(mesh.jointIndices.subarray(vertex * 4, vertex * 4 + 4), welded * 4);
            jointWeights.set(mesh.jointWeights.subarray(vertex * 4, vertex * 4 + 4), welded * 4);
        }
        seamVertices[vertex] = welded;
        const alike = order.slice(first, i).find((other) => turnsWith(other, vertex));
        seamNormals[vertex] = alike === undefined ? normalCount++ : seamNormals[alike];
    });
    return {
        seamVertices,
        indices: Uint16Array.from(mesh.indices, (vertex) => seamVertices[vertex]),
        seamNormals,
        normalCount,
        normalIndices: Uint16Array.from(mesh.indices, (vertex) => seamNormals[vertex]),
        jointIndices,
        jointWeights,
    };
}
