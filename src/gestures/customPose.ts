// Hand poses of an application's own: recorded from a live hand, kept as JSON, compared by their bones' directions.

import { HandTrackingError } from "../errors";
import type { HandState } from "../hand/handState";
import { METACARPAL_JOINTS } from "../hand/joints";
import type { NumberArray } from "../hand/quaternion";
import { palmAxes } from "./palmAxes";
import { norm3 } from "../hand/norm";

const FINGERS = 5;
const BONES_A_FINGER = 3;
/** Numbers that describe a pose: 5 fingers x 3 bones x (along the palm, toward the index finger, out of the palm). */
export const POSE_FEATURES = FINGERS * BONES_A_FINGER * 3;
/**
 * One person's two hands in the same sign of tests/fixtures/poses are 14 degrees apart (median), different signs 28; noise of
 * 2.5 mm on each joint puts a hand 8 from itself (99 %: 13) if recorded from 15 frames, 16 if from one.
 */
export const DEFAULT_TOLERANCE_DEGREES = 20;
const MAX_TOLERANCE_DEGREES = 90;
const MAX_NAME_LENGTH = 64;
/** Unit vectors in a file are rounded to four digits. */
const LENGTH_TOLERANCE = 0.01;
const FORMAT = "hand-pose";
const VERSION = 1;

/** A pose of the fingers relative to the palm: of no side, place, size or orientation. */
export interface CustomPose {
    name: string;
    /** The pose is recognised up to this `poseDistance`, degrees. */
    toleranceDegrees: number;
    /** 5 fingers (thumb to pinky) x 3 bones (from the palm to the tip) x 3: unit vectors in the palm's axes. */
    bones: Float32Array;
}

const axes = new Float64Array(9);

/** Directions of the 15 finger bones in the palm's axes, alike for left and right hands; 45 numbers, allocates nothing. */
export function poseFeatures({ joints, side }: HandState, out: NumberArray): void {
    palmAxes(joints, side, axes);
    let at = 0;
    for (let finger = 0; finger < FINGERS; finger++) {
        const first = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
        for (let joint = first; joint < first + BONES_A_FINGER; joint++, at += 3) {
            const x = joints[joint * 3 + 3] - joints[joint * 3];
            const y = joints[joint * 3 + 4] - joints[joint * 3 + 1];
            const z = joints[joint * 3 + 5] - joints[joint * 3 + 2];
            for (let axis = 0; axis < 3; axis++) {
                out[at + axis] = x * axes[axis * 3] + y * axes[axis * 3 + 1] + z * axes[axis * 3 + 2];
            }
        }
    }
    normalisePose(out);
}

/** Gives each of the 15 bones unit length, in place. */
export function normalisePose(bones: NumberArray): void {
    for (let at = 0; at < POSE_FEATURES; at += 3) {
        const length = norm3(bones[at], bones[at + 1], bones[at + 2]);
        bones[at] /= length;
        bones[at + 1] /= length;
        bones[at + 2] /= length;
    }
}

/**
 * Distance of two poses, degrees: the mean joint-angle error - the angle between a bone's two directions in the palm's axes -
 * over the three bones of a finger, of the finger where it is largest. One finger that differs is a different pose; in a mean
 * over all fingers it would be lost in the noise of the others.
 * @param a 45 numbers, as `poseFeatures` gives them
 * @param b 45 numbers
 */
export function poseDistance(a: NumberArray, b: NumberArray): number {
    let worst = 0;
    for (let finger = 0; finger < FINGERS; finger++) {
        let sum = 0;
        for (let bone = 0; bone < BONES_A_FINGER; bone++) {
            const at = (finger * BONES_A_FINGER + bone) * 3;
            const dot = a[at] * b[at] + a[at + 1] * b[at + 1] + a[at + 2] * b[at + 2];
            sum += Math.acos(Math.min(Math.max(dot, -1), 1));
        }
        // Not Math.max alone: a hand whose joints are not finite is no pose, and NaN has to stay NaN.
        const mean = sum / BONES_A_FINGER;
        worst = mean > worst || Number.isNaN(mean) ? mean : worst;
        if (Number.isNaN(worst)) {
            break;
        }
    }
    return (worst * 180) / Math.PI;
}

/** Records a pose from one or more frames of a hand held still; more frames, less noise. */
export class PoseRecorder {
    private readonly _sum = new Float64Array(POSE_FEATURES);
    private readonly _frame = new Float64Array(POSE_FEATURES);
    private _count = 0;

