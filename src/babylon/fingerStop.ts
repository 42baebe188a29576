// Fingers of the shown hand stop at the surface of what they touch: the visual pose from contact, the physics' from tracking.

import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { DEGREES_OF_FREEDOM } from "../hand/degreesOfFreedom";
import { REST_ROTATIONS } from "../hand/genericHand";
import { JOINT_COUNT, JOINT_PARENTS, METACARPAL_JOINTS, TIP_JOINTS } from "../hand/joints";
import { multiply, multiplyConjugate, normalise, rotate, type NumberArray } from "../hand/quaternion";
import { jointDistance } from "../hand/norm";

/** Whether a ball reaches into the body. @param point scene's world @param radius scene units, above 0 */
export type PenetrationQuery = (point: Vector3, radius: number) => boolean;

/** Flesh gives way: a finger may sink into the body by this much, metres. */
const SINK = 0.0015;
/** Factors are found to this part of the range from the opened pose to the tracked one: under 1 mm at a fingertip, 7 halvings. */
const RESOLUTION = 1 / 128;
/**
 * The factor on the flexion changes by no more than this a second: fingers that meet a surface stop within 60 ms, and follow
 * the tracked ones again, when it is gone, in 250 ms.
 */
const OPENING_RATE = 16;
const CLOSING_RATE = 4;
/** Bones that a finger turns by, and its joints from the first that turns to the tip. */
const BONES = 3;
const CHAIN = BONES + 1;
const FINGERS = TIP_JOINTS.length;

/** Angle of the flexion of each joint in the rig's rest pose, and how far it opens from there, radians (positive curls). */
const REST_FLEXION = new Float64Array(JOINT_COUNT);
const LEAST_FLEXION = new Float64Array(JOINT_COUNT);
{
    const local = new Float64Array(4);
    for (const { joint, axis, min } of DEGREES_OF_FREEDOM) {
        if (axis === "flexion") {
            multiplyConjugate(REST_ROTATIONS, JOINT_PARENTS[joint] * 4, REST_ROTATIONS, joint * 4, local, 0);
            REST_FLEXION[joint] = -twistAboutX(local, 0);
            LEAST_FLEXION[joint] = REST_FLEXION[joint] + min;
        }
    }
}

/** What a finger is made of, seen from each joint's parent; filled for one finger at a time. */
interface Finger {
    /** Joint rotations in the frame of the one before; 4 x 4. */
    locals: Float64Array;
    /** Next joint's place in each joint's frame; 3 x 3. */
    offsets: Float64Array;
    /** Angle from the tracked flexion to the opened one; 3, negative or 0. */
    openings: Float64Array;
    /** 4 x 3 and 4 x 4, as posed last. */
    joints: Float64Array;
    rotations: Float64Array;
}

/**
 * Opens fingers that are in a body, each just enough that it is not: the flexion of its joints goes by one factor from the
 * tracked angles to the rig's most open ones. What touches nothing stays exactly as tracked, and so does a finger that does not
 * come free. Bones keep their lengths. Make one for a hand; `reset` it when the hand was lost.
 */
export class FingerStop {
    /** 25 x 3, as of the last `update`; scene's world. */
    public readonly joints = new Float32Array(JOINT_COUNT * 3);
    /** 25 x 4 (x, y, z, w), as of the last `update`; scene's world. */
    public readonly rotations = new Float32Array(JOINT_COUNT * 4);
    /** Part of the way from the opened flexion to the tracked one that each finger is shown at, thumb to pinky; 1 is tracked. */
    public readonly factors = new Float64Array(FINGERS).fill(1);

    private readonly _finger: Finger = {
        locals: new Float64Array(CHAIN * 4),
        offsets: new Float64Array(BONES * 3),
        openings: new Float64Array(BONES),
        joints: new Float64Array(CHAIN * 3),
        rotations: new Float64Array(CHAIN * 4),
    };
    private readonly _turn = new Float64Array(4);
    private readonly _base = new Float64Array(4);
    private readonly _point = new Vector3();
    private readonly _curl: number;
    private _isNew = true;

