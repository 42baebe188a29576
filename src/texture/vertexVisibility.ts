// Which vertices of a mesh a crop shows: triangle ids from a z-buffer (AMVUR §3.4; models/training/texture_view.py).

import { vertexNormals } from "../hand/vertexNormals";

/** Side of the z-buffer, px: a triangle of the hand covers two to four of them. */
const SIDE = 112;
/** Cosine to the line of sight below which a vertex counts as hidden: there its pixel is half the background's. */
const GRAZING = 0.25;
/** Twice the area below which a triangle is not drawn, px². */
const NO_AREA = 1e-7;
/** A z-buffer's pixel that shows no triangle. */
const NONE = -1;

/** Finds what a mesh hides of itself; allocates nothing after it was made. */
export class VertexVisibility {
    private readonly _depth = new Float32Array(SIDE * SIDE);
    private readonly _ids = new Int16Array(SIDE * SIDE);
    private readonly _normals: Float32Array;
    private readonly _px: Float32Array;

    /** @param _indices T x 3, counter-clockwise from outside; at most 32,767 triangles */
    public constructor(
        private readonly _indices: Uint16Array,
        vertexCount: number
    ) {
        this._normals = new Float32Array(vertexCount * 3);
        this._px = new Float32Array(vertexCount * 2);
    }

    /**
     * A vertex is seen if it belongs to a triangle that the z-buffer shows, does not graze, and lies in the crop.
     * @param places V x 2, fractions of the crop's side from its centre
     * @param vertices V x 3, the crop's axes: z away from the camera
     * @param out receives V x 0 or 1
     */
    public find(places: Float32Array, vertices: Float32Array, out: Uint8Array): void {
        this._depth.fill(Infinity);
        this._ids.fill(NONE);
        for (let i = 0; i < places.length; i++) {
            this._px[i] = (places[i] + 0.5) * SIDE;
        }
        for (let t = 0; t < this._indices.length; t += 3) {
            this._draw(t, vertices);
        }
        out.fill(0);
        for (const id of this._ids) {
            if (id !== NONE) {
                out[this._indices[id * 3]] = out[this._indices[id * 3 + 1]] = out[this._indices[id * 3 + 2]] = 1;
            }
        }
        vertexNormals(vertices, this._indices, this._normals);
        const border = 0.5 - 1 / SIDE;
        for (let v = 0; v < out.length; v++) {
            const inside = Math.abs(places[v * 2]) < border && Math.abs(places[v * 2 + 1]) < border;
            if (!inside || this._normals[v * 3 + 2] > -GRAZING) {
                out[v] = 0;
            }
        }
    }

    /** Draws the triangle that begins at `indices[t]`; a pixel belongs to it if its integer position lies inside. */
    private _draw(t: number, vertices: Float32Array): void {
        const { _px: px, _depth: depth, _ids: ids } = this;
        const a = this._indices[t];
        const b = this._indices[t + 1];
        const c = this._indices[t + 2];
        const x0 = px[a * 2];
        const y0 = px[a * 2 + 1];
        const bx = px[b * 2] - x0;
        const by = px[b * 2 + 1] - y0;
        const cx = px[c * 2] - x0;
        const cy = px[c * 2 + 1] - y0;
        const area = bx * cy - cx * by;
        if (!(Math.abs(area) >= NO_AREA)) {
            return;
        }
        const left = Math.max(Math.ceil(x0 + Math.min(0, bx, cx)), 0);
        const right = Math.min(Math.floor(x0 + Math.max(0, bx, cx)), SIDE - 1);
        const top = Math.max(Math.ceil(y0 + Math.min(0, by, cy)), 0);
        const bottom = Math.min(Math.floor(y0 + Math.max(0, by, cy)), SIDE - 1);
        const z = vertices[a * 3 + 2];
        const bz = vertices[b * 3 + 2] - z;
        const cz = vertices[c * 3 + 2] - z;
        for (let y = top; y <= bottom; y++) {
            for (let x = left; x <= right; x++) {
                const dx = x - x0;
                const dy = y - y0;
                const weightB = (dx * cy - cx * dy) / area;
                const weightC = (bx * dy - dx * by) / area;
                if (weightB < 0 || weightC < 0 || weightB + weightC > 1) {
                    continue;
                }
                const at = y * SIDE + x;
                const far = z + weightB * bz + weightC * cz;
                if (far < depth[at]) {
                    depth[at] = far;
                    ids[at] = t / 3;
                }
            }
        }
    }
}
