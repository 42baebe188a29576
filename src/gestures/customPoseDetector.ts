// Which pose of a registry a hand makes.

import type { HandState } from "../hand/handState";
import { normalisePose, poseDistance, poseFeatures, POSE_FEATURES, type CustomPose } from "./customPose";
import { HysteresisGate, type GestureTransition } from "./hysteresis";
import { palmPoint } from "./motionDetectors";
import type { PoseRegistry } from "./poseRegistry";

/** A pose ends at this many times its tolerance. */
const EXIT_FACTOR = 1.3;
/** Bones' directions are smoothed with this time constant: noise of single frames is half as large, ms. */
const SMOOTHING_MS = 60;
/** Frames farther apart than this are not one motion, ms. */
const GAP_MS = 250;
/** Passing through a pose is not making it, ms. */
const DWELL_MS = 60;

/** A pose of the registry on one hand. */
export interface CustomSlot {
    pose: CustomPose;
    gate: HysteresisGate;
    /** `poseDistance` to the hand, degrees. */
    distance: number;
    /** 1 at no distance, 0.5 at the tolerance. */
    strength: number;
    transition: GestureTransition;
    /** Middle of the palm when it was last judged, camera space, metres. */
    point: Float32Array;
}

export class CustomPoseDetector {
    /** One for each pose of the registry, in its order; changes only with it. */
    public readonly slots: CustomSlot[] = [];
    private readonly _bones = new Float64Array(POSE_FEATURES);
    private readonly _frame = new Float64Array(POSE_FEATURES);
    private _timeMs = NaN;
    private _version = -1;

    public constructor(private readonly _registry: PoseRegistry) {}

    /**
     * Takes over what was added to the registry, and hands out what was removed.
     * @param onRemoved is told of each active pose that was removed
     */
    public synchronise(timeMs: number, onRemoved: (slot: CustomSlot) => void): void {
        if (this._version === this._registry.version) {
            return;
        }
        this._version = this._registry.version;
        const kept = new Map(this.slots.map((slot) => [slot.pose, slot]));
        this.slots.length = 0;
        for (const pose of this._registry.poses) {
            this.slots.push(kept.get(pose) ?? newSlot(pose));
            kept.delete(pose);
        }
        for (const slot of kept.values()) {
            slot.transition = slot.gate.cancel(timeMs);
            if (slot.transition === "cancel") {
                onRemoved(slot);
            }
        }
    }

    public update(state: HandState): void {
        if (this.slots.length === 0) {
            return;
        }
        this._smooth(state);
        let nearest = Infinity;
        for (const slot of this.slots) {
            slot.distance = poseDistance(this._bones, slot.pose.bones);
            slot.strength = Math.max(0, 1 - slot.distance / (2 * slot.pose.toleranceDegrees)) || 0;
            nearest = Math.min(nearest, slot.distance);
        }
        for (const slot of this.slots) {
            const measure = -slot.distance / slot.pose.toleranceDegrees;
            slot.transition = slot.gate.update(measure, state.timeMs, slot.distance === nearest);
            if (slot.transition !== "none") {
                palmPoint(state.joints, slot.point);
            }
        }
    }

    public cancel(timeMs: number): void {
        for (const slot of this.slots) {
            slot.transition = slot.gate.cancel(timeMs);
        }
        this._timeMs = NaN;
    }

    private _smooth(state: HandState): void {
        poseFeatures(state, this._frame);
        const elapsed = state.timeMs - this._timeMs;
        this._timeMs = state.timeMs;
        const share = elapsed > 0 && elapsed < GAP_MS ? 1 - Math.exp(-elapsed / SMOOTHING_MS) : 1;
        for (let i = 0; i < POSE_FEATURES; i++) {
            // A frame that was not finite would stay in the mean for ever.
            this._bones[i] = Number.isFinite(this._bones[i]) ? this._bones[i] : this._frame[i];
            this._bones[i] += share * (this._frame[i] - this._bones[i]);
        }
        normalisePose(this._bones);
    }
}

function newSlot(pose: CustomPose): CustomSlot {
    const gate = new HysteresisGate({
        enter: -1,
        exit: -EXIT_FACTOR,
        frames: 2,
        relativeExit: Infinity,
        cooldownMs: 150,
        dwellMs: DWELL_MS,
    });
    return { pose, gate, distance: NaN, strength: 0, transition: "none", point: new Float32Array(3) };
}
