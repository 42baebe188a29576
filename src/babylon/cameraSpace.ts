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
    private readonly _position = new Vector3();
    private readonly _rotation = new Quaternion();
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
        const { camera, _point: point, _turn: turn } = this;
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
            this._pointToLocal(point[0], point[1], point[2]);
            this._position.rotateByQuaternionToRef(this._nodeRotation, this._position).addInPlace(this._nodePosition);
            this._position.toArray(positions, joint * 3);
            this._rotationToLocal(turn);
            this._nodeRotation.multiplyToRef(this._rotation, this._rotation);
            rotations[joint * 4] = this._rotation.x;
            rotations[joint * 4 + 1] = this._rotation.y;
            rotations[joint * 4 + 2] = this._rotation.z;
            rotations[joint * 4 + 3] = this._rotation.w;
        }
    }

    private _pointToLocal(x: number, y: number, z: number): void {
        if (this.view === "facing") {
            x = -x;
            z = this.facingDistance - z;
        } else if (this.view === "mirror") {
            x = -x;
        }
        // y down to y up; forward is +z in left-handed scenes and -z in right-handed ones.
        this._position.set(x, -y, this._leftHanded ? z : -z).scaleInPlace(this.worldScale);
    }

    private _rotationToLocal([x, y, z, w]: Float64Array): void {
        // Half a turn about x takes y down, z forward to y up, z back: (1, 0, 0, 0) * q = (w, -z, y, -x). Before it, the
        // facing view turns by half about the vertical axis, in front: (0, 1, 0, 0) * q = (z, w, -x, -y); the mirror view
        // takes a rotation to its reflection across x = 0: (x, -y, -z, w).
        const turned = this._rotation;
        if (this.view === "facing") {
            turned.set(-y, x, w, -z);
        } else if (this.view === "mirror") {
            turned.set(w, z, -y, -x);
        } else {
            turned.set(w, -z, y, -x);
        }
        if (this._leftHanded) {
            turned.x = -turned.x;
            turned.y = -turned.y;
        }
    }
}
