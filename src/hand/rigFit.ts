// Fits the rig to one frame's keypoints: 2D positions and root-relative 3D to a pose with fixed bone lengths.

import { COUPLED_ANGLES, COUPLING, DEGREES_OF_FREEDOM } from "./degreesOfFreedom";
import { ANGLE_COUNT, copyHandPose, createHandPose, type HandPose } from "./handPose";
import { KEYPOINT_COUNT, KEYPOINT_JOINTS, ROOT_KEYPOINT } from "./joints";
import { createPosedRig, extendTips, MOVES, poseRig, type PosedRig } from "./kinematics";
import { NormalEquations } from "./leastSquares";
import { fromRotationVector, multiply, normalise } from "./quaternion";

/** What the fit aims at; a right hand in camera space (a left one mirrored). */
export interface FitTarget {
    /** 21 x (x, y): normalised image coordinates, (px - principal point) / focal length. */
    rays: Float64Array;
    /** 21 x (x, y, z): relative to the root keypoint, turned into camera axes; its overall scale is not used. */
    relative: Float64Array;
    /** 21 standard deviations of `rays`, same unit. */
    raySigma: Float64Array;
    /** 21 standard deviations of `relative` along each axis, metres. */
    relativeSigma: Float64Array;
    /** Depth of the root keypoint as the network says it from the picture alone, metres; NaN where it says nothing. */
    depth: number;
    /** Standard deviation of `depth`'s logarithm. */
    depthSigma: number;
}

export function createFitTarget(): FitTarget {
    return {
        rays: new Float64Array(KEYPOINT_COUNT * 2),
        relative: new Float64Array(KEYPOINT_COUNT * 3),
        raySigma: new Float64Array(KEYPOINT_COUNT),
        relativeSigma: new Float64Array(KEYPOINT_COUNT),
        depth: NaN,
        depthSigma: 1,
    };
}

// Unknowns: wrist translation, wrist rotation (left perturbation), angles.
const TRANSLATION = 0;
const ROTATION = 3;
const ANGLES = 6;
const UNKNOWNS = ANGLES + ANGLE_COUNT;

// Standard deviations of the priors, radians: weak, the image overrules them wherever it tells.
const REST_SIGMA = 0.8;
const ABDUCTION_SIGMA = 0.15;
const COUPLING_SIGMA = 0.35;
const LIMIT_SIGMA = 0.05;
// Levenberg-Marquardt: damping of the first step, and its factors after a step that lowered the cost and one that did not.
const FIRST_DAMPING = 1e-3;
const DAMPING_AFTER_SUCCESS = 0.3;
const DAMPING_AFTER_FAILURE = 10;
const MIN_DAMPING = 1e-4;
// A network's overall scale wanders by 10 % between frames; beyond this range its 3D is broken.
const SCALE_MIN = 0.6;
const SCALE_MAX = 1.7;

/** Levenberg-Marquardt on 28 unknowns with pseudo-Huber weights; one instance a hand, no allocation in `fit`. */
export class RigFit {
    /** Robust cost of the data after the last fit: what tells two hypotheses apart. */
    public cost = 0;
    /** Mean distance of the fitted keypoints from `relative` (scaled), metres, after the last fit. */
    public residual3d = 0;
    /** Root mean square distance in units of `raySigma` after the last fit. */
    public residual2d = 0;
    /** Factor that brought the network's relative keypoints to the rig's size in the last fit. */
    public scale = 1;

    private readonly _rig: PosedRig = createPosedRig();
    // Of the pose that was accepted last, and of the one that is tried.
    private _accepted = new NormalEquations(UNKNOWNS);
    private _equations = new NormalEquations(UNKNOWNS);
    private readonly _best = createHandPose();
    private _priorCost = 0;
    private readonly _step = new Float64Array(UNKNOWNS);
    private readonly _row = new Float64Array(UNKNOWNS);
    private readonly _turn = new Float64Array(4);
    // d(keypoint)/d(unknown): 21 x 3 rows.
    private readonly _jacobian = new Float64Array(KEYPOINT_COUNT * 3 * UNKNOWNS);

    /** Posed rig after the last fit. */
    public get rig(): PosedRig {
        return this._rig;
    }

