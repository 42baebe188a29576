// Hands before the emulated viewer: what an application reads is the hand that was tracked.

import { describe, expect, test } from "vitest";
import { writeGrip, writeTargetRay } from "../../src/bridge/handSpaces";
import { closePinch, PINCH_CONTACT } from "../../src/bridge/pinchContact";
import {
    createPose,
    createViewerJoints,
    MATRIX_LENGTH,
    toViewerSpace,
    writeJointMatrices,
} from "../../src/bridge/viewerSpace";
import type { HandState } from "../../src/hand/handState";
import { JOINT_COUNT, JOINT_NAMES, JOINT_PARENTS, TIP_JOINTS, type HandSide } from "../../src/hand/joints";
import { angleBetween, rotate } from "../../src/hand/quaternion";
import { handStateFromMatrices } from "../../src/recording/webxrImport";
import { gestureState } from "../helpers/scriptedHand";

const SIDES: HandSide[] = ["left", "right"];
const FACING_DISTANCE = 0.9;
const MILLIMETRE = 1e-3;
/** Float32 of positions of half a metre, three conversions on. */
const ROUNDING = 3e-7;

const hand = (side: HandSide, pinch = 0): HandState =>
    gestureState(side, 0, [0.11, -0.07, 0.52], { pinch, fist: 0.2 }, [0.3, -0.5, 0.2]);

function matricesOf(state: HandState, view: "facing" | "camera"): Float64Array {
    const joints = createViewerJoints();
    const matrices = new Float64Array(JOINT_COUNT * MATRIX_LENGTH);
    toViewerSpace(state, view, FACING_DISTANCE, joints);
    writeJointMatrices(joints, matrices);
    return matrices;
}

/** Largest distance of joints, metres, and largest angle, radians. */
function difference(a: HandState, b: HandState): { position: number; angle: number } {
    let position = 0;
    let angle = 0;
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const [p, q] = [joint * 3, joint * 4];
        position = Math.max(position, Math.hypot(...[0, 1, 2].map((k) => a.joints[p + k] - b.joints[p + k])));
        angle = Math.max(angle, angleBetween(a.rotations.slice(q, q + 4), b.rotations.slice(q, q + 4)));
    }
    return { position, angle };
}

