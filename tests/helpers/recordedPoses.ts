// Recorded hands as states in camera space.

import { readFileSync } from "node:fs";
import { createHandState, type HandState } from "../../src/hand/handState";
import type { HandSide } from "../../src/hand/joints";

const FOLDER = new URL("../fixtures/poses/", import.meta.url);

export interface RecordedPose {
    names: string[];
    state: HandState;
}

interface PoseRecord {
    names: string[];
    handedness: HandSide;
    jointPositionsMm: number[][];
}

/** Poses of a file, half a metre before the camera, as if it looked from where the person does. */
export function readPoses(file: string): RecordedPose[] {
    const records = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as PoseRecord[];
    return records.map(({ names, handedness, jointPositionsMm }) => {
        const state = createHandState(handedness);
        jointPositionsMm.forEach(([x, y, z], joint) => {
            // x right, y up, z back to x right, y down, z forward.
            state.joints.set([x / 1000, -y / 1000, 0.5 - z / 1000], joint * 3);
        });
        return { names, state };
    });
}

export interface RecordedFrame {
    state: HandState;
    leapPinch: number;
    leapGrab: number;
}

interface FrameRecord {
    timeMs: number;
    side: HandSide;
    leapPinch: number;
    leapGrab: number;
    jointsMm: number[];
}

/** Frames of a recording, with what the device's own software said. */
export function readRecording(file: string): RecordedFrame[] {
    const records = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as FrameRecord[];
    return records.map(({ timeMs, side, leapPinch, leapGrab, jointsMm }) => {
        const state = createHandState(side);
        state.timeMs = timeMs;
        state.joints.set(jointsMm.map((mm) => mm / 1000));
        return { state, leapPinch, leapGrab };
    });
}
