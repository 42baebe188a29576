// Poses as WebXR gives them, and files of such poses, as hand states in camera space.

import { createHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, JOINT_NAMES, type HandSide } from "../hand/joints";
import { fromColumns, multiply, normalise } from "../hand/quaternion";
import { describe, invalid, readArray, readNumber, readNumbers, readObject, withTypedErrors } from "./checkedJson";
import { radiiOf, sizeOf } from "./handRecording";
import { rotationsFromPositions } from "./jointRotations";
import { handStateProblem } from "./recordingLimits";

export interface ImportOptions {
    /** How far before the camera the poses' origin is set, metres. @default 0.5 */
    distance?: number;
    /** One standard deviation of a joint's position, metres. @default 0.011, a headset's own tracking */
    sigma?: number;
}

/** A pose of a file and what the file calls it. */
export interface ImportedPose {
    names: string[];
    state: HandState;
}

/** Metres in one unit of a file. */
export const UNITS = { mm: 0.001, m: 1 } as const;
export type LengthUnit = keyof typeof UNITS;

/** Arm's length of a person at a desk, metres. */
export const DEFAULT_DISTANCE = 0.5;
/** Mean fingertip error of Meta Quest 2 (Abdlkarim et al., Behavior Research Methods 56, 2024), metres. */
const HEADSET_SIGMA = 0.011;
/** Determinant of a matrix' columns at unit length from which on they count as a rotation. */
const MIN_DETERMINANT = 0.9;
const MATRIX_LENGTH = 16;

/** Half a turn about x: from x right, y up, z back to x right, y down, z forward. */
const VIEWER_TO_CAMERA = Float64Array.of(1, 0, 0, 0);
const columns = new Float64Array(9);

/** Fills in what follows from the joints; what makes it impossible for a hand, or null. */
function fillState(state: HandState, sigma: number, hasRadii: boolean): string | null {
    state.size = sizeOf(state.joints);
    state.confidence = 1;
    state.sigma = state.depthSigma = sigma;
    state.keypointsPx.fill(NaN);
    if (!hasRadii) {
        radiiOf(state.size, state.radii);
    }
    return handStateProblem(state);
}

/** Fills in what follows from the joints, and refuses what cannot be a hand. */
export function completeState(state: HandState, options: ImportOptions, where: string): HandState {
    const problem = fillState(state, options.sigma ?? HEADSET_SIGMA, false);
    if (problem) {
        throw invalid(`${where}: ${problem}`, "Check the unit (metres or millimetres) and the order of the joints");
    }
    return state;
}

/**
 * A pose from the positions of its joints; rotations are worked out from them.
 * @param positions 25 x (x, y, z) in WebXR's order, x right, y up, z back; the viewer's space, or one parallel to it
 * @param out is written to; a new state if left out
 * @throws HandTrackingError `recording-invalid` if they are no hand's: not finite, all on a line, in another unit
 */
export function handStateFromPositions(
    side: HandSide,
    positions: ArrayLike<number>,
    unit: LengthUnit,
    options: ImportOptions = {},
    out: HandState = createHandState(side)
): HandState {
    if (positions.length !== JOINT_COUNT * 3) {
        throw invalid(`the pose has ${positions.length} coordinates, not ${JOINT_COUNT * 3}`);
    }
    const metres = UNITS[unit];
    out.side = side;
    for (let i = 0; i < positions.length; i += 3) {
        out.joints[i] = positions[i] * metres;
        out.joints[i + 1] = -positions[i + 1] * metres;
        out.joints[i + 2] = (options.distance ?? DEFAULT_DISTANCE) - positions[i + 2] * metres;
    }
    completeRotations(out);
    return completeState(out, options, "the pose");
}

/** Rotations from the joints of a state. */
export function completeRotations(state: HandState): void {
    if (!rotationsFromPositions(state.joints, state.side, state.rotations)) {
        throw invalid(
            "wrist and knuckles of the pose lie on a line or are not finite",
            "Check the order of the joints"
        );
    }
}

/**
 * A pose from the joints' matrices, as `XRFrame.fillPoses` gives them.
 * @param matrices 25 x 16, column-major, metres, from joint space to x right, y up, z back
 * @param radii 25, metres, as `XRFrame.fillJointRadii` gives them; the generic hand's if left out
 * @param out is written to; a new state if left out
 * @throws HandTrackingError `recording-invalid` if they are no hand's: not finite, mirrored, in another unit
 */
export function handStateFromMatrices(
    side: HandSide,
    matrices: ArrayLike<number>,
    options: ImportOptions = {},
    radii?: ArrayLike<number>,
    out: HandState = createHandState(side)
): HandState {
    if (matrices.length !== JOINT_COUNT * MATRIX_LENGTH) {
        throw invalid(`the pose has ${matrices.length} numbers, not ${JOINT_COUNT} matrices of ${MATRIX_LENGTH}`);
    }
    if (radii && radii.length !== JOINT_COUNT) {
        throw invalid(`the pose has ${radii.length} radii, not ${JOINT_COUNT}`);
    }
    const distance = options.distance ?? DEFAULT_DISTANCE;
    const problem = readJointMatrices(side, matrices, distance, options.sigma ?? HEADSET_SIGMA, radii, out);
    if (problem) {
        throw invalid(`the pose: ${problem}`, "Check the unit (metres or millimetres) and the order of the joints");
    }
    return out;
}

