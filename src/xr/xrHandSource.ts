// A headset's own hands as a source of hands: 25 joints with radii, from every frame of a WebXR session.

import { CameraPath } from "../camera/cameraPath";
import type { CameraMotion } from "../camera/cameraMotion";
import { HandTrackingError } from "../errors";
import { takeTipsInside } from "../hand/fingertips";
import { createHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, JOINT_NAMES, WRIST, type HandSide } from "../hand/joints";
import { readJointMatrices } from "../recording/webxrImport";
import type { HandSource } from "../sources/handSource";
import { readXRPose, seenFrom } from "./xrPose";
import { norm3 } from "../hand/norm";

/**
 * One standard deviation of a headset's joints from frame to frame, metres: contact is softened by it. Their error against the
 * real hand is larger (a mean of 11 mm at the fingertips of Meta Quest 2; Abdlkarim et al., Behavior Research Methods 56, 2024),
 * but stays the same from frame to frame.
 */
const SIGMA = 0.001;
/** A hand that another reference space puts farther away than this has not moved there: it is a new hand, metres. */
const CUT_DISTANCE = 0.1;
const MATRIX_LENGTH = 16;

/** What is kept for one side. */
interface Side {
    readonly side: HandSide;
    readonly state: HandState;
    readonly matrices: Float32Array;
    readonly radii: Float32Array;
    /** Joint spaces of `hand`, in the order of the joints. */
    spaces: XRJointSpace[];
    hand: XRHand | null;
    wasTracked: boolean;
}

/**
 * Give it every frame of the session (`update`); the behaviour that it is the source of must be attached to a node at the origin
 * of the reference space, in the `camera` view. States are relative to the viewer, as those of a camera are to the camera.
 * Controllers and hands that are not tracked count as lost. Tip joints are where the rig has them, inside the fingers, also where a
 * headset has them on the fingers' ends.
 */
