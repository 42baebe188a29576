// The hands of one behaviour: those that are there, those that wait to come back, and what they are equipped with.

import type { Scene } from "@babylonjs/core/scene";
import type { HandSide } from "../hand/joints";
import type { CameraSpaceMapping } from "./cameraSpace";
import type { GestureActions } from "./gestureActions";
import { Grabber } from "./grabber";
import { HandColliders } from "./handColliders";
import type { HandEvents, HandSetOptions } from "./handEvents";
import type { HandMaterialKind } from "./handMaterials";
import { HandRig } from "./handRig";
import type { HandMeshKind } from "./handTrackingOptions";
import { MeshHand } from "./meshHand";
import { ShownFingers } from "./shownFingers";
import { TrackedHand } from "./trackedHand";

/** Makes hands and owns them. */
export class HandPool {
    /** Hands that are tracked or were a moment ago. */
    public readonly hands: TrackedHand[] = [];

    private readonly _waiting: Record<HandSide, TrackedHand[]> = { left: [], right: [] };

    /**
     * @param _options of the whole set; changed by the setters
     * @param _actions hears of the hands' gestures
     * @param _now time of the frame that is drawn, ms
     */
    public constructor(
        private readonly _scene: Scene,
        private readonly _mapping: CameraSpaceMapping,
        private readonly _options: HandSetOptions,
        private readonly _events: HandEvents,
        private readonly _actions: GestureActions,
        private readonly _now: () => number
    ) {}

    /** The hand that an observation continues: by id, or a lost one of the same side. */
    public handFor(id: number, side: HandSide): TrackedHand {
        let lost: TrackedHand | null = null;
        for (const hand of this.hands) {
            if (hand.isTracked && hand.capturedState.id === id) {
                return hand;
            }
            if (!hand.isTracked && hand.side === side) {
                lost ??= hand;
            }
        }
        if (lost) {
            return lost;
        }
        const hand = this._waiting[side].pop() ?? this._create(side);
        this.hands.push(hand);
        this._equip(hand);
        return hand;
    }

    /** A hand did not come back for now: its object waits for one of its side. */
    public retire(index: number): TrackedHand {
        const [hand] = this.hands.splice(index, 1);
        this._waiting[hand.side].push(hand);
        return hand;
    }

    /** What rigs look like; false takes them and recovered meshes away. */
    public setRig(kind: HandMaterialKind | false): void {
        this._options.rig = kind;
        for (const hand of this._all()) {
            if (!kind) {
                hand.rig?.dispose();
                hand.meshHand?.dispose();
                hand.rig = hand.meshHand = null;
            } else {
                hand.rig?.setMaterial(kind);
                hand.meshHand?.setMaterial(kind);
                this._equipShown(hand);
            }
        }
    }

    /** What hands are shown by from the next frame on; tracks and what is held stay. */
    public setHandMesh(kind: HandMeshKind): void {
        this._options.handMesh = kind;
        for (const hand of this._all()) {
            const isShown = hand.rig?.isVisible || hand.meshHand?.isVisible;
            if (kind === "rig") {
                hand.meshHand?.dispose();
                hand.meshHand = null;
            }
            this._equipShown(hand);
            if (isShown) {
                // At once: a hand that was just lost is not placed again, but still shown.
                hand._show(hand.worldJoints, hand.worldRotations, this._mapping.worldScale);
            }
        }
    }

    /** Whether hands get their own colours from the next texture on; off takes them away at once. */
    public setHandTexture(isOn: boolean): void {
        this._options.handTexture = isOn;
        if (!isOn) {
            for (const hand of this._all()) {
                hand.skin = null;
                hand._colour();
            }
        }
    }

    /** All hands are disposed of; those that are there should be retired before. */
    public dispose(): void {
        for (const hand of this._all()) {
            hand.dispose();
        }
        this._waiting.left.length = this._waiting.right.length = 0;
    }

    private _all(): TrackedHand[] {
        return [...this.hands, ...this._waiting.left, ...this._waiting.right];
    }

    private _create(side: HandSide): TrackedHand {
        const hand: TrackedHand = new TrackedHand(
            side,
            (gesture) => this._actions.receive(hand, gesture),
            this._options.poses
        );
        return hand;
    }

    /** What shows a hand that is there, as the options have it. */
    private _equipShown(hand: TrackedHand): void {
        const { rig, handMesh } = this._options;
        if (!rig || !this.hands.includes(hand)) {
            return;
        }
        const side = this._mapping.shownSide(hand.side);
        hand.rig ??= new HandRig(this._scene, side, rig);
        if (handMesh === "recovered") {
            hand.meshHand ??= new MeshHand(this._scene, side, rig);
        }
        hand._colour();
    }

    private _equip(hand: TrackedHand): void {
        this._equipShown(hand);
        const { colliders, grab } = this._options;
        if (colliders && !hand.colliders) {
            hand.colliders = new HandColliders(this._scene, `hand-${hand.side}-collider`);
        }
        if (grab && !hand.grabber) {
            hand.grabber = new Grabber(this._scene, hand.side, this._mapping.worldScale, this._now);
            hand.grabber.onGrabbedObservable.add((event) =>
                this._events.onObjectGrabbedObservable.notifyObservers(event)
            );
            hand.grabber.onReleasedObservable.add((event) =>
                this._events.onObjectReleasedObservable.notifyObservers(event)
            );
            hand.grabber.colliders = hand.colliders;
            hand._fingers = new ShownFingers(this._scene, this._mapping.worldScale);
        }
    }
}
