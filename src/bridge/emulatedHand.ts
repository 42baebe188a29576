// A tracked hand written into the emulated device: joint spaces, radii, target ray, grip, and the events of a pinch.

import { P_GAMEPAD, P_JOINT_SPACE, P_SPACE, XRInputSourceEvent, type XRDevice, type XRFrame } from "iwer";
import { JOINT_COUNT, JOINT_NAMES } from "../hand/joints";
import { extendTips } from "../hand/kinematics";
import { multiply, rotate } from "../hand/quaternion";
import type { BridgedHand } from "./bridgedHand";
import type { BridgeView } from "./bridgeOptions";
import { writeGrip, writeTargetRay } from "./handSpaces";
import { closePinch } from "./pinchContact";
import { createPose, createViewerJoints, MATRIX_LENGTH, toViewerSpace, writeRelativeMatrix } from "./viewerSpace";

type HandInput = NonNullable<XRDevice["hands"]["left"]>;
type JointSpace = Parameters<XRFrame["getJointPose"]>[0];
type Space = Parameters<XRFrame["getPose"]>[0];

/**
 * Drives one hand of iwer, whose joint spaces hang on the hand's target ray space and are laid out anew in every XR frame by
 * `updateHandPose`, between two fixed poses. That method is replaced on this one object, so the fixed poses never show, and
 * what is written here stands; so is `onFrameStart`, for events in the order of the specification. Nothing of iwer's classes
 * is changed.
 */
export class EmulatedHand {
    private readonly _joints = createViewerJoints();
    private readonly _ray = createPose();
    private readonly _grip = createPose();
    private readonly _matrix = new Float32Array(MATRIX_LENGTH);
    private readonly _turn = new Float64Array(4);
    private readonly _place = new Float64Array(3);
    private readonly _jointSpaces: JointSpace[];
    private readonly _gripSpace: Space | undefined;
    private _wasPinching = false;

    public constructor(
        private readonly _device: XRDevice,
        private readonly _input: HandInput,
        private readonly _hand: BridgedHand
    ) {
        const { inputSource } = _input;
        this._jointSpaces = JOINT_NAMES.map((name) => inputSource.hand!.get(name as never) as JointSpace);
        this._gripSpace = inputSource.gripSpace;
        _input.connected = false;
        _input.updateHandPose = () => undefined;
        // iwer gives `select` before `selectstart`; applications that act on both expect it before `selectend`.
        inputSource.gamepad![P_GAMEPAD].buttonsMap.pinch![P_GAMEPAD].eventTrigger = null;
        const startFrame = _input.onFrameStart.bind(_input);
        _input.onFrameStart = (frame) => {
            startFrame(frame);
            this._tellPinch(frame);
        };
    }

    /** Writes the hand as it is now; before the XR frame starts. */
    public write(view: BridgeView, facingDistance: number): void {
        const { _hand: hand, _input: input, _ray: ray, _joints: joints } = this;
        if (!hand.isPresent) {
            // A pinch ends in a frame of its own: input sources that are gone tell nothing any more.
            if (this._wasPinching) {
                input.updatePinchValue(0);
            } else {
                input.connected = false;
            }
            return;
        }
        toViewerSpace(hand.state, view, facingDistance, joints);
        // Applications expect a headset's fingertips, which are the fingers' ends.
        extendTips(joints.positions, joints.rotations, hand.state.size);
        closePinch(joints, hand.closure);
        writeTargetRay(joints, hand.side, ray);
        writeGrip(joints, hand.side, this._grip);
        this._placeRay();
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            const space = this._jointSpaces[joint];
            this._writeSpace(space, joints.positions, joint * 3, joints.rotations, joint * 4);
            space[P_JOINT_SPACE].radius = hand.state.radii[joint];
        }
        if (this._gripSpace) {
            this._writeSpace(this._gripSpace, this._grip.position, 0, this._grip.rotation, 0);
        }
        // iwer's button is pressed wherever its value is not 0.
        input.updatePinchValue(hand.isPinching ? 1 : 0);
        input.connected = true;
    }

    /** Takes the hand away at once: the session is over. */
    public disconnect(): void {
        this._wasPinching = false;
        this._input.setPinchValueImmediate(0);
        this._input.connected = false;
    }

    /** The ray's space is the parent of the others: what it turns by, they are turned back by. */
    private _placeRay(): void {
        const { position, quaternion } = this._device;
        const { _ray: ray, _turn: turn, _place: place } = this;
        turn[0] = quaternion.x;
        turn[1] = quaternion.y;
        turn[2] = quaternion.z;
        turn[3] = quaternion.w;
        rotate(turn, 0, ray.position, 0, place, 0);
        this._input.position.set(place[0] + position.x, place[1] + position.y, place[2] + position.z);
        multiply(turn, 0, ray.rotation, 0, turn, 0);
        this._input.quaternion.set(turn[0], turn[1], turn[2], turn[3]);
    }

    private _writeSpace(space: Space, positions: Float64Array, p: number, rotations: Float64Array, q: number): void {
        writeRelativeMatrix(this._ray, positions, p, rotations, q, this._matrix);
        const offset = space[P_SPACE].offsetMatrix;
        for (let i = 0; i < MATRIX_LENGTH; i++) {
            offset[i] = this._matrix[i];
        }
    }

    private _tellPinch(frame: XRFrame): void {
        const isPinching = this._input.pinchValue > 0;
        if (isPinching === this._wasPinching) {
            return;
        }
        this._wasPinching = isPinching;
        if (isPinching) {
            this._tell("selectstart", frame);
            return;
        }
        if (!this._hand.wasCancelled) {
            this._tell("select", frame);
        }
        this._tell("selectend", frame);
    }

    private _tell(type: string, frame: XRFrame): void {
        frame.session.dispatchEvent(new XRInputSourceEvent(type, { frame, inputSource: this._input.inputSource }));
    }
}