export class XRHandSource implements HandSource {
    public onHands: ((hands: readonly HandState[], timeMs: number) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;

    private readonly _sides: readonly Side[] = [createSide("left"), createSide("right")];
    private readonly _given: HandState[] = [];
    private readonly _viewer = new CameraPath();
    private readonly _position = new Float64Array(3);
    private readonly _rotation = new Float64Array(4);
    private readonly _onReset = (): void => {
        this._isReset = true;
    };
    private _space: XRReferenceSpace | null = null;
    private _isReset = false;
    private _nowMs = 0;
    private _lastId = 0;
    private _isRunning = false;
    private _isBroken = false;

    /** Time of the last frame, ms. */
    public now(): number {
        return this._nowMs;
    }

    /** Where the viewer was. */
    public cameraAt(timeMs: number, out: CameraMotion): boolean {
        return this._viewer.at(timeMs, out);
    }

    public async startAsync(): Promise<void> {
        this._isRunning = true;
    }

    public stop(): void {
        this._isRunning = false;
        this._follow(null);
        this._viewer.clear();
        for (const side of this._sides) {
            side.wasTracked = false;
            side.hand = null;
            side.spaces.length = 0;
        }
    }

    public dispose(): void {
        this.stop();
        this.onHands = null;
        this.onError = null;
    }

    /**
     * Reads the hands of a frame, within its callback.
     * @param space that the hands are wanted in: `WebXRSessionManager.referenceSpace`. When it is reset, or another than before that
     * puts hands elsewhere (a teleport), they are lost and found, and carry along what they hold.
     * @param timeMs of the frame
     */
    public update(frame: XRFrame, space: XRReferenceSpace, timeMs: number): void {
        if (!this._isRunning) {
            return;
        }
        const viewer = frame.getViewerPose(space);
        this._nowMs = timeMs;
        if (!viewer) {
            this._give(timeMs);
            return;
        }
        const before = this._space;
        if (this._isReset || (before && before !== space && this._isCut(frame, before, space))) {
            this._give(timeMs);
            this._viewer.clear();
        }
        this._follow(space);
        readXRPose(viewer.transform, this._position, this._rotation);
        this._viewer.add(timeMs, this._position, this._rotation);
        const { inputSources } = frame.session;
        for (let i = 0; i < inputSources.length; i++) {
            const { hand, handedness } = inputSources[i];
            if (hand && handedness !== "none") {
                this._read(this._sides[handedness === "left" ? 0 : 1], hand, frame, space, viewer.transform.matrix);
            }
        }
        this._give(timeMs);
    }

    private _follow(space: XRReferenceSpace | null): void {
        this._isReset = false;
        if (this._space !== space) {
            this._space?.removeEventListener("reset", this._onReset);
            space?.addEventListener("reset", this._onReset);
            this._space = space;
        }
    }

    /** Gives the hands that were read since the last time; the others are lost. */
    private _give(timeMs: number): void {
        const given = this._given;
        for (const side of this._sides) {
            const isTracked = given.includes(side.state);
            if (isTracked && !side.wasTracked) {
                side.state.id = ++this._lastId;
            }
            side.wasTracked = isTracked;
            side.state.timeMs = timeMs;
        }
        this.onHands?.(given, timeMs);
        given.length = 0;
    }

    private _read(side: Side, hand: XRHand, frame: XRFrame, space: XRReferenceSpace, viewer: Float32Array): void {
        const { matrices, radii, spaces, state } = side;
        // Sessions may list more than two sources: of two hands of one side the first counts.
        if (this._given.includes(state)) {
            return;
        }
        if (side.hand !== hand) {
            side.hand = hand;
            side.wasTracked = false;
            spaces.length = 0;
            for (const name of JOINT_NAMES) {
                spaces.push(hand.get(name)!);
            }
        }
        if (!readJoints(frame, spaces, space, matrices, radii)) {
            return;
        }
        for (let at = 0; at < matrices.length; at += MATRIX_LENGTH) {
            seenFrom(viewer, matrices, at);
        }
        const known = radii[WRIST] > 0 ? radii : undefined;
        const problem = readJointMatrices(side.side, matrices, 0, SIGMA, known, state);
        if (!problem) {
            takeTipsInside(state.joints, state.rotations, state.size);
            this._given.push(state);
        } else if (!this._isBroken) {
            const message = `The session's ${side.side} hand can't be one and is left out: ${problem}.`;
            this.onError?.(new HandTrackingError("xr-hand-invalid", message, false));
        }
        // Told once until there are good hands again.
        this._isBroken = problem !== null;
    }

    /** Whether a hand is somewhere else in one reference space than in another. */
    private _isCut(frame: XRFrame, before: XRReferenceSpace, after: XRReferenceSpace): boolean {
        for (const { spaces, wasTracked } of this._sides) {
            if (!wasTracked) {
                continue;
            }
            const was = jointPosition(frame, spaces[WRIST], before);
            const is = jointPosition(frame, spaces[WRIST], after);
            if (was && is && norm3(is.x - was.x, is.y - was.y, is.z - was.z) > CUT_DISTANCE) {
                return true;
            }
        }
        return false;
    }
}

function createSide(side: HandSide): Side {
    return {
        side,
        state: createHandState(side),
        matrices: new Float32Array(JOINT_COUNT * MATRIX_LENGTH),
        radii: new Float32Array(JOINT_COUNT),
        spaces: [],
        hand: null,
        wasTracked: false,
    };
}

function jointPosition(frame: XRFrame, joint: XRJointSpace, space: XRReferenceSpace): DOMPointReadOnly | undefined {
    return frame.getPose(joint, space)?.transform.position;
}

/**
 * Matrices and radii of all joints; radii that the browser does not tell are 0.
 * @returns false where the hand is not tracked
 */
function readJoints(
    frame: XRFrame,
    spaces: XRJointSpace[],
    space: XRReferenceSpace,
    matrices: Float32Array,
    radii: Float32Array
): boolean {
    if (frame.fillPoses && frame.fillJointRadii) {
        if (!frame.fillPoses(spaces, space, matrices)) {
            return false;
        }
        if (!frame.fillJointRadii(spaces, radii)) {
            radii.fill(0);
        }
        return true;
    }
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const pose = frame.getJointPose?.(spaces[joint], space);
        if (!pose) {
            return false;
        }
        matrices.set(pose.transform.matrix, joint * MATRIX_LENGTH);
        radii[joint] = pose.radius ?? 0;
    }
    return true;
}
