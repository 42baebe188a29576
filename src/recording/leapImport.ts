// Recordings of leapjs-playback (a Leap Motion's frames as JSON) as recordings of this plugin.

import { REFERENCE_PALM, REST_POSITIONS } from "../hand/genericHand";
import { createHandState, type HandState } from "../hand/handState";
import { METACARPAL_JOINTS, WRIST } from "../hand/joints";
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
import type { HandRecording, HandRecordingFrame } from "./handRecording";
import { MAX_FRAMES, MAX_HANDS, timeProblem } from "./recordingLimits";
import { completeRotations, completeState, DEFAULT_DISTANCE, UNITS, type ImportOptions } from "./webxrImport";

export interface LeapImportOptions extends ImportOptions {
    /**
     * `viewer`: as the person sees the hands who holds them over the device. `device`: as the device sees them, from below,
     * which is where the positions come from; `distance` does not count then.
     * @default "viewer"
     */
    view?: "viewer" | "device";
}

/** Where the interaction box has its centre, mm above the device (`interactionBox.center` of every frame). */
const BOX_CENTRE_MM = 200;
const MS_PER_MICROSECOND = 1e-3;
/** Fields of a `pointable` from knuckle to tip; the thumb's first bone has no length, so its "mcp" is WebXR's metacarpal. */
const POSITIONS = ["mcpPosition", "pipPosition", "dipPosition", "tipPosition"] as const;

// How far along the way from wrist to knuckle the generic hand's metacarpals lie: the format has none.
const METACARPAL_FRACTIONS = METACARPAL_JOINTS.map((metacarpal) => {
    let dot = 0;
    let square = 0;
    for (let k = 0; k < 3; k++) {
        const way = REST_POSITIONS[(metacarpal + 1) * 3 + k] - REST_POSITIONS[WRIST * 3 + k];
        dot += way * (REST_POSITIONS[metacarpal * 3 + k] - REST_POSITIONS[WRIST * 3 + k]);
        square += way * way;
    }
    return dot / square;
});

const scratch = new Float64Array(3);

/** Reads a position or direction of a frame: mm, x right, y up from the device, z to the person. */
function readVector(value: unknown, where: string, field: string): Float64Array {
    readNumbers(value, where, field, 1, scratch);
    return scratch;
}

/** Writes a position, mm in the device's space, into a state's camera space. */
function place(mm: Float64Array, options: LeapImportOptions, joints: Float32Array, joint: number): void {
    const [x, y, z] = mm;
    joints[joint * 3] = x * UNITS.mm;
    if (options.view === "device") {
        joints[joint * 3 + 1] = -z * UNITS.mm;
        joints[joint * 3 + 2] = y * UNITS.mm;
    } else {
        joints[joint * 3 + 1] = (BOX_CENTRE_MM - y) * UNITS.mm;
        joints[joint * 3 + 2] = (options.distance ?? DEFAULT_DISTANCE) - z * UNITS.mm;
    }
}

function readHand(hand: Fields, pointables: Fields[], where: string, options: LeapImportOptions): HandState {
    if (hand.type !== "left" && hand.type !== "right") {
        throw invalid(`${where}.type is ${describe(hand.type)}, neither "left" nor "right"`);
    }
    const state = createHandState(hand.type);
    state.id = readNumber(hand.id, where, ".id");
    const { joints } = state;
    for (let finger = 0; finger < METACARPAL_JOINTS.length; finger++) {
        const pointable = pointables.find(({ handId, type }) => handId === hand.id && type === finger);
        if (!pointable) {
            throw invalid(`${where} has no pointable of type ${finger}`, "Record with Leap's SDK 2 or later");
        }
        // A thumb has four joints, the other fingers' first is the metacarpal, which is filled in below.
        const first = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
        POSITIONS.forEach((field, i) =>
            place(readVector(pointable[field], where, `.pointables[${finger}].${field}`), options, joints, first + i)
        );
    }
    // The format has no wrist either: one reference palm from the middle knuckle, against the hand's direction.
    const root = pointables.find(({ handId, type }) => handId === hand.id && type === 2)!;
    const direction = Float64Array.from(readVector(hand.direction, where, ".direction"));
    const length = Math.hypot(direction[0], direction[1], direction[2]);
    const knuckle = readVector(root.mcpPosition, where, ".mcpPosition");
    for (let k = 0; k < 3; k++) {
        knuckle[k] -= (direction[k] / length) * (REFERENCE_PALM / UNITS.mm);
    }
    place(knuckle, options, joints, WRIST);
    placeMetacarpals(joints);
    completeRotations(state);
    completeState(state, options, where);
    if (hand.confidence !== undefined) {
        // Older devices' software does not say it.
        state.confidence = Math.min(Math.max(readNumber(hand.confidence, where, ".confidence"), 0), 1);
    }
    return state;
}

function placeMetacarpals(joints: Float32Array): void {
    for (let finger = 1; finger < METACARPAL_JOINTS.length; finger++) {
        const metacarpal = METACARPAL_JOINTS[finger] * 3;
        for (let k = 0; k < 3; k++) {
            const wrist = joints[WRIST * 3 + k];
            joints[metacarpal + k] = wrist + METACARPAL_FRACTIONS[finger] * (joints[metacarpal + 3 + k] - wrist);
        }
    }
}

/**
 * A recording of leapjs-playback. Wrist and finger metacarpals, which the format lacks, are set by the generic hand's
 * proportions, so that every hand has size 1.
 * @param json what `JSON.parse` made of the file: `{ frames: [{ timestamp, hands, pointables }] }`, not packed
 * @throws HandTrackingError `recording-invalid` that names the place and the value
 */
export function importLeapPlayback(json: unknown, options: LeapImportOptions = {}): HandRecording {
    return withTypedErrors("importing", () => {
        const file = readObject(json, "the file");
        const frames: HandRecordingFrame[] = [];
        let startMs = NaN;
        readArray(file.frames, "", "frames", 0, MAX_FRAMES).forEach((value, index) => {
            const where = `frames[${index}]`;
            const frame = readObject(value, where);
            const clockMs = readNumber(frame.timestamp, where, ".timestamp") * MS_PER_MICROSECOND;
            startMs = frames.length === 0 ? clockMs : startMs;
            const timeMs = clockMs - startMs;
            const problem = timeProblem(timeMs, frames.at(-1)?.timeMs ?? null);
            if (problem) {
                throw invalid(`${where}.timestamp is, since the start, ${problem}`);
            }
            const pointables = readArray(frame.pointables, where, ".pointables", 0, Infinity).map((pointable, i) =>
                readObject(pointable, `${where}.pointables[${i}]`)
            );
            const hands = readArray(frame.hands, where, ".hands", 0, MAX_HANDS).map((hand, i) => {
                const handAt = `${where}.hands[${i}]`;
                const state = readHand(readObject(hand, handAt), pointables, handAt, options);
                state.timeMs = timeMs;
                return state;
            });
            frames.push({ timeMs, hands });
        });
        return { frames };
    });
}