/**
 * As `handStateFromMatrices`, for every frame of a session.
 * @param distance how far before the camera the matrices' origin is, metres
 * @returns what is wrong with the pose; null where nothing is. `out` is not valid otherwise
 */
export function readJointMatrices(
    side: HandSide,
    matrices: ArrayLike<number>,
    distance: number,
    sigma: number,
    radii: ArrayLike<number> | undefined,
    out: HandState
): string | null {
    out.side = side;
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const at = joint * MATRIX_LENGTH;
        const determinant = readRotation(matrices, at);
        if (!(determinant > MIN_DETERMINANT)) {
            return `the matrix of ${JOINT_NAMES[joint]} is no rotation: its determinant is ${determinant}`;
        }
        fromColumns(columns, out.rotations, joint * 4);
        multiply(VIEWER_TO_CAMERA, 0, out.rotations, joint * 4, out.rotations, joint * 4);
        normalise(out.rotations, joint * 4);
        out.joints[joint * 3] = matrices[at + 12];
        out.joints[joint * 3 + 1] = -matrices[at + 13];
        out.joints[joint * 3 + 2] = distance - matrices[at + 14];
        if (radii) {
            out.radii[joint] = radii[joint];
        }
    }
    return fillState(out, sigma, radii !== undefined);
}

/** Reads a matrix' first three columns at unit length; their determinant, NaN where one is zero. */
function readRotation(matrices: ArrayLike<number>, at: number): number {
    for (let column = 0; column < 3; column++) {
        const from = at + column * 4;
        const length = Math.hypot(matrices[from], matrices[from + 1], matrices[from + 2]);
        for (let k = 0; k < 3; k++) {
            columns[column * 3 + k] = matrices[from + k] / length;
        }
    }
    const [ax, ay, az, bx, by, bz, cx, cy, cz] = columns;
    return ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
}

/**
 * Poses of handy.js: a list of `{ names, handedness, jointPositionsMm: 25 x [x, y, z] }`.
 * @param json what `JSON.parse` made of the file
 * @throws HandTrackingError `recording-invalid`
 */
export function importHandyPoses(json: unknown, options: ImportOptions = {}): ImportedPose[] {
    return withTypedErrors("importing", () =>
        readArray(json, "", "the file", 0, Infinity).map((value, index): ImportedPose => {
            const where = `[${index}]`;
            const pose = readObject(value, where);
            if (pose.handedness !== "left" && pose.handedness !== "right") {
                throw invalid(`${where}.handedness is ${describe(pose.handedness)}, neither "left" nor "right"`);
            }
            const positions = new Float64Array(JOINT_COUNT * 3);
            readArray(pose.jointPositionsMm, where, ".jointPositionsMm", JOINT_COUNT, JOINT_COUNT).forEach(
                (xyz, joint) =>
                    readNumbers(
                        xyz,
                        where,
                        `.jointPositionsMm[${joint}]`,
                        1,
                        positions.subarray(joint * 3, joint * 3 + 3)
                    )
            );
            const names =
                pose.names === undefined ? [] : readArray(pose.names, where, ".names", 0, Infinity).map(String);
            return { names, state: handStateFromPositions(pose.handedness, positions, "mm", options) };
        })
    );
}

/**
 * A pose of the Immersive Web Emulation Runtime: `{ [joint name]: { matrixColumnMajor: 16 numbers, radius: metres } }`.
 * @param json what `JSON.parse` made of the file
 * @throws HandTrackingError `recording-invalid`
 */
export function importJointMatrices(json: unknown, side: HandSide, options: ImportOptions = {}): HandState {
    return withTypedErrors("importing", () => {
        const file = readObject(json, "the file");
        const matrices = new Float64Array(JOINT_COUNT * MATRIX_LENGTH);
        const radii = new Float64Array(JOINT_COUNT);
        JOINT_NAMES.forEach((name, joint) => {
            const pose = readObject(file[name], `["${name}"]`);
            const at = joint * MATRIX_LENGTH;
            readNumbers(
                pose.matrixColumnMajor,
                name,
                ".matrixColumnMajor",
                1,
                matrices.subarray(at, at + MATRIX_LENGTH)
            );
            radii[joint] = readNumber(pose.radius, name, ".radius");
        });
        return handStateFromMatrices(side, matrices, options, radii);
    });
}

/**
 * A `.handpose` file of handy-work: float32, the number of joints (25), then as many matrices of the left hand, of the right
 * hand, and two times 25 weights.
 * @throws HandTrackingError `recording-invalid`
 */
export function importHandyWorkPose(file: ArrayBuffer, options: ImportOptions = {}): Record<HandSide, HandState> {
    const size = JOINT_COUNT * MATRIX_LENGTH;
    const count = 1 + 2 * size + 2 * JOINT_COUNT;
    return withTypedErrors("importing", () => {
        if (!(file instanceof ArrayBuffer) || file.byteLength !== count * Float32Array.BYTES_PER_ELEMENT) {
            throw invalid(`the pose has ${String(file?.byteLength)} bytes, not ${count * 4}`, "Give a .handpose file");
        }
        const numbers = new Float32Array(file);
        if (numbers[0] !== JOINT_COUNT) {
            throw invalid(`the pose has ${numbers[0]} joints, not ${JOINT_COUNT}`, "Give a .handpose file");
        }
        return {
            left: handStateFromMatrices("left", numbers.subarray(1, 1 + size), options),
            right: handStateFromMatrices("right", numbers.subarray(1 + size, 1 + 2 * size), options),
        };
    });
}