    /**
     * Improves `pose` in place; its size and proportions stay.
     * @returns false where the problem was singular (keypoints not finite, for instance) and `pose` is unchanged
     */
    public fit(target: FitTarget, pose: HandPose, iterations: number): boolean {
        this._linearise(target, pose);
        let best = this.cost + this._priorCost;
        if (!Number.isFinite(best)) {
            return false;
        }
        copyHandPose(pose, this._best);
        let damping = FIRST_DAMPING;
        let isBest = true;
        for (let iteration = 0; iteration < iterations; iteration++) {
            if (isBest) {
                [this._accepted, this._equations] = [this._equations, this._accepted];
            }
            if (!this._accepted.solve(damping, this._step) || !Number.isFinite(this._step[0])) {
                return false;
            }
            this._apply(pose);
            this._linearise(target, pose);
            const cost = this.cost + this._priorCost;
            isBest = cost < best;
            if (isBest) {
                best = cost;
                copyHandPose(pose, this._best);
                damping = Math.max(damping * DAMPING_AFTER_SUCCESS, MIN_DAMPING);
            } else {
                copyHandPose(this._best, pose);
                damping *= DAMPING_AFTER_FAILURE;
            }
        }
        if (!isBest) {
            this._linearise(target, pose);
        }
        return true;
    }

    private _linearise(target: FitTarget, pose: HandPose): void {
        poseRig(pose, this._rig);
        extendTips(this._rig.joints, this._rig.rotations, pose.size);
        this._differentiate(pose);
        this._scaleOf(target);
        this._equations.reset();
        this.cost = 0;
        this._priorCost = 0;
        this._addRays(target);
        this._addRelative(target);
        this._addDepth(target);
        this._addPriors(pose);
    }

