// What the tracker says about one hand in one frame: the record that leaves the worker.

import { ANGLE_COUNT, createHandPose, type HandPose } from "../hand/handPose";
import { JOINT_COUNT, KEYPOINT_COUNT, type HandSide } from "../hand/joints";
import type { RecoveredMesh } from "../hand/recoveredMesh";

/** A hand at a frame's capture time, with the motion needed to predict it. */
export interface HandObservation {
    /** The same number as long as the hand stays tracked. */
    id: number;
    side: HandSide;
    /** Capture time of the frame, ms. */
    timeMs: number;
    /** 0..1 from the recoverer. */
    presence: number;
    pose: HandPose;
    /** Wrist velocity, m/s, in the pose's (mirrored for left hands) camera space. */
    velocity: Float32Array;
    /** Wrist angular velocity as an axis times rad/s, same space. */
    angularVelocity: Float32Array;
    /** 22 angle velocities, rad/s. */
    angleVelocities: Float32Array;
    /** One standard deviation of a joint across and along the viewing direction, metres. */
    sigma: number;
    depthSigma: number;
    /** 21 x (u, v), px of the source image. */
    keypointsPx: Float32Array;
    /** The recovered surface, where it was ever asked for; packed by itself (`packMesh`). */
    mesh: RecoveredMesh | null;
}

export function createHandObservation(): HandObservation {
    return {
        id: 0,
        side: "right",
        timeMs: 0,
        presence: 0,
        pose: createHandPose(),
        velocity: new Float32Array(3),
        angularVelocity: new Float32Array(3),
        angleVelocities: new Float32Array(ANGLE_COUNT),
        sigma: 0,
        depthSigma: 0,
        keypointsPx: new Float32Array(KEYPOINT_COUNT * 2),
        mesh: null,
    };
}

// id, side, presence, sigma, depthSigma, size, then the arrays in the order of `arrays()`.
const SCALARS = 6;

/** Floats that one packed observation takes. */
export const OBSERVATION_LENGTH =
    SCALARS + 3 + 4 + ANGLE_COUNT + JOINT_COUNT + 3 + 3 + ANGLE_COUNT + KEYPOINT_COUNT * 2;

/** Copies one array to the buffer, or from there. @returns where the next one is */
function copy(array: Float32Array, buffer: Float32Array, at: number, toBuffer: boolean): number {
    for (let i = 0; i < array.length; i++) {
        if (toBuffer) {
            buffer[at + i] = array[i];
        } else {
            array[i] = buffer[at + i];
        }
    }
    return at + array.length;
}

function copyArrays(observation: HandObservation, buffer: Float32Array, offset: number, toBuffer: boolean): void {
    const { pose } = observation;
    let at = offset + SCALARS;
    at = copy(pose.translation, buffer, at, toBuffer);
    at = copy(pose.rotation, buffer, at, toBuffer);
    at = copy(pose.angles, buffer, at, toBuffer);
    at = copy(pose.proportions, buffer, at, toBuffer);
    at = copy(observation.velocity, buffer, at, toBuffer);
    at = copy(observation.angularVelocity, buffer, at, toBuffer);
    at = copy(observation.angleVelocities, buffer, at, toBuffer);
    copy(observation.keypointsPx, buffer, at, toBuffer);
}

/** Writes an observation into `buffer` at `offset`; the capture time travels beside the buffer, a float is too coarse for it. */
export function packObservation(observation: HandObservation, buffer: Float32Array, offset: number): void {
    buffer[offset] = observation.id;
    buffer[offset + 1] = observation.side === "left" ? 1 : 0;
    buffer[offset + 2] = observation.presence;
    buffer[offset + 3] = observation.sigma;
    buffer[offset + 4] = observation.depthSigma;
    buffer[offset + 5] = observation.pose.size;
    copyArrays(observation, buffer, offset, true);
}

/** Reads what `packObservation` wrote. */
export function unpackObservation(buffer: Float32Array, offset: number, timeMs: number, out: HandObservation): void {
    out.id = buffer[offset];
    out.side = buffer[offset + 1] === 1 ? "left" : "right";
    out.timeMs = timeMs;
    out.presence = buffer[offset + 2];
    out.sigma = buffer[offset + 3];
    out.depthSigma = buffer[offset + 4];
    out.pose.size = buffer[offset + 5];
    copyArrays(out, buffer, offset, false);
}
