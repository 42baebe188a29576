// Absolute position of a root-relative hand from its 2D keypoints: weighted linear least squares.

import type { NumberArray } from "../hand/quaternion";

/** Nothing is nearer to a camera than this or farther than that, metres: answers outside are failures. */
export const NEAREST_DEPTH = 0.05;
export const FARTHEST_DEPTH = 5;

/**
 * Translation t that brings points X_i + t onto the viewing rays (u_i, v_i, 1): minimises
 * sum w_i |(u_i (Z_i + t_z) - X_i - t_x, v_i (Z_i + t_z) - Y_i - t_y)|^2 (a 3x3 system).
 * @param points N x 3 root-relative, metres
 * @param rays N x 2, normalised image coordinates (px minus principal point, over focal length)
 * @param weights N weights
 * @param out receives t, metres
 * @returns false where the points do not determine a depth within `NEAREST_DEPTH`..`FARTHEST_DEPTH`
 */
export function registerPoints(
    points: NumberArray,
    rays: NumberArray,
    weights: NumberArray,
    out: NumberArray
): boolean {
    let w0 = 0;
    let wu = 0;
    let wv = 0;
    let wr = 0;
    let bx = 0;
    let by = 0;
    let bz = 0;
    for (let i = 0; i < weights.length; i++) {
        const u = rays[i * 2];
        const v = rays[i * 2 + 1];
        const w = weights[i];
        const ex = u * points[i * 3 + 2] - points[i * 3];
        const ey = v * points[i * 3 + 2] - points[i * 3 + 1];
        w0 += w;
        wu += w * u;
        wv += w * v;
        wr += w * (u * u + v * v);
        bx += w * ex;
        by += w * ey;
        bz -= w * (u * ex + v * ey);
    }
    // Eliminating t_x and t_y leaves one equation in t_z.
    const determinant = wr - (wu * wu + wv * wv) / w0;
    const z = (bz + (wu * bx + wv * by) / w0) / determinant;
    if (!(z > NEAREST_DEPTH && z < FARTHEST_DEPTH)) {
        return false;
    }
    out[0] = (bx + wu * z) / w0;
    out[1] = (by + wv * z) / w0;
    out[2] = z;
    return true;
}
