// One hand in the debug view.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { LinesMesh } from "@babylonjs/core/Meshes/linesMesh";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { ROOT_JOINT, WRIST } from "../hand/joints";
import type { PipelineStats } from "../worker/protocol";
import { DebugColliders } from "./debugColliders";
import { DebugHold } from "./debugHold";
import { DebugLabel } from "./debugLabel";
import {
    BONE_COLOR,
    createBones,
    createEllipsoid,
    debugNode,
    JointMarks,
    LOST_COLOR,
    moveVertices,
    type DebugPalette,
} from "./debugMeshes";
import { debugLines } from "./debugText";
import type { TrackedHand } from "./trackedHand";
import { jointDistance } from "../hand/norm";

const DEPTH_AXIS = new Vector3(0, 0, 1);

export class DebugDrawing {
    private readonly _node: TransformNode;
    private readonly _joints: JointMarks;
    private readonly _bones: LinesMesh;
    private readonly _ellipsoid: LinesMesh;
    private readonly _label: DebugLabel;
    private _colliders: DebugColliders | null = null;
    private _hold: DebugHold | null = null;

    public constructor(
        public readonly hand: TrackedHand,
        private readonly _palette: DebugPalette,
        root: TransformNode
    ) {
        this._node = debugNode(hand.side, root, root.getScene());
        this._joints = new JointMarks(_palette, this._node);
        this._bones = createBones(this._node);
        this._ellipsoid = createEllipsoid(this._node);
        this._ellipsoid.rotationQuaternion = new Quaternion();
        this._label = new DebugLabel(_palette, this._node);
    }

    /**
     * Draws the hand where it is now; once a rendered frame, after the physics.
     * @param viewingDirection unit direction of the physical camera, scene's world
     * @param writesText whether text is due: it is drawn on a canvas, which takes its time
     */
    public update(viewingDirection: Vector3, stats: PipelineStats | null, writesText: boolean): void {
        const { hand } = this;
        const unit = sceneUnit(hand);
        this._joints.place(hand.worldJoints, unit);
        moveVertices(this._bones, hand.worldJoints);
        this._bones.color = hand.isTracked ? BONE_COLOR : LOST_COLOR;
        this._placeEllipsoid(viewingDirection, unit);
        this._follow();
        this._colliders?.update();
        this._hold?.update();
        this._label.place(hand, unit);
        if (writesText && this._label.hasText) {
            this._label.write(debugLines(hand, unit, this._hold?.lag ?? null, stats));
        }
    }

    public dispose(): void {
        this._hold?.dispose();
        this._colliders?.dispose();
        this._label.dispose();
        this._joints.dispose();
        this._bones.dispose();
        this._ellipsoid.dispose();
        this._node.dispose();
    }

    /** One standard deviation around the wrist, which is where the tracker says that the hand is. */
    private _placeEllipsoid(viewingDirection: Vector3, unit: number): void {
        const { sigma, depthSigma } = this.hand.state;
        this._ellipsoid.position.fromArray(this.hand.worldJoints, WRIST * 3);
        this._ellipsoid.scaling.set(sigma * unit, sigma * unit, depthSigma * unit);
        Quaternion.FromUnitVectorsToRef(DEPTH_AXIS, viewingDirection, this._ellipsoid.rotationQuaternion!);
    }

    /** Colliders and grip may come later than the hand, or be replaced. */
    private _follow(): void {
        const { colliders, grabber } = this.hand;
        if ((this._colliders?.colliders ?? null) !== colliders) {
            this._colliders?.dispose();
            this._colliders = colliders && new DebugColliders(colliders, this._palette, this._node);
        }
        if ((this._hold?.grabber ?? null) !== grabber) {
            this._hold?.dispose();
            this._hold = grabber && new DebugHold(grabber, this.hand, this._node);
        }
    }
}

/** Scene units per metre: the palm in the scene over the palm in camera space. */
function sceneUnit({ worldJoints, state }: TrackedHand): number {
    return palmLength(worldJoints) / palmLength(state.joints);
}

function palmLength(joints: Float32Array): number {
    return jointDistance(joints, ROOT_JOINT, WRIST);
}
