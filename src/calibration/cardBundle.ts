// Poses of cards, and with them the focal length, that explain marked corners best: a small bundle adjustment.

import { NormalEquations } from "../hand/leastSquares";
import { fromRotationVector, multiply, rotate } from "../hand/quaternion";

/** A card before the camera. */
export interface CardView {
    /** 4 x (u, v), pixels from the principal point. */
    corners: Float64Array;
    /** 4 x (x, y) of the same corners in the card's plane, metres. */
    card: readonly number[];
    /** Unit quaternion (x, y, z, w), card to camera space. */
    rotation: Float64Array;
    /** Middle of the card in camera space, metres. */
    translation: Float64Array;
}

/** What an adjustment has found, besides the views' poses. */
export interface BundleResult {
    /** Pixels. */
    focal: number;
    /** Root mean square of what is left in u and in v, pixels; of as many as are not used up by the unknowns. */
    residualPx: number;
    /** Standard deviation of the focal length's logarithm for corners that err by 1 px; 0 where it was given. */
    logFocalSigma: number;
    /** Standard deviation of each card's depth, metres, for corners that err by 1 px. */
    depthSigmas: number[];
}

const ITERATIONS = 30;
const FIRST_DAMPING = 1e-3;
const POSE = 6;

/**
 * Levenberg-Marquardt over rotation and translation of every view, and the logarithm of the focal length if it is asked for.
 * @param views receive their poses
 * @returns null where a card goes behind the camera, or the views do not say what is asked
 */
export function adjustBundle(views: readonly CardView[], focal: number, findsFocal: boolean): BundleResult | null {
    const unknowns = views.length * POSE + (findsFocal ? 1 : 0);
    const equations = new NormalEquations(unknowns);
    const step = new Float64Array(unknowns);
    let cost = build(equations, views, focal, findsFocal);
    let damping = FIRST_DAMPING;
    for (let i = 0; i < ITERATIONS && Number.isFinite(cost); i++) {
        if (!equations.solve(damping, step)) {
            return null;
        }
        const kept = views.map(({ rotation, translation }) => [rotation.slice(), translation.slice()]);
        const keptFocal = focal;
        views.forEach((view, v) => move(view, step, v * POSE));
        focal *= findsFocal ? Math.exp(step[unknowns - 1]) : 1;
        const next = build(equations, views, focal, findsFocal);
        if (next <= cost) {
            const gain = cost - next;
            cost = next;
            damping /= 10;
            if (gain <= 1e-12 * cost) {
                break;
            }
        } else {
            views.forEach((view, v) => {
                view.rotation.set(kept[v][0]);
                view.translation.set(kept[v][1]);
            });
            focal = keptFocal;
            build(equations, views, focal, findsFocal);
            damping *= 10;
        }
    }
    const sigma = (unknown: number): number => {
        equations.vector.fill(0);
        equations.vector[unknown] = 1;
        return equations.solve(0, step) ? Math.sqrt(step[unknown]) : NaN;
    };
    const logFocalSigma = findsFocal ? sigma(unknowns - 1) : 0;
    const depthSigmas = views.map((_, v) => sigma(v * POSE + 5));
    if (!Number.isFinite(cost) || !Number.isFinite(logFocalSigma) || !depthSigmas.every(Number.isFinite)) {
        return null;
    }
    const free = Math.max(views.length * 8 - unknowns, 1);
    return { focal, residualPx: Math.sqrt(cost / free), logFocalSigma, depthSigmas };
}

/** Fills the normal equations at the present poses. @returns the sum of squares, px^2; infinite behind the camera */
function build(equations: NormalEquations, views: readonly CardView[], focal: number, findsFocal: boolean): number {
    equations.reset();
    const row = new Float64Array(equations.size);
    const turned = new Float64Array(3);
    const local = new Float64Array(3);
    let cost = 0;
    for (const [v, { corners, card, rotation, translation }] of views.entries()) {
        for (let corner = 0; corner < 4; corner++) {
            local.set([card[corner * 2], card[corner * 2 + 1]]);
            rotate(rotation, 0, local, 0, turned, 0);
            const p = turned.map((value, k) => value + translation[k]);
            if (!(p[2] > 0)) {
                return Infinity;
            }
            for (let k = 0; k < 2; k++) {
                // u = f x / z. Of a turn w about the card's middle: dp = w x turned.
                const image = (focal * p[k]) / p[2];
                const gradient = [0, 0, -image / p[2]];
                gradient[k] = focal / p[2];
                row.fill(0);
                row[v * POSE] = turned[1] * gradient[2] - turned[2] * gradient[1];
                row[v * POSE + 1] = turned[2] * gradient[0] - turned[0] * gradient[2];
                row[v * POSE + 2] = turned[0] * gradient[1] - turned[1] * gradient[0];
                row.set(gradient, v * POSE + 3);
                if (findsFocal) {
                    row[equations.size - 1] = image;
                }
                const residual = corners[corner * 2 + k] - image;
                equations.addRow(row, residual, 1);
                cost += residual * residual;
            }
        }
    }
    return cost;
}

function move({ rotation, translation }: CardView, step: Float64Array, at: number): void {
    const turn = new Float64Array(4);
    fromRotationVector(step[at], step[at + 1], step[at + 2], turn, 0);
    multiply(turn, 0, rotation, 0, rotation, 0);
    for (let k = 0; k < 3; k++) {
        translation[k] += step[at + 3 + k];
    }
}
