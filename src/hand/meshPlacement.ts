// Carries a recovered surface from the skeleton that the network said to the skeleton that is shown.

import { JOINT_COUNT, JOINT_PARENTS, KEYPOINT_JOINTS, ROOT_KEYPOINT, WRIST } from "./joints";
import { palmRotation } from "./palmFrame";
import { multiply, normalise, rotate, type NumberArray } from "./quaternion";
import type { RecoveredMesh } from "./recoveredMesh";
import type { WeldedHandMesh } from "./weldedHandMesh";
import { norm3 } from "./norm";

/** A bone shorter than this has no direction, metres. */
const SHORTEST_BONE = 1e-3;
/** Bones are not stretched beyond this factor either way: a network's foreshortened finger would be torn. */
const MAX_STRETCH = 2;
/** Cosine of the largest turn of one bone against the one before: nearly opposite directions have no smallest rotation. */
const OPPOSITE = -0.99;

/** Keypoints at the start and end of the bone that moves what is skinned to each joint. */
const BONE_STARTS = new Uint8Array(JOINT_COUNT);
const BONE_ENDS = new Uint8Array(JOINT_COUNT);
{
    const keypointOf = new Map([...KEYPOINT_JOINTS].map((joint, keypoint) => [joint, keypoint]));
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const child = JOINT_PARENTS[joint + 1] === joint ? joint + 1 : -1;
        const parent = JOINT_PARENTS[joint];
        if (joint === WRIST) {
            BONE_ENDS[joint] = ROOT_KEYPOINT;
        } else if (child < 0) {
            // A tip goes with the bone before it.
            BONE_STARTS[joint] = BONE_STARTS[parent];
            BONE_ENDS[joint] = BONE_ENDS[parent];
        } else {
            // Fingers' metacarpals have no keypoint: their bones begin at the wrist's.
            BONE_STARTS[joint] = keypointOf.get(joint) ?? 0;
            BONE_ENDS[joint] = keypointOf.get(child)!;
        }
    }
}

/**
 * Linear blend skinning of a recovered surface with the rig's weights, from the keypoints of its own frame to others. Each
 * bone B from a to b becomes the one from a' to b': x' = a' + R S (x - a), where R is the palm's turn followed by the smallest
 * rotations that bring the bones, from the wrist outward, into their directions, and S stretches along the bone by |b' - a'| /
 * |b - a| and scales across it by the hand's size. What the keypoints do is taken from the shown skeleton, the shape between
 * them from the network.
 */
export class MeshPlacement {
    private readonly _palm = new Float64Array(4);
    private readonly _shownPalm = new Float64Array(4);
    /** 25 x 4, from the recovered to the shown direction of each joint's bone. */
    private readonly _turns = new Float64Array(JOINT_COUNT * 4);
    /** 25 x 12: columns of R S, then a' - R S a. */
    private readonly _transforms = new Float64Array(JOINT_COUNT * 12);
    private readonly _from = new Float64Array(3);
    private readonly _to = new Float64Array(3);
    private readonly _turned = new Float64Array(3);
    private readonly _swing = new Float64Array(4);
    private readonly _axis = new Float64Array(3);

    /** @param _mesh whose weights tell which bones move a vertex */
    public constructor(private readonly _mesh: Pick<WeldedHandMesh, "jointIndices" | "jointWeights">) {}

