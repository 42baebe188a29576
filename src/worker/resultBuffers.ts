// The buffers that results travel in: made once, handed to and fro.

import { MESH_LENGTH } from "../hand/recoveredMesh";
import { TEXTURE_LENGTH } from "../texture/packedTexture";
import { OBSERVATION_LENGTH } from "../tracking/handObservation";

/** Room for the observations of as many hands as a pipeline tracks. */
export function createResultBuffer(maxHands: number): Float32Array {
    return new Float32Array(maxHands * OBSERVATION_LENGTH);
}

/** Room for their meshes. */
export function createMeshBuffer(maxHands: number): Float32Array {
    return new Float32Array(maxHands * MESH_LENGTH);
}

/** Room for their textures. */
export function createTextureBuffer(maxHands: number): Float32Array {
    return new Float32Array(maxHands * TEXTURE_LENGTH);
}

/** What is handed over with a message instead of being copied. */
export function transferables(
    buffer: Float32Array,
    meshes: Float32Array | null,
    textures: Float32Array | null
): Transferable[] {
    const list: Transferable[] = [buffer.buffer as ArrayBuffer];
    for (const asked of [meshes, textures]) {
        if (asked) {
            list.push(asked.buffer as ArrayBuffer);
        }
    }
    return list;
}
