// A hand that does what a test says: opens, pinches, closes, at a place, in a scene.

import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Scene } from "@babylonjs/core/scene";
import { CameraSpaceMapping, type CameraSpaceOptions } from "../../src/babylon/cameraSpace";
import { DEGREES_OF_FREEDOM } from "../../src/hand/degreesOfFreedom";
import { PINCH_ANGLES } from "../../src/hand/gesturePoses";
import type { HandPose } from "../../src/hand/handPose";
import { createHandState, type HandState } from "../../src/hand/handState";
import { JOINT_COUNT, TIP_JOINTS, WRIST, type HandSide } from "../../src/hand/joints";
import { forwardKinematics } from "../../src/hand/kinematics";
import { fromRotationVector, multiply } from "../../src/hand/quaternion";
import { uprightPose } from "./syntheticHand";

/** What the hand does, each 0..1. */
export interface Gesture {
    pinch?: number;
    fist?: number;
}

/** An upright hand, palm to the camera, that makes a gesture; x mirrored for left hands as always. */
export function gesturePose(
    position: readonly number[],
    { pinch = 0, fist = 0 }: Gesture,
    turn: readonly number[] = [0, 0, 0]
): HandPose {
    const pose = uprightPose(position, 0.1, turn);
    DEGREES_OF_FREEDOM.forEach(({ axis, joint, max }, angle) => {
        const bent = axis === "flexion" && joint > 4 ? 0.95 * max : 0;
        pose.angles[angle] += fist * (bent - pose.angles[angle]);
        if (angle < PINCH_ANGLES.length) {
            pose.angles[angle] += pinch * (PINCH_ANGLES[angle] - pose.angles[angle]);
        }
    });
    return pose;
}

/** A state at a time, in camera space. */
export function gestureState(
    side: HandSide,
    timeMs: number,
    position: readonly number[],
    gesture: Gesture,
    turn?: readonly number[]
): HandState {
    const state = createHandState(side);
    forwardKinematics(gesturePose(position, gesture, turn), side, state);
    state.timeMs = timeMs;
    state.confidence = 1;
    return state;
}

/** Joints of a hand in a scene's world, moved so that a point of it lies where the test says. */
export class ScriptedHand {
    public readonly joints = new Float32Array(JOINT_COUNT * 3);
    public readonly rotations = new Float32Array(JOINT_COUNT * 4);
    public readonly radii = new Float32Array(JOINT_COUNT);
    public state: HandState;
    private readonly _mapping: CameraSpaceMapping;
    private readonly _extraTurn = Float64Array.of(0, 0, 0, 1);

    public constructor(
        scene: Scene,
        node: TransformNode,
        private readonly _side: HandSide = "right",
        private readonly _turn: readonly number[] = [0, 0, 0],
        options: CameraSpaceOptions = { view: "camera" }
    ) {
        this._mapping = new CameraSpaceMapping(scene, node, options);
        this.state = createHandState(_side);
    }

    /** Turns it about an axis of camera space (axis times radians) from how it was made. */
    public turnBy(turn: readonly number[]): void {
        fromRotationVector(turn[0], turn[1], turn[2], this._extraTurn, 0);
    }

    /** The middle between thumb and index tip goes to a place of the scene's world (node at the origin, camera view). */
    public pinchAt(x: number, y: number, z: number, gesture: Gesture): this {
        return this._place([x, y, z], gesture, [TIP_JOINTS[0], TIP_JOINTS[1]]);
    }

    /** A joint goes to a place of the scene's world. */
    public jointAt(joint: number, x: number, y: number, z: number, gesture: Gesture): this {
        return this._place([x, y, z], gesture, [joint]);
    }

    /** The wrist goes to a place of camera space. */
    public wristAt(position: readonly number[], gesture: Gesture): this {
        const flip = this._side === "left" ? -1 : 1;
        const pose = gesturePose([position[0] * flip, position[1], position[2]], gesture, this._turn);
        multiply(this._extraTurn, 0, pose.rotation, 0, pose.rotation, 0);
        forwardKinematics(pose, this._side, this.state);
        this._mapping.refresh();
        this._mapping.toWorld(this.state, this.joints, this.rotations);
        this.radii.set(this.state.radii);
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            this.radii[joint] *= this._mapping.worldScale;
        }
        return this;
    }

    private _place(point: readonly number[], gesture: Gesture, joints: readonly number[]): this {
        this.wristAt([0, 0, 0.5], gesture);
        for (let k = 0; k < 3; k++) {
            let at = 0;
            for (const joint of joints) {
                at += this.joints[joint * 3 + k] / joints.length;
            }
            for (let joint = WRIST; joint < JOINT_COUNT; joint++) {
                this.joints[joint * 3 + k] += point[k] - at;
            }
        }
        return this;
    }
}
