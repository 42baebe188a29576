// A hand's texture on the way between threads.

import { WELDED_VERTEX_COUNT } from "../hand/weldedHandMesh";

/** Floats that one packed texture takes: whether it is there, 1159 x 3 colours. */
export const TEXTURE_LENGTH = 1 + WELDED_VERTEX_COUNT * 3;

/**
 * Writes colours into `buffer` at `offset`.
 * @param colours V x 3, 0..1; null where there are none, or none that are new
 */
export function packTexture(colours: Float32Array | null, buffer: Float32Array, offset: number): void {
    buffer[offset] = colours ? 1 : 0;
    if (colours) {
        buffer.set(colours, offset + 1);
    }
}

/**
 * Reads what `packTexture` wrote.
 * @param out receives V x 3; left as it was where there are none
 * @returns whether there are colours
 */
export function unpackTexture(buffer: Float32Array, offset: number, out: Float32Array): boolean {
    if (buffer[offset] !== 1) {
        return false;
    }
    for (let i = 0; i < out.length; i++) {
        out[i] = buffer[offset + 1 + i];
    }
    return true;
}
