// Where the scene's table is in a session: before the user, at the height of the real one.

import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { WebXRSessionManager } from "@babylonjs/core/XR/webXRSessionManager";
import { TIP_JOINTS, type TrackedHand } from "../../src/index";

/** A desk's, metres above the floor, until hands have shown where it is. */
export const DESK_HEIGHT = 0.74;
/** How far before the user its middle is, metres. */
const REACH = 0.5;
/** Two hands lie on a table while they are level and still for so long, ms. */
const LYING_MS = 1200;
/** What counts as level and as still: the spread of all fingertips' heights, and how far they move meanwhile, metres. */
const LEVEL = 0.035;
const STILL = 0.012;

/** Tells when two flat hands rest on a table, and how high it is. */
export class TableTouch {
    private readonly _reference = new Vector3();
    private readonly _middle = new Vector3();
    private _sinceMs = -Infinity;
    private _isDone = false;

    /**
     * Once a frame.
     * @param unit scene units per metre
     * @returns the table's height in the scene, once for every time that hands are laid down; else null
     */
    public update(hands: readonly TrackedHand[], timeMs: number, unit: number): number | null {
        const height =
            hands.length === 2 && hands.every(({ isTracked }) => isTracked) ? this._restingHeight(hands, unit) : null;
        const moved = Vector3.Distance(this._middle, this._reference);
        if (height === null || moved > STILL * unit) {
            this._reference.copyFrom(this._middle);
            this._sinceMs = timeMs;
            this._isDone = false;
            return null;
        }
        if (this._isDone || timeMs - this._sinceMs < LYING_MS) {
            return null;
        }
        this._isDone = true;
        return height;
    }

    /** Height of what the fingertips lie on; null where they are not level. */
    private _restingHeight(hands: readonly TrackedHand[], unit: number): number | null {
        let least = Infinity;
        let most = -Infinity;
        let sum = 0;
        this._middle.setAll(0);
        for (const { worldJoints, worldRadii } of hands) {
            for (const tip of TIP_JOINTS.slice(1)) {
                const height = worldJoints[tip * 3 + 1] - worldRadii[tip];
                least = Math.min(least, height);
                most = Math.max(most, height);
                sum += height;
                this._middle.addInPlaceFromFloats(worldJoints[tip * 3], height, worldJoints[tip * 3 + 2]);
            }
        }
        this._middle.scaleInPlace(1 / (2 * (TIP_JOINTS.length - 1)));
        return most - least < LEVEL * unit ? sum / (2 * (TIP_JOINTS.length - 1)) : null;
    }
}

/** Moves the session's reference space so that the scene's origin, the table's middle, is before the user as they look now. */
export function placeTable(manager: WebXRSessionManager, frame: XRFrame, height: number): void {
    const viewer = frame.getViewerPose(manager.baseReferenceSpace);
    if (!viewer) {
        return;
    }
    const { position } = viewer.transform;
    const m = viewer.transform.matrix;
    // Where -z of the viewer points, seen from above.
    const yaw = Math.atan2(m[8], m[10]);
    manager.referenceSpace = manager.baseReferenceSpace.getOffsetReferenceSpace(
        new XRRigidTransform(
            { x: position.x - REACH * Math.sin(yaw), y: height, z: position.z - REACH * Math.cos(yaw) },
            { x: 0, y: Math.sin(yaw / 2), z: 0, w: Math.cos(yaw / 2) }
        )
    );
}

/** Raises or lowers the table, and what is on it, against the user. */
export function raiseTable(manager: WebXRSessionManager, metres: number): void {
    manager.referenceSpace = manager.referenceSpace.getOffsetReferenceSpace(
        new XRRigidTransform({ x: 0, y: metres, z: 0 })
    );
}
