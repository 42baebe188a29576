// The thing that a hand would take glows a little.

import type { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import type { Observer } from "@babylonjs/core/Misc/observable";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { HandTrackingBehavior, TrackedHand } from "../../src/index";

/** Part of a thing's own colour that it glows in. */
const GLOW = 0.22;

/** Follows the hands of a behaviour. */
export class HoverHighlight {
    private readonly _hovered = new Map<TrackedHand, Mesh>();
    private readonly _observers = new Map<TrackedHand, Observer<PhysicsBody | null>>();

    public constructor(behaviour: HandTrackingBehavior) {
        behaviour.onHandFoundObservable.add((hand) => this._follow(hand));
        behaviour.onHandLostObservable.add((hand) => this._show(hand, null));
    }

    private _follow(hand: TrackedHand): void {
        if (hand.grabber && !this._observers.has(hand)) {
            const observer = hand.grabber.onHoverChangedObservable.add((body) => this._show(hand, body));
            this._observers.set(hand, observer);
        }
    }

    private _show(hand: TrackedHand, body: PhysicsBody | null): void {
        const before = this._hovered.get(hand);
        this._hovered.delete(hand);
        // The other hand may be over the same thing.
        if (before && ![...this._hovered.values()].includes(before)) {
            glow(before, 0);
        }
        if (body) {
            const mesh = body.transformNode as Mesh;
            this._hovered.set(hand, mesh);
            glow(mesh, GLOW);
        }
    }
}

function glow(mesh: Mesh, share: number): void {
    const material = mesh.material as PBRMaterial | null;
    if (material) {
        material.emissiveColor = share > 0 ? material.albedoColor.scale(share) : Color3.Black();
    }
}