describe.each(SIDES)("%s hand", (side) => {
    test("matrices of the camera view are read back as the hand that was tracked", () => {
        const state = hand(side);
        const back = handStateFromMatrices(side, matricesOf(state, "camera"), { distance: 0 }, state.radii);
        const { position, angle } = difference(state, back);
        console.log(
            `${side}: joints come back to ${(position / MILLIMETRE).toExponential(1)} mm, ${angle.toExponential(1)} rad`
        );
        expect(position).toBeLessThan(ROUNDING);
        expect(angle).toBeLessThan(1e-3);
        expect(back.radii).toEqual(state.radii);
    });

    test("a camera that faces the viewer sees the hand from the front: twice seen so, it is itself again", () => {
        const state = hand(side);
        const seen = handStateFromMatrices(side, matricesOf(state, "facing"), { distance: 0 }, state.radii);
        // Half a metre before the camera is 0.4 m before a viewer who stands 0.9 m from it.
        expect(seen.joints[0]).toBeCloseTo(-state.joints[0], 6);
        expect(seen.joints[1]).toBeCloseTo(state.joints[1], 6);
        expect(seen.joints[2]).toBeCloseTo(FACING_DISTANCE - state.joints[2], 6);
        const back = handStateFromMatrices(side, matricesOf(seen, "facing"), { distance: 0 }, state.radii);
        const { position, angle } = difference(state, back);
        console.log(
            `${side}: joints come back to ${(position / MILLIMETRE).toExponential(1)} mm, ${angle.toExponential(1)} rad`
        );
        expect(position).toBeLessThan(ROUNDING);
        expect(angle).toBeLessThan(1e-3);
    });

    test("the ray starts at the index finger's knuckle and goes away from the viewer, level with the horizon", () => {
        const joints = createViewerJoints();
        const ray = createPose();
        toViewerSpace(hand(side), "facing", FACING_DISTANCE, joints);
        writeTargetRay(joints, side, ray);
        const knuckle = JOINT_NAMES.indexOf("index-finger-phalanx-proximal") * 3;
        const along = rotated(ray.rotation, [0, 0, -1]);
        const right = rotated(ray.rotation, [1, 0, 0]);
        console.log(`${side}: the ray goes along ${along.map((value) => value.toFixed(2)).join(", ")}`);
        expect([...ray.position]).toEqual([...joints.positions.slice(knuckle, knuckle + 3)]);
        expect(along[2]).toBeLessThan(-0.5);
        expect(Math.abs(right[1])).toBeLessThan(1e-9);
    });

    test("the grip has the back of the hand on WebXR's side, and the thumb forwards", () => {
        const joints = createViewerJoints();
        const grip = createPose();
        toViewerSpace(hand(side), "camera", FACING_DISTANCE, joints);
        writeGrip(joints, side, grip);
        const wrist = joints.rotations.slice(0, 4);
        const back = rotated(wrist, [0, 1, 0]);
        const x = rotated(grip.rotation, [side === "right" ? 1 : -1, 0, 0]);
        const forward = rotated(grip.rotation, [0, 0, -1]);
        const at = (name: (typeof JOINT_NAMES)[number]): number[] => {
            const index = JOINT_NAMES.indexOf(name) * 3;
            return [...joints.positions.slice(index, index + 3)];
        };
        const toThumb = minus(at("index-finger-phalanx-proximal"), at("pinky-finger-phalanx-proximal"));
        console.log(
            `${side}: grip to back ${dot(x, back).toFixed(2)}, rod to thumb ${(dot(forward, toThumb) / Math.hypot(...toThumb)).toFixed(2)}`
        );
        // The palm's joint is turned a little against the wrist.
        expect(dot(x, back)).toBeGreaterThan(0.9);
        expect(dot(forward, toThumb) / Math.hypot(...toThumb)).toBeGreaterThan(0.8);
        expect(Math.hypot(...minus([...grip.position], at("middle-finger-phalanx-proximal")))).toBeLessThan(0.05);
    });

    test("tips of a pinch meet, and no bone changes its length by more than 3 mm", () => {
        const joints = createViewerJoints();
        const closed = createViewerJoints();
        // A pinch as cameras see it: skin touches skin, the tips' joints are 20 mm apart.
        const state = hand(side, 0.94);
        toViewerSpace(state, "facing", FACING_DISTANCE, joints);
        toViewerSpace(state, "facing", FACING_DISTANCE, closed);
        closePinch(closed, 1);
        const gap = (positions: Float64Array): number =>
            Math.hypot(...[0, 1, 2].map((k) => positions[TIP_JOINTS[0] * 3 + k] - positions[TIP_JOINTS[1] * 3 + k]));
        let change = 0;
        for (let joint = 1; joint < JOINT_COUNT; joint++) {
            change = Math.max(
                change,
                Math.abs(boneLength(joints.positions, joint) - boneLength(closed.positions, joint))
            );
        }
        console.log(
            `${side}: tips from ${(gap(joints.positions) / MILLIMETRE).toFixed(1)} to ${(gap(closed.positions) / MILLIMETRE).toFixed(1)} mm, bones by ${(change / MILLIMETRE).toFixed(2)} mm at most`
        );
        expect(gap(joints.positions)).toBeGreaterThan(0.015);
        expect(gap(closed.positions)).toBeCloseTo(PINCH_CONTACT, 9);
        expect(change).toBeLessThan(0.003);
        closePinch(joints, 0);
        toViewerSpace(state, "facing", FACING_DISTANCE, closed);
        expect(joints.positions).toEqual(closed.positions);
    });
});

function rotated(rotation: Float64Array, vector: number[]): number[] {
    const out = new Float64Array(3);
    rotate(rotation, 0, Float64Array.from(vector), 0, out, 0);
    return [...out];
}

function boneLength(positions: Float64Array, joint: number): number {
    const parent = JOINT_PARENTS[joint];
    return Math.hypot(...[0, 1, 2].map((k) => positions[joint * 3 + k] - positions[parent * 3 + k]));
}

const minus = (a: number[], b: number[]): number[] => a.map((value, k) => value - b[k]);
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, k) => sum + value * b[k], 0);
