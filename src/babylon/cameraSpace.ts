// Camera space to Babylon's world: the only place that knows handedness of the scene, the attached node and the view.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { Node } from "@babylonjs/core/node";
import type { Scene } from "@babylonjs/core/scene";
import type { CameraMotion } from "../camera/cameraMotion";
import { DEFAULT_FACING_DISTANCE } from "../camera/facingView";
import type { HandState } from "../hand/handState";
import { JOINT_COUNT, type HandSide } from "../hand/joints";
import { multiply, rotate } from "../hand/quaternion";
import type { HandView } from "./handTrackingOptions";

/** Options of `CameraSpaceMapping`; see `HandTrackingOptions`. */
export interface CameraSpaceOptions {
    view?: HandView;
    facingDistance?: number;
    worldScale?: number;
}

/** Lays camera space (right-handed, x right, y down, z forward, metres) in front of a node. */
export class CameraSpaceMapping {
    public view: HandView;
    /** Metres; used by the `facing` view. */
    public facingDistance: number;
    /** Scene units per metre. */
    public worldScale: number;
    /** Unit direction in which the physical camera looks, in the scene's world; valid after `refresh`. */
    public readonly viewingDirection = new Vector3();
    /** Where the physical camera is in camera space as it lies before the node, if it moves against the node; null at its origin. */
    public camera: CameraMotion | null = null;

    private readonly _leftHanded: boolean;
    private readonly _nodeRotation = new Quaternion();
    private readonly _nodePosition = new Vector3();
    private readonly _nodeScale = new Vector3();
    // Flat arrays, not Babylon's vectors: each number that is put into one of those may be an object on the heap.
    private readonly _nodePlace = new Float64Array(3);
    private readonly _nodeTurn = new Float64Array(4);
    private readonly _point = new Float64Array(3);
    private readonly _turn = new Float64Array(4);

    /** @param node camera or transform node that hands appear in front of */
    public constructor(
        scene: Scene,
        private readonly _node: Node,
        options: CameraSpaceOptions = {}
    ) {
        this._leftHanded = !scene.useRightHandedSystem;
        this.view = options.view ?? "facing";
        this.facingDistance = options.facingDistance ?? DEFAULT_FACING_DISTANCE;
        this.worldScale = options.worldScale ?? 1;
    }

    /** Whether the hand that is shown is the mirror image of the tracked one. */
    public get isMirrored(): boolean {
        return this.view === "mirror";
    }

    /** Whether the scene's coordinate system is left-handed. */
    public get isLeftHanded(): boolean {
        return this._leftHanded;
    }

    /** Side of the hand as it is shown. */
    public shownSide(side: HandSide): HandSide {
        return this.isMirrored ? (side === "left" ? "right" : "left") : side;
    }

    /** Reads the node's pose; once a frame, before `toWorld`. */
    public refresh(): void {
        this._node.computeWorldMatrix(true).decompose(this._nodeScale, this._nodeRotation, this._nodePosition);
        const { _nodePosition: position, _nodeRotation: rotation } = this;
        this._nodePlace[0] = position.x;
        this._nodePlace[1] = position.y;
        this._nodePlace[2] = position.z;
        this._nodeTurn[0] = rotation.x;
        this._nodeTurn[1] = rotation.y;
        this._nodeTurn[2] = rotation.z;
        this._nodeTurn[3] = rotation.w;
        this._point[0] = this._point[1] = 0;
        this._point[2] = 1;
        if (this.camera) {
            rotate(this.camera.rotation, 0, this._point, 0, this._point, 0);
        }
        // Physical depth grows away from the scene's camera, but toward it in the facing view.
        const [x, y, z] = this._point;
        const away = this.view === "facing" ? -1 : 1;
        const right = this.view === "camera" ? 1 : -1;
        this.viewingDirection.set(right * x, -y, (this._leftHanded ? away : -away) * z);
        this.viewingDirection.rotateByQuaternionToRef(this._nodeRotation, this.viewingDirection);
    }

    /**
     * Joints of a state in the scene's world.
     * @param positions receives 25 x 3, scene units
     * @param rotations receives 25 x 4; bones lie along -z of a joint in right-handed scenes, +z in left-handed ones
     */
    public toWorld(state: HandState, positions: Float32Array, rotations: Float32Array): void {
        const { camera, _point: point, _turn: turn, _nodePlace: place, _nodeTurn: nodeTurn } = this;
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            for (let k = 0; k < 3; k++) {
                point[k] = state.joints[joint * 3 + k];
            }
            for (let k = 0; k < 4; k++) {
                turn[k] = state.rotations[joint * 4 + k];
            }
            if (camera) {
                rotate(camera.rotation, 0, point, 0, point, 0);
                for (let k = 0; k < 3; k++) {
                    point[k] += camera.position[k];
                }
                multiply(camera.rotation, 0, turn, 0, turn, 0);
            }
            this._pointToLocal(point);
            rotate(nodeTurn, 0, point, 0, point, 0);
            for (let k = 0; k < 3; k++) {
                positions[joint * 3 + k] = point[k] + place[k];
            }
            this._rotationToLocal(turn);
            multiply(nodeTurn, 0, turn, 0, rotations, joint * 4);
        }
    }

    /** In place: a point of camera space in the node's space, scene units. */
    private _pointToLocal(point: Float64Array): void {
        const x = this.view === "camera" ? point[0] : -point[0];
        const z = this.view === "facing" ? this.facingDistance - point[2] : point[2];
        // y down to y up; forward is +z in left-handed scenes and -z in right-handed ones.
        point[0] = x * this.worldScale;
        point[1] = -point[1] * this.worldScale;
        point[2] = (this._leftHanded ? z : -z) * this.worldScale;
    }

    /** In place: a rotation to camera space as one to the node's space. */
    private _rotationToLocal(turn: Float64Array): void {
        // Half a turn about x takes y down, z forward to y up, z back: (1, 0, 0, 0) * q = (w, -z, y, -x). Before it, the
        // facing view turns by half about the vertical axis, in front: (0, 1, 0, 0) * q = (z, w, -x, -y); the mirror view
        // takes a rotation to its reflection across x = 0: (x, -y, -z, w).
        const x = turn[0];
        const y = turn[1];
        const z = turn[2];
        const w = turn[3];
        const flip = this._leftHanded ? -1 : 1;
        if (this.view === "facing") {
            turn[0] = flip * -y;
            turn[1] = flip * x;
            turn[2] = w;
            turn[3] = -z;
        } else if (this.view === "mirror") {
            turn[0] = flip * w;
            turn[1] = flip * z;
            turn[2] = -y;
            turn[3] = -x;
        } else {
            turn[0] = flip * w;
            turn[1] = flip * -z;
            turn[2] = y;
            turn[3] = -x;
        }
    }
}
