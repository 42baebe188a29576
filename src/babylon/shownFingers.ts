// The shown rig's fingers around what the hand holds.

import type { Scene } from "@babylonjs/core/scene";
import { BodySurface } from "./bodySurface";
import { FingerStop } from "./fingerStop";
import { havokOf } from "./havok";
import type { TrackedHand } from "./trackedHand";

/** Opens a hand's shown fingers where they would be in the body that it holds; the colliders stay as tracked. */
export class ShownFingers {
    private readonly _surface: BodySurface;
    private readonly _stop: FingerStop;

    /**
     * @param _unit scene units per metre
     * @throws HandTrackingError `physics-missing` if the scene's physics is not Havok
     */
    public constructor(
        scene: Scene,
        private readonly _unit: number
    ) {
        this._surface = new BodySurface(havokOf(scene));
        this._stop = new FingerStop(scene.useRightHandedSystem, _unit);
    }

    /** Poses the rig again, once a rendered frame, after the physics: where the body is now. */
    public update(hand: TrackedHand, elapsedMs: number): void {
        const body = hand.grabber?.heldBody ?? null;
        const isOpening = this._stop.factors.some(isStopped);
        if (!hand.rig || (!body && !isOpening)) {
            return;
        }
        this._surface.body = body;
        const query = body ? this._surface.penetrates : null;
        this._stop.update(hand.worldJoints, hand.worldRotations, hand.worldRadii, query, elapsedMs);
        hand._show(this._stop.joints, this._stop.rotations, this._unit);
    }

    /** The hand was lost: the next pose is shown at once. */
    public reset(): void {
        this._stop.reset();
    }

    public dispose(): void {
        this._surface.dispose();
    }
}

const isStopped = (factor: number): boolean => factor < 1;
