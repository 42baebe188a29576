// One hand as a pointer of Babylon's: where it is, what it points at, and the pointer events that it sends.

import { PickingInfo } from "@babylonjs/core/Collisions/pickingInfo";
import { Ray } from "@babylonjs/core/Culling/ray";
import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";
import { Mesh } from "@babylonjs/core/Meshes/mesh";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Scene } from "@babylonjs/core/scene";
import { pinchPoint } from "../gestures/holdingPoint";
import { TIP_JOINTS, WRIST } from "../hand/joints";
import { closestOnMesh, createSurfacePoint, type SurfacePoint } from "./closestPoint";
import type { TrackedHand } from "./trackedHand";

/** Which meshes a pick is about. */
export type MeshPredicate = (mesh: AbstractMesh) => boolean;
/** What holds a pressed pointer down. */
export type Press = "touch" | "grab";

/** Babylon's drag behaviours take this type for a pointer with a place and a turn of its own. */
const POINTER_TYPE = "xr-near";
const INDEX_TIP = TIP_JOINTS[1];

/**
 * The nodes, picking info and events of one hand. All but Babylon's own event objects is made once: whoever listens copies
 * what it wants to keep of a picking info.
 */
export class NearPointer {
    /** Tip joint of the index finger, scene's world. */
    public readonly indexTip = new Vector3();
    /** Between the tips of thumb and index finger, scene's world. */
    public readonly pinch = new Vector3();
    /** The mesh that the pointer is down on; null while it is up. */
    public pressed: AbstractMesh | null = null;
    /** What holds it down, while it is. */
    public press: Press = "touch";
    /** Until when a pinch may still take hold of something, ms. */
    public pinchUntilMs = -Infinity;
    /** Whether the hand pinched at the last update. */
    public wasPinching = false;

    private readonly _origin: Mesh;
    private readonly _aim: TransformNode;
    private readonly _grip: TransformNode;
    private readonly _ray = new Ray(new Vector3(), new Vector3(0, 0, 1));
    /** Meets nothing: layers that pick by themselves find nothing with it. */
    private readonly _noRay = new Ray(new Vector3(), new Vector3(0, 0, 1), 0);
    private readonly _pick = new PickingInfo();
    private readonly _nothing = new PickingInfo();
    private readonly _point = new Vector3();
    private readonly _candidate: SurfacePoint = createSurfacePoint();
    private readonly _pinchArray = new Float32Array(3);
    private readonly _init: PointerEventInit;
    /** The point of the hand that the ray goes through. */
    private _aimAt = this.indexTip;
    /** From the camera to the hand, scene units. */
    private _depth = 1;
    private _isHovering = false;
    private _isAimFixed = false;
    private _isDisposed = false;

    /** @param id pointer id, unlike all others' of the scene */
    public constructor(
        private readonly _scene: Scene,
        name: string,
        public readonly id: number
    ) {
        // Babylon's picking info and 3D GUI want a mesh; it has nothing to draw.
        this._origin = new Mesh(`${name}-touch`, _scene);
        this._origin.isPickable = false;
        this._aim = new TransformNode(`${name}-aim`, _scene);
        this._grip = new TransformNode(`${name}-grip`, _scene);
        for (const node of [this._origin, this._aim, this._grip]) {
            node.rotationQuaternion = new Quaternion();
            node.doNotSerialize = true;
        }
        this._init = { pointerId: id, pointerType: POINTER_TYPE };
        this._pick.originMesh = this._origin;
        this._pick.aimTransform = this._aim;
        this._pick.gripTransform = this._grip;
        this._pick.pickedPoint = this._point;
        this._pick.ray = this._ray;
    }

    /** The mesh that the last pick found. */
    public get picked(): AbstractMesh | null {
        return this._pick.pickedMesh;
    }

    /** Distance to it, scene units. */
    public get distance(): number {
        return this._pick.distance;
    }

    /** Where the hand is now; once a rendered frame. */
    public place({ worldJoints, worldRotations }: TrackedHand): void {
        this.indexTip.fromArray(worldJoints, INDEX_TIP * 3);
        pinchPoint(worldJoints, this._pinchArray);
        this.pinch.fromArray(this._pinchArray);
        this._origin.position.copyFrom(this.indexTip);
        this._origin.rotationQuaternion!.fromArray(worldRotations, INDEX_TIP * 4);
        // A drag turns with the palm, about the pinch: fingers turn by themselves while they pinch.
        this._aim.position.copyFrom(this.pinch);
        this._grip.position.copyFrom(this.pinch);
        this._aim.rotationQuaternion!.fromArray(worldRotations, WRIST * 4);
        this._grip.rotationQuaternion!.fromArray(worldRotations, WRIST * 4);
        this._origin.computeWorldMatrix(true);
        this._aim.computeWorldMatrix(true);
        this._grip.computeWorldMatrix(true);
    }