    /**
     * @param isRightHanded whether the scene is: bones lie along -z of a joint there and curl about -x, else along +z about +x
     * @param _unit scene units per metre
     */
    public constructor(
        isRightHanded: boolean,
        private readonly _unit = 1
    ) {
        this._curl = isRightHanded ? -1 : 1;
    }

    /** The hand was lost, or holds something else: the next pose is shown at once. */
    public reset(): void {
        this._isNew = true;
        this.factors.fill(1);
    }

    /**
     * Takes a tracked hand; once a rendered frame.
     * @param joints 25 x 3, scene's world
     * @param rotations 25 x 4, scene's world
     * @param radii 25, scene units
     * @param penetrates about the body that is held or touched; null for none
     * @param elapsedMs since the last call
     */
    public update(
        joints: Float32Array,
        rotations: Float32Array,
        radii: Float32Array,
        penetrates: PenetrationQuery | null,
        elapsedMs: number
    ): void {
        this.joints.set(joints);
        this.rotations.set(rotations);
        for (let finger = 0; finger < FINGERS; finger++) {
            const first = METACARPAL_JOINTS[finger] + (finger === 0 ? 0 : 1);
            const before = this.factors[finger];
            let target = 1;
            if (penetrates && this._isNear(first, joints, radii, penetrates)) {
                this._take(first, joints, rotations);
                target = this._findFactor(first, radii, penetrates, before);
            } else if (before < 1) {
                this._take(first, joints, rotations);
            }
            const opened = this._isNew ? -Infinity : before - (OPENING_RATE * elapsedMs) / 1000;
            const closed = this._isNew ? Infinity : before + (CLOSING_RATE * elapsedMs) / 1000;
            const factor = Math.min(Math.max(target, opened), closed, 1);
            this.factors[finger] = factor;
            if (factor < 1) {
                this._pose(factor);
                this.joints.set(this._finger.joints, first * 3);
                this.rotations.set(this._finger.rotations, first * 4);
            }
        }
        this._isNew = false;
    }

    /** One question for the whole finger: most touch nothing. The ball about its first joint holds it however it bends. */
    private _isNear(first: number, joints: Float32Array, radii: Float32Array, penetrates: PenetrationQuery): boolean {
        let reach = 0;
        let radius = 0;
        for (let joint = first; joint < first + BONES; joint++) {
            reach += jointDistance(joints, joint, joint + 1);
            radius = Math.max(radius, radii[joint + 1]);
        }
        return penetrates(this._point.fromArray(joints, first * 3), reach + radius);
    }

    /** Takes a tracked finger apart. */
    private _take(first: number, joints: Float32Array, rotations: Float32Array): void {
        const { locals, offsets, openings } = this._finger;
        const parent = JOINT_PARENTS[first];
        for (let k = 0; k < 4; k++) {
            this._base[k] = rotations[parent * 4 + k];
        }
        for (let k = 0; k < 3; k++) {
            this._finger.joints[k] = joints[first * 3 + k];
        }
        for (let bone = 0; bone < CHAIN; bone++) {
            const joint = first + bone;
            multiplyConjugate(rotations, JOINT_PARENTS[joint] * 4, rotations, joint * 4, locals, bone * 4);
            normalise(locals, bone * 4);
            if (bone < BONES) {
                for (let k = 0; k < 3; k++) {
                    offsets[bone * 3 + k] = joints[(joint + 1) * 3 + k] - joints[joint * 3 + k];
                    this._turn[k] = -rotations[joint * 4 + k];
                }
                this._turn[3] = rotations[joint * 4 + 3];
                rotate(this._turn, 0, offsets, bone * 3, offsets, bone * 3);
                openings[bone] = Math.min(0, LEAST_FLEXION[joint] - this._curl * twistAboutX(locals, bone * 4));
            }
        }
    }

