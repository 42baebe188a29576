// The generic hand's mesh, decoded from its compact form.

import { decodeBase64 } from "../base64";
import { MESH_BASE64 } from "./genericHand.generated";

/** A skinned right hand in its rest pose: rig space, right-handed, metres, counter-clockwise triangles. */
export interface HandMeshData {
    /** V x 3 */
    positions: Float32Array;
    /** V x 3, unit length */
    normals: Float32Array;
    /** V x 2, glTF convention (v points down) */
    uvs: Float32Array;
    /** V x 4 joints */
    jointIndices: Uint8Array;
    /** V x 4, summing to 1 */
    jointWeights: Float32Array;
    /** T x 3 vertices */
    indices: Uint16Array;
}

const BYTE = 255;
const SIGNED_BYTE = 127;
const SHORT = 65535;

function normalise(
    values: Float32Array,
    width: number,
    norm: (sum: number, value: number) => number,
    root: (sum: number) => number
): void {
    for (let at = 0; at < values.length; at += width) {
        const total = root(values.subarray(at, at + width).reduce(norm, 0));
        for (let k = 0; k < width; k++) {
            values[at + k] /= total;
        }
    }
}

/** Decodes the mesh of the right generic hand; each call gives new arrays. */
export function genericHandMesh(): HandMeshData {
    const normals = Float32Array.from(
        new Int8Array(decodeBase64(MESH_BASE64.normals).buffer),
        (value) => value / SIGNED_BYTE
    );
    const jointWeights = Float32Array.from(decodeBase64(MESH_BASE64.jointWeights), (value) => value / BYTE);
    // Rounding to bytes leaves normals and weights a little off length and sum 1.
    normalise(normals, 3, (sum, value) => sum + value * value, Math.sqrt);
    normalise(
        jointWeights,
        4,
        (sum, value) => sum + value,
        (sum) => sum
    );
    return {
        positions: new Float32Array(decodeBase64(MESH_BASE64.positions).buffer),
        normals,
        uvs: Float32Array.from(new Uint16Array(decodeBase64(MESH_BASE64.uvs).buffer), (value) => value / SHORT),
        jointIndices: decodeBase64(MESH_BASE64.jointIndices),
        jointWeights,
        indices: new Uint16Array(decodeBase64(MESH_BASE64.indices).buffer),
    };
}
