// From one recovered crop to a hand in camera space: fit, registration, filter. One solver per tracked hand.

import type { CropWindow } from "../camera/cropWindow";
import { cropAxes, turnPoints } from "../camera/cropAxes";
import type { Intrinsics } from "../camera/intrinsics";
import { registerPoints } from "../camera/registration";
import { boneLengthsOf, imposeBoneLengths } from "../hand/boneDirections";
import { AVERAGE_PROPORTIONS, BoneLengths } from "../hand/boneLengths";
import { DEGREES_OF_FREEDOM } from "../hand/degreesOfFreedom";
import { copyHandPose, createHandPose, type HandPose } from "../hand/handPose";
import { KEYPOINT_COUNT, WRIST_KEYPOINT } from "../hand/joints";
import { poseKeypoints } from "../hand/kinematics";
import { palmRotation } from "../hand/palmFrame";
import type { RecoveredHand } from "../hand/recoveredHand";
import { createRecoveredMesh } from "../hand/recoveredMesh";
import { angleBetween } from "../hand/quaternion";
import { createFitTarget, RigFit } from "../hand/rigFit";
import { Certainty } from "./certainty";
import type { HandObservation } from "./handObservation";
import { DEFAULT_POSE_FILTER, PoseFilter, type PoseFilterParameters } from "./poseFilter";

/** What a fit must expect of a recoverer: part of its manifest. */
export interface RecovererNoise {
    /**
     * Standard deviation of a keypoint's 2D position, fraction of the crop's side. It stands for the rig's misfit to the
     * person more than for the network's noise.
     */
    crop: number;
    /** Factor on the recoverer's own 3D sigma. */
    sigmaScale: number;
    /** Standard deviation of the logarithm of the window's width, for recoverers that say one. */
    logWidth: number;
}

/** Of a recoverer whose manifest says nothing: the borrowed network's. */
export const DEFAULT_NOISE: RecovererNoise = { crop: 0.015, sigmaScale: 3, logWidth: 0.08 };

/** How a solver weighs and smooths. */
export interface HandSolverOptions {
    /** @default DEFAULT_NOISE */
    noise?: RecovererNoise;
    /** Filter cutoffs. */
    filter?: PoseFilterParameters;
    /** Size of the hand relative to the rig. @default 1 */
    size?: number;
}

const COLD_ITERATIONS = 10;
/** Of the first part of a cold start, in which the network's 3D leads: rays count this much less. */
const FIRST_ITERATIONS = 10;
const FIRST_RAY_SOFTNESS = 10;
const WARM_ITERATIONS = 4;
/** A frame later than this after the last one starts afresh: the old pose tells nothing, ms. */
const STALE_MS = 400;
/** Bones are learnt from frames at least this sure. */
const CONFIDENT_PRESENCE = 0.9;
/** Palm of the network and palm of the fit this far apart are two hypotheses, radians. */
const FLIP_ANGLE = 0.9;
/** A fit this far from the network's keypoints, on average, is another hypothesis than the network's, metres. */
const FAR_RESIDUAL = 0.02;

/** Keeps the pose of one hand between frames. */
export class HandSolver {
    /** The last frame's fit before filtering. */
    public readonly fitted: HandPose = createHandPose();

    private readonly _bones = new BoneLengths();
    private readonly _target = createFitTarget();
    private readonly _fit = new RigFit();
    private readonly _filter: PoseFilter;
    private readonly _certainty = new Certainty();
    private _noise: RecovererNoise;
    private readonly _relative = new Float64Array(KEYPOINT_COUNT * 3);
    private readonly _lengths = new Float64Array(KEYPOINT_COUNT);
    private readonly _weights = new Float64Array(KEYPOINT_COUNT).fill(1);
    private readonly _translation = new Float64Array(3);
    private readonly _axes = new Float64Array(9);
    private readonly _palm = new Float64Array(4);
    private readonly _kept = createHandPose();
    private _timeMs = NaN;

    public constructor(options: HandSolverOptions = {}) {
        this._noise = options.noise ?? DEFAULT_NOISE;
        this._filter = new PoseFilter(options.filter ?? DEFAULT_POSE_FILTER);
        this.fitted.size = options.size ?? 1;
        this.fitted.proportions.set(AVERAGE_PROPORTIONS);
    }

    /** 21 x 2 rays of the last frame in camera space (mirrored for a left hand). */
    public get rays(): Float64Array {
        return this._target.rays;
    }

    /** 21 x 3 root-relative keypoints of the last frame as the network said them, same space, metres. */
    public readonly networkKeypoints = new Float64Array(KEYPOINT_COUNT * 3);

    /** Another recoverer speaks from now on: what was learnt of bones from the one before is forgotten, the pose stays. */
    public changeNoise(noise: RecovererNoise = DEFAULT_NOISE): void {
        this._noise = noise;
        this._bones.reset();
        this._certainty.reset();
    }

    /** Forgets the pose and its motion, for a hand that was lost; the size stays. */
    public reset(): void {
        this._timeMs = NaN;
        this._filter.reset();
    }

