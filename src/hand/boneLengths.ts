// Learns this person's bone lengths from the image: constant from then on, which is what makes depth steady.

import { BONE_STARTS } from "./boneDirections";
import { JOINT_COUNT, KEYPOINT_COUNT, KEYPOINT_JOINTS } from "./joints";
import type { HandPose } from "./handPose";
import type { PosedRig } from "./kinematics";
import type { FitTarget } from "./rigFit";

/** Bones of the palm, by their outer keypoint: their common length is the hand's size, which an image cannot tell. */
const PALM_BONES = [5, 9, 13, 17];
/**
 * Proportions of an average hand as networks trained on annotated photos mark it, relative to the rig: knuckles are marked
 * nearer to the fingers than the rig's, tips before the mesh ends. Chosen on dev-eval/stereo and the sample clip between
 * the medians of bones in the labels of the training photos (open hands) and stereo truth.
 */
const THUMB_PROPORTIONS = [0.85, 1.1, 0.95, 1];
const FINGER_PROPORTIONS = [1, 1, 0.88, 0.95, 0.75];

/** 25 factors for a pose's `proportions`: the hand before anything is learnt of it. */
export const AVERAGE_PROPORTIONS = Float32Array.of(
    1,
    ...THUMB_PROPORTIONS,
    ...[1, 2, 3, 4].flatMap(() => FINGER_PROPORTIONS)
);

/** A bone is measured where it lies across the viewing direction, its sine to it at least this (70 degrees). */
const MIN_SINE = 0.94;
/**
 * Nothing is measured unless the whole hand lies open across the viewing direction, all bones' mean sine at least this:
 * a bent finger's foreshortening is the network's guess, and would be learnt as a short bone.
 */
const MIN_MEAN_SINE = 0.94;
/** Samples at which the image and the rig's own proportions weigh the same. */
const PRIOR_SAMPLES = 40;
/** Samples after which a bone's length is settled. */
const SETTLED_SAMPLES = 200;
/** People differ from the rig's proportions by less than this (METHODS.md §3: fingers N(1, .04)). */
const MAX_DEVIATION = 0.1;
/** Step of the running median, as a fraction of a bone: it walks up or down by this, divided by the samples seen. */
const MEDIAN_STEP = 0.5;

/**
 * Proportions of one person's hand relative to the average. Feed it confident fits; it walks to the median of the observed
 * ratios and is shrunk to the average while samples are few.
 */
export class BoneLengths {
    private readonly _samples = new Uint16Array(KEYPOINT_COUNT);
    private readonly _median = new Float64Array(KEYPOINT_COUNT).fill(1);
    // Seen and modelled length in the image, and sine to the viewing direction, of each keypoint's bone.
    private readonly _seen = new Float64Array(KEYPOINT_COUNT);
    private readonly _modelled = new Float64Array(KEYPOINT_COUNT);
    private readonly _sine = new Float64Array(KEYPOINT_COUNT);

    /** 0..1: how far learning has come. */
    public get progress(): number {
        let sum = 0;
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            sum += Math.min(this._samples[keypoint], SETTLED_SAMPLES);
        }
        return sum / (SETTLED_SAMPLES * (KEYPOINT_COUNT - 1));
    }

    public reset(): void {
        this._samples.fill(0);
        this._median.fill(1);
    }

    /**
     * Takes one confident frame into account.
     * @param rig the pose's joints with extended tips, as the fit leaves them
     */
    public observe(target: FitTarget, rig: PosedRig, pose: HandPose): void {
        this._measure(target, rig);
        let palmSeen = 0;
        let palmModelled = 0;
        for (const bone of PALM_BONES) {
            palmSeen += this._seen[bone];
            palmModelled += this._modelled[bone];
        }
        if (this._sine.reduce((sum, sine) => sum + sine, 0) < MIN_MEAN_SINE * (KEYPOINT_COUNT - 1)) {
            return;
        }
        const scale = palmModelled / palmSeen;
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            if (this._sine[keypoint] < MIN_SINE || this._samples[keypoint] >= SETTLED_SAMPLES) {
                continue;
            }
            const joint = KEYPOINT_JOINTS[keypoint];
            const ratio =
                (pose.proportions[joint] * this._seen[keypoint] * scale) /
                (this._modelled[keypoint] * AVERAGE_PROPORTIONS[joint]);
            const samples = ++this._samples[keypoint];
            this._median[keypoint] += Math.sign(ratio - this._median[keypoint]) * Math.min(MEDIAN_STEP / samples, 0.01);
        }
    }

    /** Writes what is known into the 25 proportions of a pose. */
    public apply(proportions: Float32Array): void {
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            const samples = this._samples[keypoint];
            const learnt = (this._median[keypoint] - 1) * (samples / (samples + PRIOR_SAMPLES));
            const joint = KEYPOINT_JOINTS[keypoint];
            proportions[joint] =
                AVERAGE_PROPORTIONS[joint] * (1 + Math.min(Math.max(learnt, -MAX_DEVIATION), MAX_DEVIATION));
        }
        // A finger's metacarpal is not a keypoint: it and the bone to the knuckle share the palm's proportion.
        for (let joint = 5; joint < JOINT_COUNT; joint += 5) {
            proportions[joint] = proportions[joint + 1];
        }
    }

    private _measure(target: FitTarget, rig: PosedRig): void {
        const { joints } = rig;
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            const start = BONE_STARTS[keypoint];
            const a = KEYPOINT_JOINTS[start] * 3;
            const b = KEYPOINT_JOINTS[keypoint] * 3;
            this._seen[keypoint] = Math.hypot(
                target.rays[keypoint * 2] - target.rays[start * 2],
                target.rays[keypoint * 2 + 1] - target.rays[start * 2 + 1]
            );
            this._modelled[keypoint] = Math.hypot(
                joints[b] / joints[b + 2] - joints[a] / joints[a + 2],
                joints[b + 1] / joints[b + 2] - joints[a + 1] / joints[a + 2]
            );
            const dx = joints[b] - joints[a];
            const dy = joints[b + 1] - joints[a + 1];
            const dz = joints[b + 2] - joints[a + 2];
            const length = Math.hypot(dx, dy, dz);
            const along =
                (dx * joints[b] + dy * joints[b + 1] + dz * joints[b + 2]) /
                Math.hypot(joints[b], joints[b + 1], joints[b + 2]);
            this._sine[keypoint] = Math.sqrt(Math.max(0, 1 - (along / length) ** 2));
        }
    }
}
