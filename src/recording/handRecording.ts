// Hands over time, and the JSON that keeps them: docs/recording.md describes the format.

import { JOINT_RADII, REFERENCE_PALM } from "../hand/genericHand";
import { createHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, ROOT_JOINT, WRIST } from "../hand/joints";
import { normalise } from "../hand/quaternion";
import {
    describe,
    invalid,
    readArray,
    readNumber,
    readNumbers,
    readObject,
    withTypedErrors,
    type Fields,
} from "./checkedJson";
import { rotationsFromPositions } from "./jointRotations";
import { handStateProblem, MAX_FRAMES, MAX_HANDS, timeProblem } from "./recordingLimits";

/** All hands of one moment. */
export interface HandRecordingFrame {
    /** Since the recording's start, ms; later than the frame before. */
    timeMs: number;
    /** At most two, no `id` twice; each has the frame's `timeMs`. */
    hands: readonly HandState[];
}

/** Hands over time, in camera space. `parseHandRecording`, `HandRecorder` and the imports make it. */
export interface HandRecording {
    frames: readonly HandRecordingFrame[];
}

const FORMAT = "hand-recording";
const VERSION = 1;
/** The file's unit of joints and radii, metres. */
const LENGTH_UNIT = 1e-4;
/** The file's unit of a quaternion's components: 0.01 degrees. */
const QUATERNION_UNIT = 1e-4;
/** The file's unit of sigmas, metres. */
const SIGMA_UNIT = 1e-3;
function readHand(value: unknown, where: string, timeMs: number): HandState {
    const hand = readObject(value, where);
    if (hand.side !== "left" && hand.side !== "right") {
        throw invalid(`${where}.side is ${describe(hand.side)}, neither "left" nor "right"`);
    }
    const state = createHandState(hand.side);
    state.timeMs = timeMs;
    state.id = readNumber(hand.id, where, ".id");
    state.confidence = readNumber(hand.confidence, where, ".confidence");
    state.sigma = readNumber(hand.sigma, where, ".sigma") * SIGMA_UNIT;
    state.depthSigma = readNumber(hand.depthSigma, where, ".depthSigma") * SIGMA_UNIT;
    readNumbers(hand.joints, where, ".joints", LENGTH_UNIT, state.joints);
    state.size = hand.size === undefined ? sizeOf(state.joints) : readNumber(hand.size, where, ".size");
    if (hand.rotations !== undefined) {
        readNumbers(hand.rotations, where, ".rotations", QUATERNION_UNIT, state.rotations);
    } else if (!rotationsFromPositions(state.joints, state.side, state.rotations)) {
        throw invalid(`${where} has no rotations, and wrist and knuckles lie on a line: they cannot be worked out`);
    }
    if (hand.radii === undefined) {
        radiiOf(state.size, state.radii);
    } else {
        readNumbers(hand.radii, where, ".radii", LENGTH_UNIT, state.radii);
    }
    const problem = handStateProblem(state);
    if (problem) {
        throw invalid(`${where}.${problem}`);
    }
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        normalise(state.rotations, joint * 4);
    }
    return state;
}

/** Size of a hand by its palm, from wrist to middle knuckle; joints are 25 x 3, metres. */
export function sizeOf(joints: Float32Array): number {
    const wrist = WRIST * 3;
    const root = ROOT_JOINT * 3;
    return (
        Math.hypot(
            joints[root] - joints[wrist],
            joints[root + 1] - joints[wrist + 1],
            joints[root + 2] - joints[wrist + 2]
        ) / REFERENCE_PALM
    );
}

/** The generic hand's 25 radii at a size, metres. */
export function radiiOf(size: number, out: Float32Array): void {
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        out[joint] = JOINT_RADII[joint] * size;
    }
}

function readFrame(value: unknown, index: number, previousMs: number | null): HandRecordingFrame {
    const where = `frames[${index}]`;
    const frame = readObject(value, where);
    const timeMs = readNumber(frame.t, where, ".t");
    const problem = timeProblem(timeMs, previousMs);
    if (problem) {
        throw invalid(`${where}.t is ${problem}`);
    }
    const hands = readArray(frame.hands, where, ".hands", 0, MAX_HANDS).map((hand, i) =>
        readHand(hand, `${where}.hands[${i}]`, timeMs)
    );
    checkIds(hands, where);
    return { timeMs, hands };
}

function checkIds(hands: readonly HandState[], where: string): void {
    if (hands.length === 2 && hands[0].id === hands[1].id) {
        throw invalid(`${where}.hands are two with the id ${hands[0].id}`, "Give each hand its own id");
    }
}

