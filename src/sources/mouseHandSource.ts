// A hand that follows the mouse or a finger on a touch screen, where there is no camera.

import { HandTrackingError } from "../errors";
import { approachAngles, FIST_CLOSED, PINCH, POINT, RELAXED, type FingerAngles } from "../hand/gesturePoses";
import { pinchPoint } from "../gestures/holdingPoint";
import { createHandPose } from "../hand/handPose";
import { createHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, TIP_JOINTS, type HandSide } from "../hand/joints";
import { forwardKinematics } from "../hand/kinematics";
import { fromColumns, normalise } from "../hand/quaternion";
import type { HandSource } from "./handSource";

export interface MouseHandOptions {
    /** What the pointer moves over: the canvas of the scene. */
    element: HTMLElement;
    /** Vertical field of view of the scene's camera, radians. @default 0.8, Babylon's own */
    fieldOfView?: number;
    /** @default "right" */
    side?: HandSide;
    /** Distance from the camera at the start, metres; the wheel changes it. @default 0.5 */
    depth?: number;
}

/** What the wheel can reach, metres, and how much a notch (100 units) moves the hand. */
const MIN_DEPTH = 0.2;
const MAX_DEPTH = 1.2;
const METRES_A_UNIT = 0.0004;
/** The hand and its fingers come to where they are wanted in this time, ms: pointers jump, hands do not. */
const FOLLOW_MS = 35;
const CLOSING_MS = 45;
/**
 * Where fingers point, camera space, of a right hand: up and into the screen, as the user's own would be seen; a finger that
 * presses buttons, down and into the screen.
 */
const RAISED = /* @__PURE__ */ handRotation(-0.2, -0.72, 0.66);
const LOWERED = /* @__PURE__ */ handRotation(-0.12, 0.45, 0.88);
/** How sure a mouse is of itself, metres. */
const SIGMA = 0.001;
const ID = 1;
const RIGHT_BUTTON = 2;

/**
 * One hand, with its back to the user. The pointer leads the place between thumb and index finger; the left button pinches, with
 * Shift it makes a fist, the right button points; the wheel moves the hand away and back. Use it with `view: "camera"`.
 */