    private _differentiate(pose: HandPose): void {
        const { joints, axes } = this._rig;
        const { translation } = pose;
        const jacobian = this._jacobian;
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint];
            const x = joints[joint * 3];
            const y = joints[joint * 3 + 1];
            const z = joints[joint * 3 + 2];
            const rowX = keypoint * 3 * UNKNOWNS;
            const rowY = rowX + UNKNOWNS;
            const rowZ = rowY + UNKNOWNS;
            jacobian[rowX + TRANSLATION] = 1;
            jacobian[rowY + TRANSLATION + 1] = 1;
            jacobian[rowZ + TRANSLATION + 2] = 1;
            // A small turn w of the wrist moves a point by w x r.
            const rx = x - translation[0];
            const ry = y - translation[1];
            const rz = z - translation[2];
            jacobian[rowX + ROTATION + 1] = rz;
            jacobian[rowX + ROTATION + 2] = -ry;
            jacobian[rowY + ROTATION] = -rz;
            jacobian[rowY + ROTATION + 2] = rx;
            jacobian[rowZ + ROTATION] = ry;
            jacobian[rowZ + ROTATION + 1] = -rx;
            for (let angle = 0; angle < ANGLE_COUNT; angle++) {
                if (MOVES[joint * ANGLE_COUNT + angle] === 0) {
                    continue;
                }
                const pivot = DEGREES_OF_FREEDOM[angle].joint * 3;
                const ax = axes[angle * 3];
                const ay = axes[angle * 3 + 1];
                const az = axes[angle * 3 + 2];
                const px = x - joints[pivot];
                const py = y - joints[pivot + 1];
                const pz = z - joints[pivot + 2];
                jacobian[rowX + ANGLES + angle] = ay * pz - az * py;
                jacobian[rowY + ANGLES + angle] = az * px - ax * pz;
                jacobian[rowZ + ANGLES + angle] = ax * py - ay * px;
            }
        }
    }

    /** Least-squares factor from the network's relative keypoints to the rig's. */
    private _scaleOf(target: FitTarget): void {
        const { joints } = this._rig;
        const root = KEYPOINT_JOINTS[ROOT_KEYPOINT] * 3;
        let dot = 0;
        let square = 0;
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            for (let k = 0; k < 3; k++) {
                const seen = target.relative[keypoint * 3 + k];
                dot += seen * (joints[joint + k] - joints[root + k]);
                square += seen * seen;
            }
        }
        const scale = dot / square;
        this.scale = Number.isFinite(scale) ? Math.min(Math.max(scale, SCALE_MIN), SCALE_MAX) : 1;
    }

    private _addRays(target: FitTarget): void {
        const { joints } = this._rig;
        const jacobian = this._jacobian;
        const row = this._row;
        let sum = 0;
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            const inverseZ = 1 / Math.max(joints[joint + 2], 0.02);
            const u = joints[joint] * inverseZ;
            const v = joints[joint + 1] * inverseZ;
            const du = target.rays[keypoint * 2] - u;
            const dv = target.rays[keypoint * 2 + 1] - v;
            const variance = target.raySigma[keypoint] * target.raySigma[keypoint];
            const square = (du * du + dv * dv) / variance;
            const weight = 1 / (variance * Math.sqrt(1 + square));
            sum += square;
            this.cost += Math.sqrt(1 + square) - 1;
            const rowX = keypoint * 3 * UNKNOWNS;
            const rowY = rowX + UNKNOWNS;
            const rowZ = rowY + UNKNOWNS;
            for (let i = 0; i < UNKNOWNS; i++) {
                row[i] = (jacobian[rowX + i] - u * jacobian[rowZ + i]) * inverseZ;
            }
            this._equations.addRow(row, du, weight);
            for (let i = 0; i < UNKNOWNS; i++) {
                row[i] = (jacobian[rowY + i] - v * jacobian[rowZ + i]) * inverseZ;
            }
            this._equations.addRow(row, dv, weight);
        }
        this.residual2d = Math.sqrt(sum / KEYPOINT_COUNT);
    }

    private _addRelative(target: FitTarget): void {
        const { joints } = this._rig;
        const jacobian = this._jacobian;
        const row = this._row;
        const root = KEYPOINT_JOINTS[ROOT_KEYPOINT] * 3;
        const rootRow = ROOT_KEYPOINT * 3 * UNKNOWNS;
        let distances = 0;
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            if (keypoint === ROOT_KEYPOINT) {
                continue;
            }
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            const variance = target.relativeSigma[keypoint] * target.relativeSigma[keypoint];
            let square = 0;
            for (let k = 0; k < 3; k++) {
                const d = target.relative[keypoint * 3 + k] * this.scale - (joints[joint + k] - joints[root + k]);
                square += d * d;
            }
            distances += Math.sqrt(square);
            this.cost += Math.sqrt(1 + square / variance) - 1;
            const weight = 1 / (variance * Math.sqrt(1 + square / variance));
            for (let k = 0; k < 3; k++) {
                const d = target.relative[keypoint * 3 + k] * this.scale - (joints[joint + k] - joints[root + k]);
                const at = (keypoint * 3 + k) * UNKNOWNS;
                const rootAt = rootRow + k * UNKNOWNS;
                for (let i = 0; i < UNKNOWNS; i++) {
                    row[i] = this._jacobian[at + i] - jacobian[rootAt + i];
                }
                this._equations.addRow(row, d, weight);
            }
        }
        this.residual3d = distances / (KEYPOINT_COUNT - 1);
    }

    /** The depth that keypoints and bone lengths give, and the one that the network says, are joined by their variances. */
    private _addDepth({ depth, depthSigma }: FitTarget): void {
        if (!(depth > 0)) {
            return;
        }
        const z = Math.max(this._rig.joints[KEYPOINT_JOINTS[ROOT_KEYPOINT] * 3 + 2], 0.02);
        const rowZ = (ROOT_KEYPOINT * 3 + 2) * UNKNOWNS;
        for (let i = 0; i < UNKNOWNS; i++) {
            this._row[i] = this._jacobian[rowZ + i] / z;
        }
        const residual = Math.log(depth / z);
        const weight = 1 / (depthSigma * depthSigma);
        this._equations.addRow(this._row, residual, weight);
        this._priorCost += 0.5 * weight * residual * residual;
    }

    private _addPriors(pose: HandPose): void {
        const equations = this._equations;
        for (let angle = 0; angle < ANGLE_COUNT; angle++) {
            const dof = DEGREES_OF_FREEDOM[angle];
            const value = pose.angles[angle];
            this._addPrior(angle, dof.rest - value, dof.axis === "flexion" ? REST_SIGMA : ABDUCTION_SIGMA);
            const beyond = value < dof.min ? dof.min - value : value > dof.max ? dof.max - value : 0;
            if (beyond !== 0) {
                this._addPrior(angle, beyond, LIMIT_SIGMA);
            }
        }
        const row = this._row;
        const weight = 1 / (COUPLING_SIGMA * COUPLING_SIGMA);
        for (const [middle, end] of COUPLED_ANGLES) {
            row.fill(0);
            row[ANGLES + middle] = -COUPLING;
            row[ANGLES + end] = 1;
            const residual = COUPLING * pose.angles[middle] - pose.angles[end];
            equations.addRow(row, residual, weight);
            this._priorCost += 0.5 * weight * residual * residual;
        }
    }

    private _addPrior(angle: number, residual: number, sigma: number): void {
        const weight = 1 / (sigma * sigma);
        this._equations.addPrior(ANGLES + angle, residual, weight);
        this._priorCost += 0.5 * weight * residual * residual;
    }

    private _apply(pose: HandPose): void {
        const step = this._step;
        for (let k = 0; k < 3; k++) {
            pose.translation[k] += step[TRANSLATION + k];
        }
        fromRotationVector(step[ROTATION], step[ROTATION + 1], step[ROTATION + 2], this._turn, 0);
        multiply(this._turn, 0, pose.rotation, 0, pose.rotation, 0);
        normalise(pose.rotation, 0);
        for (let angle = 0; angle < ANGLE_COUNT; angle++) {
            pose.angles[angle] += step[ANGLES + angle];
        }
    }
}
