// Hands as a camera sees them: scripted and recorded motions with the noise of a monocular tracker added.

import { createHandState, type HandState } from "../../src/hand/handState";
import { JOINT_COUNT, type HandSide } from "../../src/hand/joints";
import { palmAxes } from "../../src/gestures/palmAxes";
import { gaussian } from "../helpers/random";

export const FRAME_MS = 1000 / 30;

/** Standard deviations, metres, drawn anew for every frame. */
export interface NoiseModel {
    /** Of the whole hand across the viewing direction: the same for all joints. */
    lateral: number;
    /** Of the whole hand along it: the same for all joints. */
    depth: number;
    /** Of each coordinate of each joint. */
    joint: number;
}

/** What these tests mean by noise. */
export const NOISE: NoiseModel = { lateral: 0.005, depth: 0.02, joint: 0.0025 };
export const NOISE_TEXT = noiseText(NOISE);

/** The noise model in words. */
export function noiseText({ lateral, depth, joint }: NoiseModel): string {
    return `noise: ${1000 * lateral} mm across and ${1000 * depth} mm along the view for the whole hand, ${1000 * joint} mm for each joint`;
}

/** Adds noise to a state in place, and says in the state how much it is. */
export function addNoise(state: HandState, random: () => number, { lateral, depth, joint }: NoiseModel = NOISE): void {
    const common = [lateral * gaussian(random), lateral * gaussian(random), depth * gaussian(random)];
    for (let i = 0; i < state.joints.length; i++) {
        state.joints[i] += common[i % 3] + joint * gaussian(random);
    }
    state.sigma = Math.hypot(lateral, joint);
    state.depthSigma = Math.hypot(depth, joint);
    state.confidence = 1;
}

/** A copy that may be changed. */
export function copyState(state: HandState, timeMs = state.timeMs): HandState {
    const copy = createHandState(state.side);
    copy.joints.set(state.joints);
    copy.rotations.set(state.rotations);
    copy.timeMs = timeMs;
    copy.confidence = 1;
    return copy;
}

/** The hand at another size, about its wrist. */
export function scaled(state: HandState, factor: number): HandState {
    const rows = [0, 1, 2].map((row) => [0, 1, 2].map((column) => (row === column ? factor : 0)));
    return turned(state, rows);
}

/** Rotates all joints about the wrist by a rotation matrix given by its rows. */
export function turned(state: HandState, rows: number[][]): HandState {
    const copy = copyState(state);
    for (let joint = 1; joint < JOINT_COUNT; joint++) {
        const offset = [0, 1, 2].map((k) => state.joints[joint * 3 + k] - state.joints[k]);
        for (let k = 0; k < 3; k++) {
            copy.joints[joint * 3 + k] =
                state.joints[k] + rows[k][0] * offset[0] + rows[k][1] * offset[1] + rows[k][2] * offset[2];
        }
    }
    return copy;
}

/** Rows of the rotation that takes one direction to another the short way. */
export function rotationBetween(from: number[], to: number[]): number[][] {
    const unit = (v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
    const [a, b] = [unit(from), unit(to)];
    const c = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    const v = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    const k = 1 / (1 + Math.max(c, -0.999999));
    return [
        [c + v[0] * v[0] * k, v[0] * v[1] * k - v[2], v[0] * v[2] * k + v[1]],
        [v[1] * v[0] * k + v[2], c + v[1] * v[1] * k, v[1] * v[2] * k - v[0]],
        [v[2] * v[0] * k - v[1], v[2] * v[1] * k + v[0], c + v[2] * v[2] * k],
    ];
}

/** Joints in the palm's axes, relative to the wrist. */
function inPalm(state: HandState): Float64Array {
    const axes = new Float64Array(9);
    palmAxes(state.joints, state.side, axes);
    const out = new Float64Array(JOINT_COUNT * 3);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        for (let axis = 0; axis < 3; axis++) {
            for (let k = 0; k < 3; k++) {
                out[joint * 3 + axis] += axes[axis * 3 + k] * (state.joints[joint * 3 + k] - state.joints[k]);
            }
        }
    }
    return out;
}

/** Between two recorded poses of one side, at the first one's place and palm: 0 the first, 1 the second. */
export function blend(from: HandState, to: HandState, share: number, timeMs: number): HandState {
    const axes = new Float64Array(9);
    palmAxes(from.joints, from.side, axes);
    const [a, b] = [inPalm(from), inPalm(to)];
    const state = copyState(from, timeMs);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        for (let k = 0; k < 3; k++) {
            let sum = from.joints[k];
            for (let axis = 0; axis < 3; axis++) {
                const at = joint * 3 + axis;
                sum += axes[axis * 3 + k] * (a[at] + share * (b[at] - a[at]));
            }
            state.joints[joint * 3 + k] = sum;
        }
    }
    return state;
}

/** 0 before `fromMs`, 1 from `ms` later until `untilMs`, then back to 0 in `ms`. */
export const pulse = (timeMs: number, fromMs: number, untilMs: number, ms: number): number =>
    Math.min(Math.max((timeMs - fromMs) / ms, 0), 1) - Math.min(Math.max((timeMs - untilMs) / ms, 0), 1);

export const SIDES: readonly HandSide[] = ["left", "right"];

/** Smooth random motion through -1..1: three sines with random phases, periods 1 to 6 s. */
export function wander(random: () => number): (timeMs: number) => number {
    const waves = [0, 1, 2].map(() => ({ phase: 2 * Math.PI * random(), period: 1000 + 5000 * random() }));
    return (timeMs) =>
        waves.reduce((sum, { phase, period }) => sum + Math.sin(phase + (2 * Math.PI * timeMs) / period), 0) / 3;
}

export const quantile = (values: number[], q: number): number =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))];
