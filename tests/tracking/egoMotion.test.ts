import { describe, expect, it } from "vitest";
import { createCameraMotion, type CameraMotion } from "../../src/camera/cameraMotion";
import { CameraPath } from "../../src/camera/cameraPath";
import { createHandState } from "../../src/hand/handState";
import { JOINT_COUNT, type HandSide } from "../../src/hand/joints";
import { fromRotationVector, multiply, rotate } from "../../src/hand/quaternion";
import { addCameraMotion } from "../../src/tracking/egoMotion";
import { createHandObservation } from "../../src/tracking/handObservation";
import { predictHandState } from "../../src/tracking/prediction";
import { gesturePose } from "../helpers/scriptedHand";

const FRAME_MS = 1000 / 72;
/** A head that turns by 86 degrees a second and moves. */
const TURN = [0.3, 1.5, -0.2];
const MOVE = [0.4, -0.1, 0.2];

/** The camera of a head that has moved for so long. */
function poseAt(timeMs: number, position: Float64Array, rotation: Float64Array): void {
    const s = timeMs / 1000;
    MOVE.forEach((speed, k) => (position[k] = speed * s));
    fromRotationVector(TURN[0] * s, TURN[1] * s, TURN[2] * s, rotation, 0);
}

function walk(): CameraPath {
    const path = new CameraPath();
    const position = new Float64Array(3);
    const rotation = new Float64Array(4);
    for (let frame = 0; frame < 200; frame++) {
        poseAt(frame * FRAME_MS, position, rotation);
        path.add(frame * FRAME_MS, position, rotation);
    }
    return path;
}

/** Joints of a state, laid before a camera. */
function place(joints: Float32Array, camera: CameraMotion): Float64Array {
    const out = new Float64Array(JOINT_COUNT * 3);
    for (let joint = 0; joint < JOINT_COUNT * 3; joint += 3) {
        rotate(camera.rotation, 0, joints, joint, out, joint);
        for (let k = 0; k < 3; k++) {
            out[joint + k] += camera.position[k];
        }
    }
    return out;
}

describe("a camera that moves", () => {
    it("is found again at any time of the last second", () => {
        const path = walk();
        const found = createCameraMotion();
        const position = new Float64Array(3);
        const rotation = new Float64Array(4);
        let worst = 0;
        for (const timeMs of [1500, 1777.7, 2100.3, 199 * FRAME_MS]) {
            expect(path.at(timeMs, found)).toBe(true);
            poseAt(timeMs, position, rotation);
            for (let k = 0; k < 3; k++) {
                worst = Math.max(worst, Math.abs(found.position[k] - position[k]));
            }
            for (let k = 0; k < 4; k++) {
                worst = Math.max(worst, Math.abs(found.rotation[k] - rotation[k]));
            }
        }
        const clamped = createCameraMotion();
        path.at(1e9, clamped);
        console.log(
            `poses within ${worst.toExponential(1)}; the last one is kept: ${clamped.position[0].toFixed(3)} m`
        );
        expect(worst).toBeLessThan(1e-5);
        expect(clamped.position[0]).toBeCloseTo(MOVE[0] * 199 * FRAME_MS * 1e-3, 9);
        path.clear();
        expect(path.at(0, clamped)).toBe(false);
    });

    it("does not carry a resting hand along: predictions stay where the hand is", () => {
        for (const side of ["left", "right"] as HandSide[]) {
            const path = walk();
            const camera = createCameraMotion();
            const later = createCameraMotion();
            const captureMs = 1600;
            const aheadMs = 50;
            path.at(captureMs, camera);
            path.at(captureMs + aheadMs, later);
            const observation = createHandObservation();
            observation.side = side;
            observation.timeMs = captureMs;
            Object.assign(observation.pose, gesturePose([0.1, 0.05, 0.5], { pinch: 0.3 }));
            const seen = createHandState(side);
            predictHandState(observation, captureMs, seen);
            const truth = place(seen.joints, camera);
            // What the tracker says of a resting hand: it moves against the camera, as mirrored as its pose.
            const sign = side === "left" ? -1 : 1;
            const inverse = Float64Array.from(camera.rotation, (value, k) => (k < 3 ? -value : value));
            const w = new Float64Array(3);
            const v = new Float64Array(3);
            rotate(inverse, 0, Float64Array.from(TURN), 0, w, 0);
            rotate(inverse, 0, Float64Array.from(MOVE), 0, v, 0);
            const [x, y, z] = observation.pose.translation;
            const wrist = [x * sign, y, z];
            const apparent = [
                -(v[0] + w[1] * wrist[2] - w[2] * wrist[1]),
                -(v[1] + w[2] * wrist[0] - w[0] * wrist[2]),
                -(v[2] + w[0] * wrist[1] - w[1] * wrist[0]),
            ];
            observation.velocity.set([apparent[0] * sign, apparent[1], apparent[2]]);
            observation.angularVelocity.set([-w[0], -w[1] * sign, -w[2] * sign]);
            const error = (): number => {
                const state = createHandState(side);
                predictHandState(observation, captureMs + aheadMs, state);
                const placed = place(state.joints, camera);
                return Math.max(...placed.map((value, i) => Math.abs(value - truth[i])));
            };
            const without = error();
            addCameraMotion(observation, camera);
            const withMotion = error();
            console.log(
                `${side}: 50 ms ahead a resting hand is off by ${(1000 * without).toFixed(1)} mm, with the head's motion by ${(1000 * withMotion).toFixed(3)} mm`
            );
            expect(without).toBeGreaterThan(0.01);
            expect(withMotion).toBeLessThan(1e-4);
        }
    });

    it("turns its axes with its pose", () => {
        const path = walk();
        const camera = createCameraMotion();
        path.at(1600, camera);
        const turned = new Float64Array(4);
        const back = new Float64Array(3);
        rotate(camera.rotation, 0, camera.velocity, 0, back, 0);
        multiply(camera.rotation, 0, Float64Array.of(0, 0, 0, 1), 0, turned, 0);
        console.log(`velocity in the ground's axes: ${[...back].map((value) => value.toFixed(3)).join(" ")} m/s`);
        MOVE.forEach((speed, k) => expect(back[k]).toBeCloseTo(speed, 6));
    });
});
