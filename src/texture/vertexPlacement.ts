// Where the vertices of a recovered hand lie in the crop that it was recovered from (models/training/texture_view.py).

import { REST_POSITIONS } from "../hand/genericHand";
import { genericHandMesh } from "../hand/genericHandMesh";
import { JOINT_COUNT, JOINT_PARENTS, KEYPOINT_COUNT, KEYPOINT_JOINTS, WRIST, WRIST_KEYPOINT } from "../hand/joints";
import { WELDED_VERTEX_COUNT, weldedHandMesh, type WeldedHandMesh } from "../hand/weldedHandMesh";

/** Squared lengths and spreads below this are nothing, square metres. */
const NO_LENGTH = 1e-9;
/** Keypoints that move a vertex: the two ends of each of its four bones. */
const ENDS = 8;

/** Places the vertices of a recovered mesh in its crop; allocates nothing after it was made. */
export class VertexPlacement {
    /** V x 8 keypoints, and how much a vertex follows each. */
    private readonly _keypoints = new Uint8Array(WELDED_VERTEX_COUNT * ENDS);
    private readonly _weights = new Float32Array(WELDED_VERTEX_COUNT * ENDS);
    /** 21 x 2, what the weak perspective leaves. */
    private readonly _left = new Float32Array(KEYPOINT_COUNT * 2);

    public constructor(mesh: WeldedHandMesh = weldedHandMesh()) {
        this._fillWeights(mesh);
    }

    /**
     * Weak perspective, `crop = middle + scale (xy - centre)` in the least squares' sense, and then each vertex is carried by
     * what that leaves at the keypoints of its bones: the mesh lies where the network's 2D says.
     * @param vertices V x 3, the crop's axes
     * @param keypoints 21 x 3 in the same space
     * @param crop 21 x 2, fractions of the crop's side from its centre
     * @param out receives V x 2, likewise
     */
    public place(vertices: Float32Array, keypoints: Float32Array, crop: Float32Array, out: Float32Array): void {
        let [centreX, centreY, middleU, middleV] = [0, 0, 0, 0];
        for (let k = 0; k < KEYPOINT_COUNT; k++) {
            centreX += keypoints[k * 3] / KEYPOINT_COUNT;
            centreY += keypoints[k * 3 + 1] / KEYPOINT_COUNT;
            middleU += crop[k * 2] / KEYPOINT_COUNT;
            middleV += crop[k * 2 + 1] / KEYPOINT_COUNT;
        }
        let shared = 0;
        let spread = 0;
        for (let k = 0; k < KEYPOINT_COUNT; k++) {
            const x = keypoints[k * 3] - centreX;
            const y = keypoints[k * 3 + 1] - centreY;
            shared += x * (crop[k * 2] - middleU) + y * (crop[k * 2 + 1] - middleV);
            spread += x * x + y * y;
        }
        const scale = shared / Math.max(spread, NO_LENGTH);
        const left = this._left;
        for (let k = 0; k < KEYPOINT_COUNT; k++) {
            left[k * 2] = crop[k * 2] - middleU - scale * (keypoints[k * 3] - centreX);
            left[k * 2 + 1] = crop[k * 2 + 1] - middleV - scale * (keypoints[k * 3 + 1] - centreY);
        }
        for (let v = 0; v < WELDED_VERTEX_COUNT; v++) {
            let u = middleU + scale * (vertices[v * 3] - centreX);
            let w = middleV + scale * (vertices[v * 3 + 1] - centreY);
            for (let slot = v * ENDS; slot < (v + 1) * ENDS; slot++) {
                const k = this._keypoints[slot] * 2;
                u += this._weights[slot] * left[k];
                w += this._weights[slot] * left[k + 1];
            }
            out[v * 2] = u;
            out[v * 2 + 1] = w;
        }
    }

    /** A vertex follows the keypoints at both ends of the bones that move it, the nearer one more. */
    private _fillWeights(mesh: WeldedHandMesh): void {
        const { positions } = genericHandMesh();
        const keypointOf = new Uint8Array(JOINT_COUNT).fill(WRIST_KEYPOINT); // joints without a keypoint lie at the wrist
        KEYPOINT_JOINTS.forEach((joint, keypoint) => (keypointOf[joint] = keypoint));
        const rest = (joint: number, axis: number): number =>
            REST_POSITIONS[KEYPOINT_JOINTS[keypointOf[joint]] * 3 + axis];
        mesh.seamVertices.forEach((vertex, seamVertex) => {
            for (let slot = 0; slot < 4; slot++) {
                const joint = mesh.jointIndices[vertex * 4 + slot];
                // The wrist's bone has no end of its own, and a tip none behind it.
                const isBone = joint !== WRIST && JOINT_PARENTS[joint + 1] === joint;
                const child = isBone ? joint + 1 : joint;
                let along = 0;
                let square = 0;
                for (let axis = 0; axis < 3; axis++) {
                    const bone = rest(child, axis) - rest(joint, axis);
                    along += (positions[seamVertex * 3 + axis] - rest(joint, axis)) * bone;
                    square += bone * bone;
                }
                const end = Math.min(Math.max(along / Math.max(square, NO_LENGTH), 0), 1);
                const weight = mesh.jointWeights[vertex * 4 + slot];
                const at = vertex * ENDS + slot * 2;
                this._keypoints[at] = keypointOf[joint];
                this._keypoints[at + 1] = keypointOf[child];
                this._weights[at] = weight * (1 - end);
                this._weights[at + 1] = weight * end;
            }
        });
    }
}
