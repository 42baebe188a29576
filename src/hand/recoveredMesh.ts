// A hand's surface as a mesh recoverer said it in one frame, and its form on the way between threads.

import { KEYPOINT_COUNT } from "./joints";
import type { NumberArray } from "./quaternion";
import { WELDED_VERTEX_COUNT } from "./weldedHandMesh";

/**
 * A recovered surface in camera axes (metres, x right, y down, z forward) of a hand of reference size, relative to keypoint 9.
 * Always a right hand's: a left hand's is its mirror image, every x negated.
 */
export interface RecoveredMesh {
    /** Whether the hand's last frame gave a mesh; the arrays hold an older one otherwise. */
    isValid: boolean;
    /** 1159 x (x, y, z): the welded vertices of the rig's mesh (`weldedHandMesh`). */
    vertices: Float32Array;
    /** 21 x (x, y, z): the keypoints that the network said in the same frame, which the vertices surround. */
    keypoints: Float32Array;
}

export function createRecoveredMesh(): RecoveredMesh {
    return {
        isValid: false,
        vertices: new Float32Array(WELDED_VERTEX_COUNT * 3),
        keypoints: new Float32Array(KEYPOINT_COUNT * 3),
    };
}

/** Floats that one packed mesh takes: whether it is valid, keypoints, vertices. */
export const MESH_LENGTH = 1 + (KEYPOINT_COUNT + WELDED_VERTEX_COUNT) * 3;

/** Writes a mesh into `buffer` at `offset`; null and invalid ones as none. */
export function packMesh(mesh: RecoveredMesh | null, buffer: Float32Array, offset: number): void {
    buffer[offset] = mesh?.isValid ? 1 : 0;
    if (mesh?.isValid) {
        buffer.set(mesh.keypoints, offset + 1);
        buffer.set(mesh.vertices, offset + 1 + mesh.keypoints.length);
    }
}

/** Reads what `packMesh` wrote. */
export function unpackMesh(buffer: Float32Array, offset: number, out: RecoveredMesh): void {
    out.isValid = buffer[offset] === 1;
    if (out.isValid) {
        copyFrom(buffer, offset + 1, out.keypoints);
        copyFrom(buffer, offset + 1 + out.keypoints.length, out.vertices);
    }
}

function copyFrom(buffer: Float32Array, start: number, out: NumberArray): void {
    for (let i = 0; i < out.length; i++) {
        out[i] = buffer[start + i];
    }
}