    /**
     * Solves one frame; writes all of `out` but `id` and `side`.
     * @param window where the crop was taken; `mirrored` says that it showed a left hand flipped
     * @returns false where the keypoints do not make a hand in front of the camera; `out` is then unchanged
     */
    public solve(
        recovered: RecoveredHand,
        window: CropWindow,
        intrinsics: Intrinsics,
        timeMs: number,
        out: HandObservation
    ): boolean {
        this._aim(recovered, window, intrinsics, out.keypointsPx);
        this.networkKeypoints.set(this._target.relative);
        poseKeypoints(this.fitted, "right", this._relative);
        boneLengthsOf(this._relative, this._lengths);
        imposeBoneLengths(this._target.relative, this._lengths);
        const cold = !(timeMs - this._timeMs < STALE_MS);
        if (cold) {
            this._filter.reset();
            if (!this._start()) {
                this.reset();
                return false;
            }
        }
        if (!this._fit.fit(this._target, this.fitted, cold ? COLD_ITERATIONS : WARM_ITERATIONS)) {
            this.reset();
            return false;
        }
        if (!cold) {
            this._reconsider();
        }
        if (recovered.presence > CONFIDENT_PRESENCE) {
            poseKeypoints(this.fitted, "right", this._relative);
            this._bones.observe(this.networkKeypoints, this._relative);
            this._bones.apply(this.fitted.proportions);
        }
        this._timeMs = timeMs;
        out.timeMs = timeMs;
        out.presence = recovered.presence;
        this._filter.filter(this.fitted, timeMs, out, this._certainty.observe(recovered.logSigma));
        this._takeMesh(recovered, out);
        this._estimateSigma(recovered, out);
        return true;
    }

    /**
     * A warm start stays in the valley where it began, and the mirror image in depth of a flat hand is one, a finger bent the
     * wrong way another. Where the network's palm looks elsewhere, or the fit is far from what the network says, the fit from
     * the network's palm is tried too and kept if it explains the frame better.
     */
    private _reconsider(): void {
        const isTurned =
            palmRotation(this._target.relative, this._palm) &&
            angleBetween(this._palm, this.fitted.rotation) > FLIP_ANGLE;
        if (!isTurned && this._fit.residual3d < FAR_RESIDUAL) {
            return;
        }
        const cost = this._fit.cost;
        copyHandPose(this.fitted, this._kept);
        if (!this._start() || !this._fit.fit(this._target, this.fitted, COLD_ITERATIONS) || this._fit.cost > cost) {
            copyHandPose(this._kept, this.fitted);
        }
    }

    /** Turns what the network said in its crop into rays and camera axes of the (mirrored, for a left hand) camera. */
    private _aim(
        recovered: RecoveredHand,
        window: CropWindow,
        intrinsics: Intrinsics,
        keypointsPx: Float32Array
    ): void {
        const target = this._target;
        const cosine = Math.cos(window.rotation);
        const sine = Math.sin(window.rotation);
        const flip = window.mirrored ? -1 : 1;
        const focal = (intrinsics.fx + intrinsics.fy) / 2;
        // The width is that of a hand of reference size.
        target.depth = (Math.exp(recovered.logWindowWidth) * focal * this.fitted.size) / window.side;
        target.depthSigma = this._noise.logWidth;
        const raySigma = (this._noise.crop * window.side) / focal;
        cropAxes(window, intrinsics, this._axes);
        turnPoints(this._axes, recovered.keypoints, target.relative);
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            // Mirroring flips the crop's x; the window's turn then has the other sign as well.
            const cropX = flip * recovered.crop[keypoint * 2] * window.side;
            const cropY = recovered.crop[keypoint * 2 + 1] * window.side;
            const u = window.cx + cosine * cropX - sine * cropY;
            const v = window.cy + sine * cropX + cosine * cropY;
            keypointsPx[keypoint * 2] = u;
            keypointsPx[keypoint * 2 + 1] = v;
            target.rays[keypoint * 2] = (flip * (u - intrinsics.cx)) / intrinsics.fx;
            target.rays[keypoint * 2 + 1] = (v - intrinsics.cy) / intrinsics.fy;
            target.raySigma[keypoint] = raySigma;
            target.relativeSigma[keypoint] = Math.exp(recovered.logSigma[keypoint]) * this._noise.sigmaScale;
        }
    }

    /** The surface goes the way of the keypoints; those of the same frame say later where it was. */
    private _takeMesh({ vertices }: RecoveredHand, out: HandObservation): void {
        if (vertices) {
            out.mesh ??= createRecoveredMesh();
            turnPoints(this._axes, vertices, out.mesh.vertices);
            out.mesh.keypoints.set(this.networkKeypoints);
        }
        if (out.mesh) {
            out.mesh.isValid = vertices !== null;
        }
    }

    /**
     * A first pose: palm turned as the network's, fingers as its 3D has them, at the depth that registration of its keypoints
     * gives. Rays come in afterwards: together with relaxed fingers they lead into false valleys, a fist's above all.
     */
    private _start(): boolean {
        const { fitted: pose, _target: target } = this;
        for (let angle = 0; angle < pose.angles.length; angle++) {
            pose.angles[angle] = DEGREES_OF_FREEDOM[angle].rest;
        }
        if (
            !palmRotation(target.relative, pose.rotation) ||
            !registerPoints(target.relative, target.rays, this._weights, this._translation)
        ) {
            return false;
        }
        for (let k = 0; k < 3; k++) {
            pose.translation[k] = this._translation[k] + target.relative[WRIST_KEYPOINT * 3 + k];
        }
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            target.raySigma[keypoint] *= FIRST_RAY_SOFTNESS;
        }
        const isFitted = this._fit.fit(target, pose, FIRST_ITERATIONS);
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            target.raySigma[keypoint] /= FIRST_RAY_SOFTNESS;
        }
        return isFitted;
    }

    private _estimateSigma(recovered: RecoveredHand, out: HandObservation): void {
        let sum = 0;
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            sum += Math.exp(recovered.logSigma[keypoint]);
        }
        out.sigma = sum / KEYPOINT_COUNT;
        out.depthSigma = out.sigma + DEPTH_SIGMA_FRACTION * out.pose.translation[2];
    }
}

/** Depth error is proportional to depth: hand size is known to a few percent only. */
const DEPTH_SIGMA_FRACTION = 0.05;
