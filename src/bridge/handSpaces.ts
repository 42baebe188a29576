// Where a hand points and where it holds: target ray and grip of WebXR, from the joints alone.

import { fistPoint } from "../gestures/holdingPoint";
import { JOINT_NAMES, type HandSide } from "../hand/joints";
import { fromColumns, multiply } from "../hand/quaternion";
import type { Pose, ViewerJoints } from "./viewerSpace";

const INDEX_KNUCKLE = JOINT_NAMES.indexOf("index-finger-phalanx-proximal");
const PALM = JOINT_NAMES.indexOf("middle-finger-metacarpal");

/**
 * The shoulder of an adult who looks straight ahead, from between the eyes, metres, x outwards: half the distance of the
 * shoulder joints (0.34), two hand breadths down, a little behind the eyes. A few centimetres hardly turn the ray of a hand
 * that is half a metre away.
 */
const SHOULDER = [0.17, -0.22, 0.1] as const;
/** Below this sine of the angle to the vertical a ray has no heading of its own. */
const UPRIGHT_SINE = 1e-3;

/**
 * Palm to grip, of WebXR's definitions: the palm's joint has its fingers along -z and its back along +y; a grip has the back
 * of a right hand along +x, of a left one along -x, and a rod held in the fist along -z to the thumb.
 */
const PALM_TO_GRIP: Record<HandSide, Float64Array> = {
    right: Float64Array.of(0.5, 0.5, 0.5, 0.5),
    left: Float64Array.of(0.5, -0.5, -0.5, 0.5),
};

const columns = new Float64Array(9);

/**
 * The target ray: from the index finger's knuckle, which hardly moves in a pinch, along the line from the shoulder, as the
 * hand's own direction is up where a webcam sees its palm. Its -z points along the ray; it does not roll against the viewer.
 */
export function writeTargetRay({ positions }: ViewerJoints, side: HandSide, out: Pose): void {
    const at = INDEX_KNUCKLE * 3;
    for (let k = 0; k < 3; k++) {
        out.position[k] = positions[at + k];
    }
    // z of the ray's space: back to the shoulder.
    const x = (side === "left" ? -SHOULDER[0] : SHOULDER[0]) - positions[at];
    const y = SHOULDER[1] - positions[at + 1];
    const z = SHOULDER[2] - positions[at + 2];
    const length = Math.hypot(x, y, z);
    const across = Math.hypot(x, z);
    if (!(across > UPRIGHT_SINE * length)) {
        // Straight above or below the shoulder: keep the viewer's heading.
        out.rotation[0] = out.rotation[1] = out.rotation[2] = 0;
        out.rotation[3] = 1;
        return;
    }
    // Level to the right, then up made perpendicular.
    const rx = z / across;
    const rz = -x / across;
    columns[0] = rx;
    columns[1] = 0;
    columns[2] = rz;
    columns[6] = x / length;
    columns[7] = y / length;
    columns[8] = z / length;
    columns[3] = columns[7] * rz;
    columns[4] = columns[8] * rx - columns[6] * rz;
    columns[5] = -columns[7] * rx;
    fromColumns(columns, out.rotation, 0);
}

const held = new Float32Array(3);
const joints32 = new Float32Array(JOINT_NAMES.length * 3);
const rotations32 = new Float32Array(JOINT_NAMES.length * 4);

/** The grip: in the middle of what a fist holds, with the palm's orientation. */
export function writeGrip({ positions, rotations }: ViewerJoints, side: HandSide, out: Pose): void {
    joints32.set(positions);
    rotations32.set(rotations);
    fistPoint(joints32, rotations32, held);
    for (let k = 0; k < 3; k++) {
        out.position[k] = held[k];
    }
    multiply(rotations, PALM * 4, PALM_TO_GRIP[side], 0, out.rotation, 0);
}