    /** Puts it together again with its flexion at a factor. Turning a joint about its own x changes nothing but its flexion. */
    private _pose(factor: number): void {
        const { locals, offsets, openings, joints, rotations } = this._finger;
        const turn = this._turn;
        for (let bone = 0; bone < CHAIN; bone++) {
            if (bone === 0) {
                multiply(this._base, 0, locals, 0, rotations, 0);
            } else {
                multiply(rotations, (bone - 1) * 4, locals, bone * 4, rotations, bone * 4);
            }
            if (bone === BONES) {
                break;
            }
            const half = (this._curl * (1 - factor) * openings[bone]) / 2;
            turn[0] = Math.sin(half);
            turn[1] = turn[2] = 0;
            turn[3] = Math.cos(half);
            multiply(rotations, bone * 4, turn, 0, rotations, bone * 4);
            rotate(rotations, bone * 4, offsets, bone * 3, joints, (bone + 1) * 3);
            for (let k = 0; k < 3; k++) {
                joints[(bone + 1) * 3 + k] += joints[bone * 3 + k];
            }
        }
    }

    /**
     * The factor at which the finger is outside the body, on the side of it where it was shown; 1 where there is none. The
     * tracked finger may be beyond the body by now, and outside again: the shown one does not go through it.
     */
    private _findFactor(first: number, radii: Float32Array, penetrates: PenetrationQuery, before: number): number {
        const isStopped = before < 1;
        if (isStopped && this._isClear(before, first, radii, penetrates)) {
            // A finger that is at the surface stays: what the tracker jitters by is not looked for anew.
            const beyond = before + 2 * RESOLUTION;
            if (beyond < 1 && !this._isClear(beyond, first, radii, penetrates)) {
                return before;
            }
            return this._isClear(1, first, radii, penetrates) ? 1 : this._bisect(before, 1, first, radii, penetrates);
        }
        if (!isStopped && this._isClear(1, first, radii, penetrates)) {
            return 1;
        }
        if (this._isClear(0, first, radii, penetrates)) {
            return this._bisect(0, before, first, radii, penetrates);
        }
        return 1;
    }

    /** @param clear a factor that is @param blocked a greater one that is not */
    private _bisect(
        clear: number,
        blocked: number,
        first: number,
        radii: Float32Array,
        penetrates: PenetrationQuery
    ): number {
        while (blocked - clear > RESOLUTION) {
            const middle = (clear + blocked) / 2;
            if (this._isClear(middle, first, radii, penetrates)) {
                clear = middle;
            } else {
                blocked = middle;
            }
        }
        return clear;
    }

    /** Balls at the joints and halfway along the phalanges, from the tip inward: the tip is what meets things first. */
    private _isClear(factor: number, first: number, radii: Float32Array, penetrates: PenetrationQuery): boolean {
        this._pose(factor);
        const { joints } = this._finger;
        const sink = SINK * this._unit;
        // The thumb's first bone is in the palm: it is no phalanx.
        const innermost = first === METACARPAL_JOINTS[0] ? 1 : 0;
        for (let bone = BONES - 1; bone >= innermost; bone--) {
            const from = bone * 3;
            const to = from + 3;
            const radius = radii[first + bone + 1];
            this._point.set(joints[to], joints[to + 1], joints[to + 2]);
            if (penetrates(this._point, radius - sink)) {
                return false;
            }
            this._point.addInPlaceFromFloats(joints[from], joints[from + 1], joints[from + 2]).scaleInPlace(0.5);
            if (penetrates(this._point, (radius + radii[first + bone]) / 2 - sink)) {
                return false;
            }
        }
        return true;
    }
}

/** Angle about x of a unit quaternion: its twist about that axis (swing-twist decomposition), radians, -pi..pi. */
function twistAboutX(q: NumberArray, at: number): number {
    const sign = q[at + 3] < 0 ? -1 : 1;
    return 2 * Math.atan2(sign * q[at], sign * q[at + 3]);
}
