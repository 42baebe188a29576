// A hand's texture as colours of the shipped mesh's vertices, which has some vertices twice along its seams.

/** Numbers of a vertex colour: red, green, blue, alpha. */
const RGBA = 4;

/**
 * Spreads the colours of welded vertices over the shipped mesh's (`genericHandMesh`).
 * @param colours V x 3, 0..1
 * @param seamVertices `weldedHandMesh().seamVertices`
 * @param out receives 4 numbers for each of these, alpha 1; gamma-encoded or linear, as `colours` are
 */
export function meshColours(colours: Float32Array, seamVertices: Uint16Array, out: Float32Array): void {
    for (let i = 0; i < seamVertices.length; i++) {
        const from = seamVertices[i] * 3;
        const to = i * RGBA;
        out[to] = colours[from];
        out[to + 1] = colours[from + 1];
        out[to + 2] = colours[from + 2];
        out[to + 3] = 1;
    }
}
