// Poses of the rig and what a perfect (or noisy) recoverer would say about them.

import type { CropWindow } from "../../src/camera/cropWindow";
import type { Intrinsics } from "../../src/camera/intrinsics";
import { AVERAGE_PROPORTIONS } from "../../src/hand/boneLengths";
import { DEGREES_OF_FREEDOM } from "../../src/hand/degreesOfFreedom";
import { createHandPose, type HandPose } from "../../src/hand/handPose";
import { KEYPOINT_COUNT, ROOT_KEYPOINT, type HandSide } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { fromColumns, fromRotationVector, multiply } from "../../src/hand/quaternion";
import { createRecoveredHand, type RecoveredHand } from "../../src/hand/recoveredHand";
import { gaussian } from "./random";

export const CAMERA: Intrinsics = { fx: 520, fy: 520, cx: 320, cy: 240 };

// Fingers up, palm to the camera: joint -z (to the tips) is camera -y, joint +y (back of the hand) is camera +z.
const UPRIGHT = new Float64Array(4);
fromColumns([-1, 0, 0, 0, 0, 1, 0, 1, 0] as unknown as Float64Array, UPRIGHT, 0);

/** An upright hand with its palm to the camera, turned by a rotation vector, fingers between open (0) and fist (1). */
export function uprightPose(position: readonly number[], closure = 0.2, turn: readonly number[] = [0, 0, 0]): HandPose {
    const pose = createHandPose();
    pose.translation.set(position);
    const rotation = new Float64Array(4);
    fromRotationVector(turn[0], turn[1], turn[2], rotation, 0);
    multiply(rotation, 0, UPRIGHT, 0, pose.rotation, 0);
    DEGREES_OF_FREEDOM.forEach((dof, angle) => {
        pose.angles[angle] = dof.axis === "flexion" && dof.joint > 4 ? closure * dof.max * 0.9 : 0;
    });
    pose.proportions.set(AVERAGE_PROPORTIONS);
    return pose;
}

/** Angles drawn around the rest pose, within 90 % of the limits. */
export function randomAngles(pose: HandPose, random: () => number): void {
    DEGREES_OF_FREEDOM.forEach((dof, angle) => {
        const middle = (dof.min + dof.max) / 2;
        pose.angles[angle] =
            dof.axis === "flexion" ? dof.rest + 0.4 * (random() - 0.3) : middle + 0.2 * (random() - 0.5);
    });
}

export interface Noise {
    random: () => number;
    /** Standard deviation in the crop, fraction of its side. */
    crop: number;
    /** Standard deviation of each axis of a 3D keypoint, metres. */
    keypoints: number;
}

/** 21 x (u, v) of a hand's keypoints, image px. */
export function project(pose: HandPose, side: HandSide): Float64Array {
    const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
    poseKeypoints(pose, side, keypoints);
    const px = new Float64Array(KEYPOINT_COUNT * 2);
    for (let i = 0; i < KEYPOINT_COUNT; i++) {
        px[i * 2] = (CAMERA.fx * keypoints[i * 3]) / keypoints[i * 3 + 2] + CAMERA.cx;
        px[i * 2 + 1] = (CAMERA.fy * keypoints[i * 3 + 1]) / keypoints[i * 3 + 2] + CAMERA.cy;
    }
    return px;
}

/**
 * What a recoverer says of `pose` (of a right hand, or a left one in mirrored camera space) in a window around it.
 * @returns the window as the tracker would choose it, turned by `rotation`
 */
export function recover(
    pose: HandPose,
    side: HandSide,
    rotation: number,
    out: RecoveredHand = createRecoveredHand(),
    noise?: Noise
): { window: CropWindow; recovered: RecoveredHand } {
    const px = project(pose, side);
    const us = px.filter((_, i) => i % 2 === 0);
    const vs = px.filter((_, i) => i % 2 === 1);
    const window: CropWindow = {
        cx: (Math.min(...us) + Math.max(...us)) / 2,
        cy: (Math.min(...vs) + Math.max(...vs)) / 2,
        side: 1.6 * Math.max(Math.max(...us) - Math.min(...us), Math.max(...vs) - Math.min(...vs)),
        rotation,
        mirrored: side === "left",
    };
    recoverIn(window, pose, side, out, noise);
    return { window, recovered: out };
}

/**
 * What a recoverer says of `pose` in a given window.
 * @param surface vertices in camera space, for a recoverer of meshes
 */
export function recoverIn(
    window: CropWindow,
    pose: HandPose,
    side: HandSide,
    out: RecoveredHand,
    noise?: Noise,
    surface?: Float32Array
): RecoveredHand {
    const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
    poseKeypoints(pose, side, keypoints);
    const px = project(pose, side);
    const { cx, cy, rotation } = window;
    const flip = window.mirrored ? -1 : 1;
    const cosine = Math.cos(rotation);
    const sine = Math.sin(rotation);
    const toRay = rayRotation((cx - CAMERA.cx) / CAMERA.fx, (cy - CAMERA.cy) / CAMERA.fy);
    /** A point relative to the root, seen from a camera that looks along the window's ray, then turned with the crop. */
    const say = (points: ArrayLike<number>, i: number, to: Float32Array): void => {
        const relative = [0, 1, 2].map((k) => points[i * 3 + k] - keypoints[ROOT_KEYPOINT * 3 + k]);
        const seen = [0, 1, 2].map(
            (k) => toRay[k][0] * relative[0] + toRay[k][1] * relative[1] + toRay[k][2] * relative[2]
        );
        to[i * 3] = flip * (cosine * seen[0] + sine * seen[1]);
        to[i * 3 + 1] = -sine * seen[0] + cosine * seen[1];
        to[i * 3 + 2] = seen[2];
    };
    const draw = (sigma: number): number => (noise ? sigma * gaussian(noise.random) : 0);
    for (let i = 0; i < KEYPOINT_COUNT; i++) {
        const dx = (px[i * 2] - cx) / window.side;
        const dy = (px[i * 2 + 1] - cy) / window.side;
        out.crop[i * 2] = flip * (cosine * dx + sine * dy) + draw(noise?.crop ?? 0);
        out.crop[i * 2 + 1] = -sine * dx + cosine * dy + draw(noise?.crop ?? 0);
        say(keypoints, i, out.keypoints);
        for (let k = 0; k < 3; k++) {
            out.keypoints[i * 3 + k] += draw(noise?.keypoints ?? 0);
        }
        out.logSigma[i] = Math.log(0.01);
    }
    if (surface) {
        out.vertices = new Float32Array(surface.length);
        for (let i = 0; i < surface.length / 3; i++) {
            say(surface, i, out.vertices);
        }
    }
    out.presence = 0.99;
    out.rightness = (side === "right") === !window.mirrored ? 1 : 0;
    return out;
}

/** Rows of the smallest rotation that takes the ray (x, y, 1) to the optical axis. */
function rayRotation(x: number, y: number): number[][] {
    const length = Math.hypot(x, y, 1);
    const [a, b, c] = [x / length, y / length, 1 / length];
    const k = 1 / (1 + c);
    return [
        [1 - a * a * k, -a * b * k, -a],
        [-a * b * k, 1 - b * b * k, -b],
        [a, b, c],
    ];
}

/** Mean distance of two sets of 3D points, mm. */
export function meanDistanceMm(a: ArrayLike<number>, b: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < a.length; i += 3) {
        sum += Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1], a[i + 2] - b[i + 2]);
    }
    return (1000 * sum) / (a.length / 3);
}
