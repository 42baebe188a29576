// A WebXR frame without a browser: a viewer, and hands at poses that a test gives.

import { JOINT_COUNT, JOINT_NAMES, type HandSide } from "../../src/hand/joints";
import type { HandState } from "../../src/hand/handState";
import { rotate } from "../../src/hand/quaternion";

export interface FakePose {
    position: readonly number[];
    /** Unit quaternion (x, y, z, w). */
    rotation: readonly number[];
}

/** Column-major 4 x 4 of a pose. */
export function matrixOf({ position, rotation }: FakePose): Float32Array {
    const q = Float64Array.from(rotation);
    const matrix = new Float32Array(16);
    for (let column = 0; column < 3; column++) {
        const axis = new Float64Array(3);
        axis[column] = 1;
        rotate(q, 0, axis, 0, axis, 0);
        matrix.set(axis, column * 4);
    }
    matrix.set([...position, 1], 12);
    return matrix;
}

/** A hand state of a camera at the reference space's origin, as joint matrices of WebXR. */
export function matricesOf(state: HandState): Float32Array {
    const matrices = new Float32Array(JOINT_COUNT * 16);
    for (let joint = 0; joint < JOINT_COUNT; joint++) {
        const [x, y, z] = state.joints.subarray(joint * 3, joint * 3 + 3);
        const [qx, qy, qz, qw] = state.rotations.subarray(joint * 4, joint * 4 + 4);
        // Half a turn about x from camera space to WebXR's axes: (1, 0, 0, 0) * q.
        matrices.set(matrixOf({ position: [x, -y, -z], rotation: [qw, -qz, qy, -qx] }), joint * 16);
    }
    return matrices;
}

/** A reference space; others are shifted against it. */
export class FakeSpace extends EventTarget {
    public constructor(public readonly shift: readonly number[] = [0, 0, 0]) {
        super();
    }
}

interface FakeHand {
    side: HandSide;
    matrices: Float32Array | null;
    radii: Float32Array | null;
    hand: Map<string, { name: string; owner: FakeHand }>;
}

export class FakeSession {
    public viewer: FakePose | null = { position: [0, 1.6, 0], rotation: [0, 0, 0, 1] };
    public hasFillPoses = true;
    private readonly _hands: FakeHand[] = [];

    /** Adds an input source; its poses are null while it is not tracked. */
    public addHand(side: HandSide): FakeHand {
        const hand: FakeHand = { side, matrices: null, radii: null, hand: new Map() };
        for (const name of JOINT_NAMES) {
            hand.hand.set(name, { name, owner: hand });
        }
        this._hands.push(hand);
        return hand;
    }

    public removeHand(hand: FakeHand): void {
        this._hands.splice(this._hands.indexOf(hand), 1);
    }

    /** The frame of this moment. */
    public frame(): XRFrame {
        const shifted = (matrix: Float32Array, space: FakeSpace): Float32Array => {
            const moved = matrix.slice();
            space.shift.forEach((value, k) => (moved[12 + k] += value));
            return moved;
        };
        const transformOf = (matrix: Float32Array): object => ({
            matrix,
            position: { x: matrix[12], y: matrix[13], z: matrix[14] },
        });
        const jointMatrix = (joint: { name: string; owner: FakeHand }, space: FakeSpace): Float32Array | null => {
            const at = (JOINT_NAMES as readonly string[]).indexOf(joint.name) * 16;
            return joint.owner.matrices && shifted(joint.owner.matrices.subarray(at, at + 16), space);
        };
        const { viewer } = this;
        const frame = {
            session: { inputSources: this._hands.map(({ side, hand }) => ({ handedness: side, hand })) },
            getViewerPose: (space: FakeSpace) => {
                if (!viewer) {
                    return undefined;
                }
                const matrix = shifted(matrixOf(viewer), space);
                const [x, y, z, w] = viewer.rotation;
                return { transform: { ...transformOf(matrix), orientation: { x, y, z, w } } };
            },
            getPose: (joint: { name: string; owner: FakeHand }, space: FakeSpace) => {
                const matrix = jointMatrix(joint, space);
                return matrix ? { transform: transformOf(matrix) } : undefined;
            },
            getJointPose: (joint: { name: string; owner: FakeHand }, space: FakeSpace) => {
                const matrix = jointMatrix(joint, space);
                const at = (JOINT_NAMES as readonly string[]).indexOf(joint.name);
                return matrix ? { transform: transformOf(matrix), radius: joint.owner.radii?.[at] } : undefined;
            },
            fillPoses: (joints: { name: string; owner: FakeHand }[], space: FakeSpace, out: Float32Array) =>
                joints.every((joint, i) => {
                    const matrix = jointMatrix(joint, space);
                    if (matrix) {
                        out.set(matrix, i * 16);
                    }
                    return matrix !== null;
                }),
            fillJointRadii: (joints: { owner: FakeHand }[], out: Float32Array) => {
                const radii = joints[0].owner.radii;
                if (radii) {
                    out.set(radii);
                }
                return radii !== null;
            },
        };
        if (!this.hasFillPoses) {
            return { ...frame, fillPoses: undefined, fillJointRadii: undefined } as unknown as XRFrame;
        }
        return frame as unknown as XRFrame;
    }
}