    /** Frames taken so far. */
    public get count(): number {
        return this._count;
    }

    /** Takes a frame. One whose joints are not finite, or coincide, is left out. */
    public add(state: HandState): void {
        poseFeatures(state, this._frame);
        if (this._frame.every(Number.isFinite)) {
            for (let i = 0; i < POSE_FEATURES; i++) {
                this._sum[i] += this._frame[i];
            }
            this._count++;
        }
    }

    /**
     * The mean of the frames taken.
     * @throws HandTrackingError `pose-invalid` where no frame was taken, or name or tolerance are of no use
     */
    public finish(name: string, toleranceDegrees = DEFAULT_TOLERANCE_DEGREES): CustomPose {
        if (this._count === 0) {
            throw new HandTrackingError(
                "pose-invalid",
                `The pose "${name}" has no frames: add at least one of a tracked hand first.`
            );
        }
        checkPose(name, toleranceDegrees);
        const bones = Float32Array.from(this._sum);
        normalisePose(bones);
        return { name, toleranceDegrees, bones };
    }
}

/**
 * Records a pose from one frame.
 * @param state a tracked hand, of either side
 * @param toleranceDegrees see `poseDistance`
 * @throws HandTrackingError `pose-invalid`
 */
export function recordPose(state: HandState, name: string, toleranceDegrees = DEFAULT_TOLERANCE_DEGREES): CustomPose {
    const recorder = new PoseRecorder();
    recorder.add(state);
    return recorder.finish(name, toleranceDegrees);
}

/** A pose as JSON text, about 600 characters. */
export function poseToJson({ name, toleranceDegrees, bones }: CustomPose): string {
    const rounded = Array.from(bones, (value) => Math.round(value * 1e4) / 1e4);
    return JSON.stringify({ format: FORMAT, version: VERSION, name, toleranceDegrees, bones: rounded });
}

/**
 * A pose from the text that `poseToJson` wrote.
 * @throws HandTrackingError `pose-invalid`: not JSON, not a pose, of another version, or with numbers that are no directions
 */
export function poseFromJson(text: string): CustomPose {
    let read: unknown;
    try {
        read = JSON.parse(text);
    } catch (cause) {
        throw new HandTrackingError("pose-invalid", "The pose is not JSON: save it with poseToJson.", true, { cause });
    }
    const record = (typeof read === "object" && read !== null ? read : {}) as Record<string, unknown>;
    const { format, version, name, toleranceDegrees, bones } = record;
    if (format !== FORMAT || version !== VERSION) {
        throw new HandTrackingError(
            "pose-invalid",
            `The file says format ${String(format)} version ${String(version)}; ${FORMAT} version ${VERSION} was expected.`
        );
    }
    checkPose(name, toleranceDegrees);
    if (!Array.isArray(bones) || bones.length !== POSE_FEATURES || !bones.every(Number.isFinite)) {
        throw new HandTrackingError(
            "pose-invalid",
            `The pose "${name as string}" needs ${POSE_FEATURES} numbers in "bones": record it again.`
        );
    }
    const values = Float32Array.from(bones as number[]);
    for (let at = 0; at < POSE_FEATURES; at += 3) {
        const length = norm3(values[at], values[at + 1], values[at + 2]);
        if (Math.abs(length - 1) > LENGTH_TOLERANCE) {
            throw new HandTrackingError(
                "pose-invalid",
                `Bone ${at / 3} of the pose "${name as string}" has length ${length.toFixed(3)} instead of 1: record it again.`
            );
        }
    }
    normalisePose(values);
    return { name: name as string, toleranceDegrees: toleranceDegrees as number, bones: values };
}

function checkPose(name: unknown, toleranceDegrees: unknown): void {
    if (typeof name !== "string" || name.length === 0 || name.length > MAX_NAME_LENGTH) {
        throw new HandTrackingError(
            "pose-invalid",
            `A pose needs a name of 1 to ${MAX_NAME_LENGTH} characters; it is ${JSON.stringify(name)}.`
        );
    }
    if (!(typeof toleranceDegrees === "number" && toleranceDegrees > 0 && toleranceDegrees <= MAX_TOLERANCE_DEGREES)) {
        throw new HandTrackingError(
            "pose-invalid",
            `The tolerance of the pose "${name}" is ${String(toleranceDegrees)}; more than 0 and at most ${MAX_TOLERANCE_DEGREES} degrees are allowed.`
        );
    }
}
