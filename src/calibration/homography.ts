// A plane seen by a pinhole camera: the 3 x 3 map from the plane to the image.

import { NormalEquations } from "../hand/leastSquares";

/** Row-major 3 x 3 with its last element 1: takes (x, y, 1) of the plane to (u, v, 1) of the image times a factor. */
export type Homography = Float64Array;

/**
 * The map that takes four or more points of a plane to their images, by linear least squares (DLT with h33 = 1, which the
 * plane's origin in front of the camera allows).
 * @param plane x, y of each point; of the order of 1, the origin among them
 * @param image u, v of each, likewise of the order of 1
 * @returns null where three of four points lie on a line
 */
export function fitHomography(plane: ArrayLike<number>, image: ArrayLike<number>): Homography | null {
    const equations = new NormalEquations(8);
    const row = new Float64Array(8);
    for (let i = 0; i < plane.length; i += 2) {
        const [x, y, u, v] = [plane[i], plane[i + 1], image[i], image[i + 1]];
        row.set([x, y, 1, 0, 0, 0, -u * x, -u * y]);
        equations.addRow(row, u, 1);
        row.set([0, 0, 0, x, y, 1, -v * x, -v * y]);
        equations.addRow(row, v, 1);
    }
    const out = new Float64Array(9);
    const solution = out.subarray(0, 8);
    if (!equations.solve(0, solution) || !solution.every(Number.isFinite)) {
        return null;
    }
    out[8] = 1;
    return out;
}