function readRecording(source: unknown): HandRecording {
    const file = readObject(source, "the file");
    if (file.format !== FORMAT) {
        throw invalid(`format is ${describe(file.format)}, not "${FORMAT}"`, "Give a file that HandRecorder wrote");
    }
    if (file.version !== VERSION) {
        throw invalid(`version is ${describe(file.version)}; this plugin reads ${VERSION}`, "Update the plugin");
    }
    if (file.jointCount !== JOINT_COUNT) {
        throw invalid(`jointCount is ${describe(file.jointCount)}, not ${JOINT_COUNT}`);
    }
    const frames: HandRecordingFrame[] = [];
    for (const value of readArray(file.frames, "", "frames", 0, MAX_FRAMES)) {
        frames.push(readFrame(value, frames.length, frames.at(-1)?.timeMs ?? null));
    }
    return { frames };
}

/**
 * Reads a recording; the result shares nothing with the source.
 * @param source the file's text, or what `JSON.parse` made of it
 * @throws HandTrackingError `recording-invalid` that names the place and the value, and never another error
 */
export function parseHandRecording(source: unknown): HandRecording {
    let file = source;
    if (typeof source === "string") {
        try {
            file = JSON.parse(source);
        } catch (cause) {
            const message = `its ${source.length} characters are not JSON (${String(cause)})`;
            throw invalid(message, "It may have been cut off: load it again or record it again", cause);
        }
    }
    return withTypedErrors("reading", () => readRecording(file));
}

function writeHand(state: HandState): Fields {
    const { joints, rotations, radii } = state;
    const inUnits = (array: Float32Array, unit: number): number[] =>
        Array.from(array, (value) => Math.round(value / unit));
    const hand: Fields = {
        id: state.id,
        side: state.side,
        confidence: Number(state.confidence.toFixed(3)),
        sigma: Number((state.sigma / SIGMA_UNIT).toFixed(1)),
        depthSigma: Number((state.depthSigma / SIGMA_UNIT).toFixed(1)),
        size: Number(state.size.toFixed(4)),
        joints: inUnits(joints, LENGTH_UNIT),
    };
    const unit = Float32Array.from(rotations);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        normalise(unit, joint * 4);
    }
    hand.rotations = inUnits(unit, QUATERNION_UNIT);
    const generic = new Float32Array(JOINT_COUNT);
    radiiOf(state.size, generic);
    if (generic.some((radius, joint) => Math.abs(radius - radii[joint]) > LENGTH_UNIT / 2)) {
        hand.radii = inUnits(radii, LENGTH_UNIT);
    }
    return hand;
}

function writeRecording(recording: HandRecording): string {
    const { frames } = recording;
    if (frames.length > MAX_FRAMES) {
        throw invalid(`it has ${frames.length} frames`, `Write at most ${MAX_FRAMES} to a file`);
    }
    let previousMs: number | null = null;
    const lines = frames.map(({ timeMs, hands }, index) => {
        const where = `frames[${index}]`;
        const t = roundTime(timeMs);
        let problem = timeProblem(t, previousMs);
        if (problem) {
            throw invalid(`${where}.timeMs is ${problem}`);
        }
        previousMs = t;
        if (hands.length > MAX_HANDS) {
            throw invalid(`${where}.hands are ${hands.length}, more than ${MAX_HANDS}`);
        }
        checkIds(hands, where);
        for (let i = 0; i < hands.length; i++) {
            problem = handStateProblem(hands[i]);
            if (problem) {
                throw invalid(`${where}.hands[${i}].${problem}`);
            }
        }
        return JSON.stringify({ t, hands: hands.map(writeHand) });
    });
    const head = JSON.stringify({ format: FORMAT, version: VERSION, jointCount: JOINT_COUNT });
    return `${head.slice(0, -1)},"frames":[\n${lines.join(",\n")}\n]}\n`;
}

/** A time as the file keeps it: to the microsecond, finer than any browser's clock. */
export function roundTime(timeMs: number): number {
    return Math.round(timeMs * 1000) / 1000;
}

/**
 * Writes a recording as JSON, one frame a line. Positions are kept to 0.1 mm, rotations to 0.01 degrees, times to 1 us; 2D
 * keypoints are left out.
 * @throws HandTrackingError `recording-invalid` if `parseHandRecording` would not read it
 */
export function stringifyHandRecording(recording: HandRecording): string {
    return withTypedErrors("writing", () => writeRecording(recording));
}