export class MouseHandSource implements HandSource {
    public onHands: ((hands: readonly HandState[], timeMs: number) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** Vertical field of view of the scene's camera, radians. */
    public fieldOfView: number;

    private readonly _element: HTMLElement;
    private readonly _state: HandState;
    private readonly _pose = createHandPose();
    private readonly _shown: HandState[] = [];
    private readonly _grip = new Float32Array(3);
    /** Pointer in the element: -1..1, right and down. */
    private _x = 0;
    private _y = 0;
    private _depth: number;
    private readonly _place = new Float64Array(3);
    private _goal: FingerAngles = RELAXED;
    private _isOver = false;
    private _wasOver = false;
    private _timer = 0;
    private _lastMs = NaN;
    private _isDisposed = false;

    public constructor(options: MouseHandOptions) {
        this._element = options.element;
        this.fieldOfView = options.fieldOfView ?? 0.8;
        this._depth = options.depth ?? 0.5;
        this._state = createHandState(options.side ?? "right");
        this._state.id = ID;
        this._pose.angles.set(RELAXED);
        this._pose.rotation.set(RAISED);
    }

    /** @throws HandTrackingError `invalid-argument` after `dispose` */
    public async startAsync(): Promise<void> {
        if (this._isDisposed) {
            throw new HandTrackingError("invalid-argument", "This MouseHandSource was disposed; create a new one.");
        }
        if (this._timer !== 0) {
            return;
        }
        const element = this._element;
        element.addEventListener("pointermove", this._move);
        element.addEventListener("pointerdown", this._press);
        element.addEventListener("pointerup", this._lift);
        element.addEventListener("pointercancel", this._leave);
        element.addEventListener("pointerleave", this._leave);
        element.addEventListener("contextmenu", prevent);
        element.addEventListener("wheel", this._roll, { passive: false });
        this._lastMs = NaN;
        this._timer = requestAnimationFrame(this._tick);
    }

    public stop(): void {
        const element = this._element;
        element.removeEventListener("pointermove", this._move);
        element.removeEventListener("pointerdown", this._press);
        element.removeEventListener("pointerup", this._lift);
        element.removeEventListener("pointercancel", this._leave);
        element.removeEventListener("pointerleave", this._leave);
        element.removeEventListener("contextmenu", prevent);
        element.removeEventListener("wheel", this._roll);
        cancelAnimationFrame(this._timer);
        this._timer = 0;
        this._isOver = this._wasOver = false;
    }

    public dispose(): void {
        this.stop();
        this._isDisposed = true;
        this.onHands = this.onError = null;
    }

    private readonly _move = (event: PointerEvent): void => {
        const { left, top, width, height } = this._element.getBoundingClientRect();
        this._x = (2 * (event.clientX - left)) / width - 1;
        this._y = (2 * (event.clientY - top)) / height - 1;
        this._isOver = true;
    };

    private readonly _press = (event: PointerEvent): void => {
        this._move(event);
        // A drag that leaves the element is not the end of a pinch.
        this._element.setPointerCapture?.(event.pointerId);
        this._goal = event.button === RIGHT_BUTTON ? POINT : event.shiftKey ? FIST_CLOSED : PINCH;
    };

    private readonly _lift = (event: PointerEvent): void => {
        this._move(event);
        this._goal = RELAXED;
    };

    private readonly _leave = (): void => {
        this._isOver = false;
        this._goal = RELAXED;
    };

    private readonly _roll = (event: WheelEvent): void => {
        event.preventDefault();
        const depth = this._depth - event.deltaY * METRES_A_UNIT;
        this._depth = Math.min(Math.max(depth, MIN_DEPTH), MAX_DEPTH);
    };

    private readonly _tick = (): void => {
        this._timer = requestAnimationFrame(this._tick);
        const timeMs = performance.now();
        const elapsedMs = timeMs - this._lastMs;
        this._lastMs = timeMs;
        if (!this._isOver) {
            if (this._wasOver) {
                this._wasOver = false;
                this._shown.length = 0;
                this.onHands?.(this._shown, timeMs);
            }
            return;
        }
        this._follow(this._wasOver ? elapsedMs : Infinity);
        this._wasOver = true;
        this._state.timeMs = timeMs;
        this._shown.length = 1;
        this._shown[0] = this._state;
        this.onHands?.(this._shown, timeMs);
    };

    /** Brings hand and fingers nearer to where they are wanted. */
    private _follow(elapsedMs: number): void {
        const { width, height } = this._element.getBoundingClientRect();
        const tangent = Math.tan(this.fieldOfView / 2);
        const nearer = 1 - Math.exp(-elapsedMs / FOLLOW_MS);
        const { _place: place } = this;
        place[0] += nearer * (this._x * tangent * (width / height) * this._depth - place[0]);
        place[1] += nearer * (this._y * tangent * this._depth - place[1]);
        place[2] += nearer * (this._depth - place[2]);
        approachAngles(this._pose.angles, this._goal, 1 - Math.exp(-elapsedMs / CLOSING_MS));
        approachRotation(this._pose.rotation, this._goal === POINT ? LOWERED : RAISED, nearer);
        const state = this._state;
        forwardKinematics(this._pose, state.side, state);
        // The place that the pointer leads: between the fingers, or the tip of the one that points.
        if (this._goal === POINT) {
            this._grip.set(state.joints.subarray(TIP_JOINTS[1] * 3, TIP_JOINTS[1] * 3 + 3));
        } else {
            pinchPoint(state.joints, this._grip);
        }
        for (let i = 0; i < JOINT_COUNT * 3; i++) {
            state.joints[i] += place[i % 3] - this._grip[i % 3];
        }
        state.confidence = 1;
        state.sigma = state.depthSigma = SIGMA;
    }
}

function prevent(event: Event): void {
    event.preventDefault();
}

/** A right hand's orientation from where its fingers point, its back as far up, or toward the user, as goes. */
function handRotation(x: number, y: number, z: number): Float32Array {
    const length = Math.hypot(x, y, z);
    const out = [-x / length, -y / length, -z / length];
    // Up and toward the user, without its part along the fingers.
    const wanted = [0, -Math.SQRT1_2, -Math.SQRT1_2];
    const along = wanted.reduce((sum, value, k) => sum + value * out[k], 0);
    const part = wanted.map((value, k) => value - along * out[k]);
    const back = part.map((value) => value / Math.hypot(...part));
    const side = [
        back[1] * out[2] - back[2] * out[1],
        back[2] * out[0] - back[0] * out[2],
        back[0] * out[1] - back[1] * out[0],
    ];
    const rotation = new Float32Array(4);
    fromColumns(Float64Array.of(...side, ...back, ...out), rotation, 0);
    return rotation;
}

/** Turns `rotation` a fraction of the way to `goal`: their weighted mean, on the shorter way. */
function approachRotation(rotation: Float32Array, goal: Float32Array, fraction: number): void {
    const sign = rotation.reduce((dot, value, k) => dot + value * goal[k], 0) < 0 ? -1 : 1;
    for (let k = 0; k < 4; k++) {
        rotation[k] += fraction * (sign * goal[k] - rotation[k]);
    }
    normalise(rotation, 0);
}
