// Recordings and poses that the tests of this folder make themselves.

import { createHandState, type HandState } from "../../src/hand/handState";
import { JOINT_COUNT, type HandSide } from "../../src/hand/joints";
import { forwardKinematics } from "../../src/hand/kinematics";
import { angleBetween } from "../../src/hand/quaternion";
import type { HandRecording } from "../../src/recording/handRecording";
import { randomAngles, uprightPose } from "../helpers/syntheticHand";

/** The rig in a random pose, fingers from open to fist, turned any way by up to 1.5 rad about each axis. */
export function randomState(side: HandSide, random: () => number): HandState {
    const turn = [0, 0, 0].map(() => 3 * (random() - 0.5));
    const pose = uprightPose([0.2 * (random() - 0.5), 0.2 * (random() - 0.5), 0.4 + 0.3 * random()], random(), turn);
    if (random() < 0.5) {
        randomAngles(pose, random);
    }
    pose.size = 0.8 + 0.4 * random();
    const state = createHandState(side);
    forwardKinematics(pose, side, state);
    state.confidence = random();
    state.sigma = 0.01 * random();
    state.depthSigma = 0.05 * random();
    return state;
}

/** A right hand, and a left one in every frame from the third on, 1/30 s apart. */
export function sampleRecording(frameCount: number, random: () => number): HandRecording {
    return {
        frames: Array.from({ length: frameCount }, (_, frame) => {
            const timeMs = Math.round((frame * 1e6) / 30) / 1000;
            const sides: HandSide[] = frame < 2 ? ["right"] : ["right", "left"];
            const hands = sides.map((side, id) => ({ ...randomState(side, random), id, timeMs }));
            return { timeMs, hands };
        }),
    };
}

/** 25 angles between the rotations of two states, degrees. */
export function anglesBetween(a: HandState, b: HandState): number[] {
    return Array.from({ length: JOINT_COUNT }, (_, joint) => {
        const quaternion = (state: HandState) => state.rotations.subarray(joint * 4, joint * 4 + 4);
        return (angleBetween(quaternion(a), quaternion(b)) * 180) / Math.PI;
    });
}

/** 25 distances between the joints of two states, mm. */
export function distancesBetween(a: HandState, b: HandState): number[] {
    return Array.from({ length: JOINT_COUNT }, (_, joint) => {
        const gap = [0, 1, 2].map((k) => a.joints[joint * 3 + k] - b.joints[joint * 3 + k]);
        return 1000 * Math.hypot(...gap);
    });
}

export function quantile(values: number[], fraction: number): number {
    return [...values].sort((a, b) => a - b)[Math.floor(fraction * (values.length - 1))];
}
