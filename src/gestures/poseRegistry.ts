// The poses that an application has added to the plugin's own gestures.

import { HandTrackingError } from "../errors";
import { POSE_FEATURES, type CustomPose } from "./customPose";
import { GESTURE_NAMES } from "./gestureNames";

/** One registry serves the recognisers of all hands; they see what is added and removed at their next frame. */
export class PoseRegistry {
    private readonly _poses: CustomPose[] = [];
    private _version = 0;

    /** In the order in which they were added. */
    public get poses(): readonly CustomPose[] {
        return this._poses;
    }

    /** Another number after each change. */
    public get version(): number {
        return this._version;
    }

    /**
     * @throws HandTrackingError `pose-invalid` where a gesture or another pose has this name, or the bones are not 45 numbers
     */
    public add(pose: CustomPose): void {
        const { name, bones } = pose;
        if ((GESTURE_NAMES as readonly string[]).includes(name) || this._poses.some((other) => other.name === name)) {
            throw new HandTrackingError(
                "pose-invalid",
                `There is a gesture "${name}" already: remove it first, or choose another name.`
            );
        }
        if (bones.length !== POSE_FEATURES || !bones.every(Number.isFinite)) {
            throw new HandTrackingError(
                "pose-invalid",
                `The pose "${name}" needs ${POSE_FEATURES} finite numbers: make it with recordPose or poseFromJson.`
            );
        }
        this._poses.push(pose);
        this._version++;
    }

    /** Whether there was one of this name. An active one is cancelled at the hand's next frame. */
    public remove(name: string): boolean {
        const index = this._poses.findIndex((pose) => pose.name === name);
        if (index < 0) {
            return false;
        }
        this._poses.splice(index, 1);
        this._version++;
        return true;
    }
}
