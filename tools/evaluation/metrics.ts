// Error measures of hand recovery (docs/evaluation.md has the formulas): FreiHAND's alignment, camera-space error, motion.

import { Matrix, SingularValueDecomposition, determinant } from "ml-matrix";

/** N x 3 points, metres, flat. */
export type Points = Float64Array;

const MM = 1000;

function centred(points: Points): { matrix: Matrix; mean: number[]; norm: number } {
    const rows = points.length / 3;
    const matrix = Matrix.from1DArray(rows, 3, points);
    const mean = matrix.mean("column");
    matrix.subRowVector(mean);
    return { matrix, mean, norm: matrix.norm("frobenius") };
}

/**
 * Procrustes alignment with scale of `predicted` to `truth` (the similarity that minimises the squared distance),
 * without reflections.
 */
export function alignSimilarity(predicted: Points, truth: Points): Points {
    const p = centred(predicted);
    const g = centred(truth);
    const svd = new SingularValueDecomposition(p.matrix.transpose().mmul(g.matrix));
    const sign = Math.sign(determinant(svd.leftSingularVectors.mmul(svd.rightSingularVectors.transpose())));
    const correction = Matrix.diag([1, 1, sign]);
    const rotation = svd.leftSingularVectors.mmul(correction).mmul(svd.rightSingularVectors.transpose());
    const trace = svd.diagonal[0] + svd.diagonal[1] + sign * svd.diagonal[2];
    const aligned = p.matrix.mmul(rotation).mul(trace / p.norm ** 2);
    aligned.addRowVector(g.mean);
    return Float64Array.from(aligned.to1DArray());
}

/** Distance of every point to its truth, mm. */
export function distancesMm(predicted: Points, truth: Points): number[] {
    return Array.from(
        { length: predicted.length / 3 },
        (_, i) => MM * Math.hypot(...[0, 1, 2].map((k) => predicted[i * 3 + k] - truth[i * 3 + k]))
    );
}

/** Points minus the point `root`. */
export function relativeTo(points: Points, root: number): Points {
    return points.map((value, i) => value - points[root * 3 + (i % 3)]);
}

/** The factor on all predictions together that brings them nearest to the truth (least squares). */
export function globalScale(pairs: readonly { predicted: Points; truth: Points }[]): number {
    let dot = 0;
    let square = 0;
    for (const { predicted, truth } of pairs) {
        predicted.forEach((value, i) => {
            dot += value * truth[i];
            square += value * value;
        });
    }
    return dot / square;
}

/** Least and largest value of 21 x 2 px along an axis. */
export function extentAlong(points: Points, axis: number): [least: number, most: number] {
    const values = points.filter((_, i) => i % 2 === axis);
    return [Math.min(...values), Math.max(...values)];
}

export const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;

export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A sequence's frames in order; null where the hand was not found (or has no truth). */
export type Sequence = readonly (Points | null)[];

/** Root mean square of |x[t+1] - 2 x[t] + x[t-1]| over points and frames with both neighbours, mm. */
export function accelerationMm(frames: Sequence): number {
    let sum = 0;
    let count = 0;
    for (let t = 1; t + 1 < frames.length; t++) {
        const [before, at, after] = [frames[t - 1], frames[t], frames[t + 1]];
        if (!before || !at || !after) {
            continue;
        }
        for (let i = 0; i < at.length; i++) {
            sum += (after[i] - 2 * at[i] + before[i]) ** 2;
        }
        count += at.length / 3;
    }
    return count === 0 ? NaN : MM * Math.sqrt(sum / count);
}

/** Largest lag that is looked for, frames. */
const MAX_LAG = 8;

/**
 * How late predictions are against the truth, frames: the shift of the truth that minimises the squared error of the
 * keypoints' motion, refined by a parabola. Each keypoint's mean error is taken out first, so that a constant bias does
 * not count as lag.
 */
export function lagFrames(predicted: Sequence, truth: Sequence): number {
    const costs: number[] = [];
    for (let lag = -2; lag <= MAX_LAG; lag++) {
        costs.push(shiftCost(predicted, truth, lag));
    }
    const best = costs.indexOf(Math.min(...costs));
    if (best === 0 || best === costs.length - 1) {
        return best - 2;
    }
    const [before, at, after] = costs.slice(best - 1, best + 2);
    return best - 2 + (before - after) / (2 * (before - 2 * at + after));
}

function shiftCost(predicted: Sequence, truth: Sequence, lag: number): number {
    const errors: number[][] = [];
    predicted.forEach((points, t) => {
        // Only frames that every lag can use, so that all costs are over the same frames.
        const usable = Array.from({ length: MAX_LAG + 3 }, (_, k) => truth[t + 2 - k]).every(Boolean);
        const shifted = truth[t - lag];
        if (points && shifted && usable) {
            errors.push(Array.from(points, (value, i) => value - shifted[i]));
        }
    });
    if (errors.length === 0) {
        return NaN;
    }
    let cost = 0;
    for (let i = 0; i < errors[0].length; i++) {
        const bias = mean(errors.map((error) => error[i]));
        cost += mean(errors.map((error) => (error[i] - bias) ** 2));
    }
    return cost;
}
