// Learns the proportions of this person's hand from what the network says of it over time: constant soon, which is what makes
// depth steady.

import { BONE_STARTS, boneLengthsOf } from "./boneDirections";
import { JOINT_COUNT, KEYPOINT_COUNT, KEYPOINT_JOINTS } from "./joints";
import { createHandPose } from "./handPose";
import { poseKeypoints } from "./kinematics";
import type { NumberArray } from "./quaternion";
import { norm3 } from "./norm";

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

/**
 * Frames at which the network and the average weigh the same: a network's bone lengths differ by 6 to 8 % from frame to frame,
 * people's proportions by 4 to 5 %.
 */
const PRIOR_FRAMES = 2;
/** Older frames are forgotten after about this many, so that another person's hand is learnt too. */
const MEMORY_FRAMES = 300;
/** Beyond this ratio to the average, either way, the network is wrong: people differ by less; a standard deviation of 4 % a finger. */
const MAX_RATIO = 1.1;

/**
 * Bones of the palm, by their outer keypoint: lengths are taken relative to theirs, which is the hand's size and what its depth
 * hangs on. Relative to all bones, the palm would grow whenever fingers are bent and look short.
 */
const PALM_BONES = [5, 9, 13, 17];

/** Length of every keypoint's bone over that of the palm's, in the average hand. */
const AVERAGE_RELATIVE = /* @__PURE__ */ averageRelative();

function averageRelative(): Float64Array {
    const pose = createHandPose();
    pose.proportions.set(AVERAGE_PROPORTIONS);
    const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
    poseKeypoints(pose, "right", keypoints);
    const lengths = new Float64Array(KEYPOINT_COUNT);
    boneLengthsOf(keypoints, lengths);
    const sum = PALM_BONES.reduce((total, keypoint) => total + lengths[keypoint], 0);
    return lengths.map((length) => length / sum);
}

/** Proportions of one person's hand: means over frames, shrunk to the average while frames are few. */
export class BoneLengths {
    private _frames = 0;
    // Of each bone to the average hand's, both relative to their palms.
    private readonly _ratio = new Float64Array(KEYPOINT_COUNT).fill(1);
    private readonly _relative = new Float64Array(KEYPOINT_COUNT);

    public reset(): void {
        this._frames = 0;
        this._ratio.fill(1);
    }

    /**
     * Takes one confident frame into account.
     * @param keypoints 21 x 3 as the network says them, of any size and place; ignored where they are not finite
     * @param fitted 21 x 3 of the fit to them: bones are measured along its bones, as the noise of both ends makes a bone's
     * plain length too long, and a short bone's most
     */
    public observe(keypoints: NumberArray, fitted: NumberArray): void {
        if (!this._measure(keypoints, fitted)) {
            return;
        }
        this._frames = Math.min(this._frames + 1, MEMORY_FRAMES);
        const gain = 1 / (this._frames + PRIOR_FRAMES);
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            const ratio = this._relative[keypoint] / AVERAGE_RELATIVE[keypoint];
            const bounded = Math.min(Math.max(ratio, 1 / MAX_RATIO), MAX_RATIO);
            this._ratio[keypoint] += gain * (bounded - this._ratio[keypoint]);
        }
    }

    /** Writes what is known into the 25 proportions of a pose. */
    public apply(proportions: Float32Array): void {
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint];
            proportions[joint] = AVERAGE_PROPORTIONS[joint] * this._ratio[keypoint];
        }
        // A finger's metacarpal is not a keypoint: it and the bone to the knuckle share the palm's proportion.
        for (let joint = 5; joint < JOINT_COUNT; joint += 5) {
            proportions[joint] = proportions[joint + 1];
        }
    }

    /** @returns false where there is nothing to learn */
    private _measure(keypoints: NumberArray, fitted: NumberArray): boolean {
        let sum = 0;
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            const a = BONE_STARTS[keypoint] * 3;
            const b = keypoint * 3;
            const x = fitted[b] - fitted[a];
            const y = fitted[b + 1] - fitted[a + 1];
            const z = fitted[b + 2] - fitted[a + 2];
            const along =
                x * (keypoints[b] - keypoints[a]) +
                y * (keypoints[b + 1] - keypoints[a + 1]) +
                z * (keypoints[b + 2] - keypoints[a + 2]);
            this._relative[keypoint] = along / norm3(x, y, z);
            sum += PALM_BONES.includes(keypoint) ? this._relative[keypoint] : 0;
        }
        let isFinite = sum > 0;
        for (let keypoint = 1; keypoint < KEYPOINT_COUNT; keypoint++) {
            this._relative[keypoint] /= sum;
            isFinite &&= Number.isFinite(this._relative[keypoint]);
        }
        return isFinite;
    }
}