    /** The mesh nearest to a point within reach, of those that `accepts` agrees to. */
    public findNearest(scenes: readonly Scene[], point: Vector3, reach: number, accepts: MeshPredicate): boolean {
        this._pick.hit = false;
        this._pick.pickedMesh = null;
        let limit = reach;
        for (const scene of scenes) {
            for (const mesh of scene.meshes) {
                if (accepts(mesh) && closestOnMesh(mesh, point, limit, this._candidate)) {
                    this._take(mesh);
                    limit = this._candidate.distance;
                }
            }
        }
        return this._pick.hit;
    }

    /** The point of the pressed mesh nearest to the index finger's tip, if that is within reach. */
    public follow(reach: number): boolean {
        const isNear = closestOnMesh(this.pressed!, this.indexTip, reach, this._candidate);
        if (isNear) {
            this._take(this.pressed!);
        }
        return isNear;
    }

    /** Presses what the last pick found. */
    public down(press: Press): void {
        // A listener to the move before it may have ended it all.
        if (this._isDisposed) {
            return;
        }
        this.press = press;
        this.pressed = this._pick.pickedMesh;
        this._aimAt = press === "grab" ? this.pinch : this.indexTip;
        this._isHovering = true;
        this._aimRay();
        this._scene.simulatePointerDown(this._pick, this._init);
    }

    /** Tells of the pointer's place: over what the last pick found, or dragging what is pressed. */
    public move(): void {
        this._keepPressed();
        if (this.pressed && this.press === "grab") {
            this._point.copyFrom(this.pinch);
        }
        this._isHovering = true;
        this._aimRay();
        this._scene.simulatePointerMove(this._pick, this._init);
    }

    /** Lifts the pointer; over what it pressed that is a click, unless it is `cancelled`. */
    public up(cancelled: boolean): void {
        if (!this.pressed) {
            return;
        }
        this._keepPressed();
        this._aimRay();
        this.pressed = null;
        this._isAimFixed = false;
        this._scene.simulatePointerUp(cancelled ? this._emptyPick() : this._pick, this._init);
        this._aimAt = this.indexTip;
    }

    /** The pointer is over nothing any more. */
    public leave(): void {
        this.up(true);
        if (this._isHovering) {
            this._isHovering = false;
            this._scene.simulatePointerMove(this._emptyPick(), this._init);
        }
    }

    /** Lifts the pointer without a click and frees its nodes. */
    public dispose(): void {
        this.leave();
        this._isDisposed = true;
        this._origin.dispose();
        this._aim.dispose();
        this._grip.dispose();
    }

    private _take(mesh: AbstractMesh): void {
        const { position, distance, faceId, subMeshId, bu, bv } = this._candidate;
        this._pick.hit = true;
        this._pick.pickedMesh = mesh;
        this._point.copyFrom(position);
        this._pick.distance = distance;
        this._pick.faceId = faceId;
        this._pick.subMeshId = subMeshId;
        this._pick.bu = bu;
        this._pick.bv = bv;
    }

    /** A pressed pointer is about what it pressed, wherever it is and whatever was looked for since. */
    private _keepPressed(): void {
        if (this.pressed) {
            this._pick.hit = true;
            this._pick.pickedMesh = this.pressed;
        }
    }

    /** Without an origin mesh: layers take one for the sign of a picked mesh. Listeners may have written into it. */
    private _emptyPick(): PickingInfo {
        this._nothing.hit = false;
        this._nothing.pickedMesh = this._nothing.pickedPoint = null;
        this._nothing.originMesh = this._nothing.aimTransform = this._nothing.gripTransform = null;
        this._nothing.ray = this._noRay;
        return this._nothing;
    }

    /**
     * The ray that a mouse pointer on the hand would have, for behaviours that drag along a plane or an axis. While the pointer
     * is down its direction stays, so that what is dragged goes as far as the hand does, not as its picture.
     */
    private _aimRay(): void {
        const at = this._aimAt;
        const { direction, origin } = this._ray;
        const camera = this._scene.cameraToUseForPointers ?? this._scene.activeCamera;
        if (!this._isAimFixed || !camera) {
            if (camera) {
                at.subtractToRef(camera.globalPosition, direction);
            } else {
                direction.set(0, 0, this._scene.useRightHandedSystem ? -1 : 1);
                direction.applyRotationQuaternionInPlace(this._aim.rotationQuaternion!);
            }
            this._depth = direction.length() || 1;
            direction.scaleInPlace(1 / this._depth);
        }
        // Behaviours write into a ray's origin, and look for planes ahead of it only.
        direction.scaleToRef(-this._depth, origin);
        origin.addInPlace(at);
        this._isAimFixed = this.pressed !== null;
    }
}
