// What a recording may hold: checked when hands are recorded, written and read, so that what is written can be read.

import type { HandState } from "../hand/handState";
import { JOINT_COUNT } from "../hand/joints";

/** Over an hour at 60 frames a second; decoded, two hands of it take about half a gigabyte. */
export const MAX_FRAMES = 250_000;
/** As many as the tracker follows. */
export const MAX_HANDS = 2;
/** A day, ms: later times come from another clock. */
export const MAX_TIME_MS = 24 * 60 * 60 * 1000;
/** So that ids stay whole numbers when a replay makes new ones of them, loop after loop. */
const MAX_ID = 2 ** 32 - 1;
/** Metres from the camera along each axis; what is further off is in another unit. */
const MAX_REACH = 10;
/** Metres; no joint of a hand of the greatest size is thicker. */
const MAX_RADIUS = 0.25;
/** Hands of 18 to 460 mm palm: no person's are outside, a hand in the wrong unit is. */
const MIN_SIZE = 0.2;
const MAX_SIZE = 5;
/** How far a quaternion's norm may be from one: rounding to 1/10,000, or to three digits by another program. */
const NORM_TOLERANCE = 0.01;

const inRange = (value: number, min: number, max: number): boolean => value >= min && value <= max;

/** What makes a state impossible to record, with the value; null where nothing does. */
export function handStateProblem(state: HandState): string | null {
    const { joints, rotations, radii } = state;
    if (joints.length !== JOINT_COUNT * 3 || rotations.length !== JOINT_COUNT * 4 || radii.length !== JOINT_COUNT) {
        return `joints, rotations and radii have ${joints.length}, ${rotations.length} and ${radii.length} numbers, not 75, 100 and 25`;
    }
    if (!(Number.isInteger(state.id) && inRange(state.id, 0, MAX_ID))) {
        return `id is ${state.id}, not a whole number within 0..${MAX_ID}`;
    }
    if (state.side !== "left" && state.side !== "right") {
        return `side is ${String(state.side)}, neither "left" nor "right"`;
    }
    if (!inRange(state.confidence, 0, 1)) {
        return `confidence is ${state.confidence}, not within 0..1`;
    }
    if (!inRange(state.size, MIN_SIZE, MAX_SIZE)) {
        return `size is ${state.size}, not within ${MIN_SIZE}..${MAX_SIZE} (1 is a palm of 92 mm)`;
    }
    if (!inRange(state.sigma, 0, MAX_REACH)) {
        return `sigma is ${state.sigma} m, not within 0..${MAX_REACH}`;
    }
    if (!inRange(state.depthSigma, 0, MAX_REACH)) {
        return `depthSigma is ${state.depthSigma} m, not within 0..${MAX_REACH}`;
    }
    for (let i = 0; i < joints.length; i++) {
        if (!inRange(joints[i], -MAX_REACH, MAX_REACH)) {
            return `joints[${i}] is ${joints[i]} m, not within ${MAX_REACH} m of the camera`;
        }
    }
    for (let i = 0; i < radii.length; i++) {
        if (!inRange(radii[i], 0, MAX_RADIUS)) {
            return `radii[${i}] is ${radii[i]} m, not within 0..${MAX_RADIUS}`;
        }
    }
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const at = joint * 4;
        const norm = Math.hypot(rotations[at], rotations[at + 1], rotations[at + 2], rotations[at + 3]);
        if (!inRange(norm, 1 - NORM_TOLERANCE, 1 + NORM_TOLERANCE)) {
            return `rotations[${at}..${at + 3}] is a quaternion of norm ${norm}, not 1`;
        }
    }
    return null;
}

/** What makes a moment impossible to record after another (`null`: the first); null where nothing does. */
export function timeProblem(timeMs: number, previousMs: number | null): string | null {
    if (!inRange(timeMs, 0, MAX_TIME_MS)) {
        return `${timeMs} ms, not within 0..${MAX_TIME_MS}`;
    }
    return previousMs !== null && timeMs <= previousMs
        ? `${timeMs} ms, not later than ${previousMs} ms before it`
        : null;
}