    /**
     * Places the vertices of `recovered` around `keypoints`.
     * @param keypoints 21 x 3 of a right hand in any right-handed space: where the hand is shown
     * @param size of the hand relative to the reference, times units of that space per metre
     * @param out receives 1159 x 3 in the space of `keypoints`
     * @returns false where wrist and knuckles of either hand lie on a line or are not finite; `out` is then unchanged
     */
    public place(recovered: RecoveredMesh, keypoints: NumberArray, size: number, out: Float32Array): boolean {
        if (!palmRotation(recovered.keypoints, this._palm) || !palmRotation(keypoints, this._shownPalm)) {
            return false;
        }
        for (let k = 0; k < 3; k++) {
            this._palm[k] = -this._palm[k];
        }
        multiply(this._shownPalm, 0, this._palm, 0, this._palm, 0);
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            this._carryBone(joint, recovered.keypoints, keypoints, size);
        }
        this._blend(recovered.vertices, out);
        return true;
    }

    private _carryBone(joint: number, keypoints: NumberArray, shown: NumberArray, size: number): void {
        const { _from: from, _to: to, _turned: turned, _swing: swing, _turns: turns, _axis: axis } = this;
        const start = BONE_STARTS[joint];
        const end = BONE_ENDS[joint];
        const length = direction(keypoints, start, end, from);
        const shownLength = direction(shown, start, end, to);
        const parent = JOINT_PARENTS[joint];
        const before = parent < 0 ? this._palm : turns;
        const at = Math.max(parent, 0) * 4;
        let stretch = size;
        swing.fill(0);
        swing[3] = 1;
        rotate(before, at, from, 0, turned, 0);
        if (length > SHORTEST_BONE && shownLength > SHORTEST_BONE * size) {
            const cosine = turned[0] * to[0] + turned[1] * to[1] + turned[2] * to[2];
            if (cosine > OPPOSITE) {
                // The smallest rotation from one unit vector to another: (a x b, 1 + a b), normalised.
                swing[0] = turned[1] * to[2] - turned[2] * to[1];
                swing[1] = turned[2] * to[0] - turned[0] * to[2];
                swing[2] = turned[0] * to[1] - turned[1] * to[0];
                swing[3] = 1 + cosine;
                normalise(swing, 0);
            }
            stretch = Math.min(Math.max(shownLength / length, size / MAX_STRETCH), size * MAX_STRETCH);
        }
        multiply(swing, 0, before, at, turns, joint * 4);
        rotate(turns, joint * 4, from, 0, to, 0);
        const m = this._transforms;
        const offset = joint * 12;
        for (let column = 0; column < 3; column++) {
            axis.fill(0);
            axis[column] = 1;
            rotate(turns, joint * 4, axis, 0, axis, 0);
            for (let row = 0; row < 3; row++) {
                m[offset + column * 3 + row] = size * axis[row] + (stretch - size) * from[column] * to[row];
            }
        }
        for (let row = 0; row < 3; row++) {
            m[offset + 9 + row] =
                shown[start * 3 + row] -
                m[offset + row] * keypoints[start * 3] -
                m[offset + 3 + row] * keypoints[start * 3 + 1] -
                m[offset + 6 + row] * keypoints[start * 3 + 2];
        }
    }

    private _blend(vertices: Float32Array, out: Float32Array): void {
        const { jointIndices, jointWeights } = this._mesh;
        const m = this._transforms;
        for (let at = 0, slot = 0; at < out.length; at += 3) {
            const x = vertices[at];
            const y = vertices[at + 1];
            const z = vertices[at + 2];
            let sumX = 0;
            let sumY = 0;
            let sumZ = 0;
            for (const last = slot + 4; slot < last; slot++) {
                const weight = jointWeights[slot];
                if (weight > 0) {
                    const j = jointIndices[slot] * 12;
                    sumX += weight * (m[j] * x + m[j + 3] * y + m[j + 6] * z + m[j + 9]);
                    sumY += weight * (m[j + 1] * x + m[j + 4] * y + m[j + 7] * z + m[j + 10]);
                    sumZ += weight * (m[j + 2] * x + m[j + 5] * y + m[j + 8] * z + m[j + 11]);
                }
            }
            out[at] = sumX;
            out[at + 1] = sumY;
            out[at + 2] = sumZ;
        }
    }
}

/** Unit vector from one keypoint to another. @returns their distance */
function direction(keypoints: NumberArray, start: number, end: number, out: Float64Array): number {
    for (let k = 0; k < 3; k++) {
        out[k] = keypoints[end * 3 + k] - keypoints[start * 3 + k];
    }
    const length = norm3(out[0], out[1], out[2]);
    for (let k = 0; k < 3; k++) {
        out[k] /= length || 1;
    }
    return length;
}
