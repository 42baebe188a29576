// Filters a hand's pose in rig space, with the image and the depth apart: depth is the noisier by far.

import { ANGLE_COUNT, type HandPose } from "../hand/handPose";
import { ROOT_JOINT } from "../hand/joints";
import { createPosedRig, poseRig } from "../hand/kinematics";
import { DepthBias } from "./depthBias";
import { OneEuroFilter, type OneEuroParameters } from "./oneEuroFilter";
import { RotationFilter } from "./rotationFilter";
import type { HandObservation } from "./handObservation";

/** One set of cutoffs for each kind of quantity. */
export interface PoseFilterParameters {
    /** Normalised image position of the root (a tangent; speed in 1/s). */
    lateral: OneEuroParameters;
    /** Logarithm of the root's depth (speed in 1/s). */
    depth: OneEuroParameters;
    /** Wrist orientation (speed in rad/s). */
    rotation: OneEuroParameters;
    /** Finger angles (speed in rad/s). */
    angles: OneEuroParameters;
}

/** Chosen on dev-eval/stereo, static jitter against lag. */
export const DEFAULT_POSE_FILTER: PoseFilterParameters = {
    lateral: { minCutoff: 1.5, beta: 12, speedCutoff: 4 },
    depth: { minCutoff: 0.7, beta: 3, speedCutoff: 1 },
    rotation: { minCutoff: 1.5, beta: 4, speedCutoff: 2 },
    angles: { minCutoff: 1.5, beta: 2, speedCutoff: 2 },
};

/** Filters the poses of one hand. */
export class PoseFilter {
    private readonly _u: OneEuroFilter;
    private readonly _v: OneEuroFilter;
    private readonly _logDepth: OneEuroFilter;
    private readonly _bias = new DepthBias();
    private readonly _rotation: RotationFilter;
    private readonly _angles: OneEuroFilter[];
    private readonly _rig = createPosedRig();
    private _timeMs = NaN;

    public constructor(parameters: PoseFilterParameters = DEFAULT_POSE_FILTER) {
        this._u = new OneEuroFilter(parameters.lateral);
        this._v = new OneEuroFilter(parameters.lateral);
        this._logDepth = new OneEuroFilter(parameters.depth);
        this._rotation = new RotationFilter(parameters.rotation);
        this._angles = Array.from({ length: ANGLE_COUNT }, () => new OneEuroFilter(parameters.angles));
    }

    public reset(): void {
        this._timeMs = NaN;
        this._u.reset();
        this._v.reset();
        this._logDepth.reset();
        this._bias.reset();
        this._rotation.reset();
        for (const filter of this._angles) {
            filter.reset();
        }
    }

    /**
     * Filters `pose` at `timeMs` into the pose and velocities of `out`.
     * The root joint is what is filtered, not the wrist: it is where depth is measured and turns move it least.
     * @param certainty of the frame against others: where an object hides half of the hand its place in the picture is still
     * known, its turn and its fingers less, its distance least. Powers chosen on dev-eval/stereo, with an object pasted over the
     * hand every other half second and without.
     */
    public filter(pose: HandPose, timeMs: number, out: HandObservation, certainty = 1): void {
        const seconds = Number.isNaN(this._timeMs) ? 0 : (timeMs - this._timeMs) / 1000;
        this._timeMs = timeMs;
        poseRig(pose, this._rig);
        const { joints } = this._rig;
        const rawDepth = joints[ROOT_JOINT * 3 + 2];
        const u = this._u.filter(joints[ROOT_JOINT * 3] / rawDepth, seconds);
        const v = this._v.filter(joints[ROOT_JOINT * 3 + 1] / rawDepth, seconds);
        const depth = Math.exp(
            this._logDepth.filter(
                this._bias.correct(Math.log(rawDepth), pose.angles, seconds),
                seconds,
                certainty * certainty
            )
        );

        const filtered = out.pose;
        filtered.size = pose.size;
        filtered.proportions.set(pose.proportions);
        filtered.rotation.set(this._rotation.filter(pose.rotation, seconds, certainty));
        out.angularVelocity.set(this._rotation.velocity);
        for (let angle = 0; angle < ANGLE_COUNT; angle++) {
            filtered.angles[angle] = this._angles[angle].filter(pose.angles[angle], seconds, certainty);
            out.angleVelocities[angle] = this._angles[angle].speed;
        }
        // Place the filtered wrist so that the root lies where its own filters say.
        filtered.translation.fill(0);
        poseRig(filtered, this._rig);
        filtered.translation[0] = u * depth - joints[ROOT_JOINT * 3];
        filtered.translation[1] = v * depth - joints[ROOT_JOINT * 3 + 1];
        filtered.translation[2] = depth - joints[ROOT_JOINT * 3 + 2];
        const depthSpeed = this._logDepth.speed * depth;
        out.velocity[0] = this._u.cautiousSpeed * depth + u * depthSpeed;
        out.velocity[1] = this._v.cautiousSpeed * depth + v * depthSpeed;
        out.velocity[2] = depthSpeed;
    }
}
