// What a hand holds in the debug view: a line from the hand to where it took the body, as long as the body lags.

import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { LinesMesh } from "@babylonjs/core/Meshes/linesMesh";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Observer } from "@babylonjs/core/Misc/observable";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import { fistPoint, pinchPoint } from "../gestures/holdingPoint";
import { createHoldLine, moveVertices } from "./debugMeshes";
import type { Grabber, GrabEvent, GrabKind } from "./grabber";
import type { TrackedHand } from "./trackedHand";

export class DebugHold {
    private readonly _line: LinesMesh;
    private readonly _observer: Observer<GrabEvent>;
    private readonly _ends = new Float32Array(6);
    private readonly _point = new Float32Array(3);
    private readonly _hand = new Vector3();
    /** Where the hand took the body, in the body's frame. */
    private readonly _grip = new Vector3();
    private readonly _worldGrip = new Vector3();
    private _body: PhysicsBody | null = null;
    private _kind: GrabKind = "pinch";
    private _lag: number | null = null;

    public constructor(
        public readonly grabber: Grabber,
        private readonly _tracked: TrackedHand,
        parent: TransformNode
    ) {
        this._line = createHoldLine(parent);
        this._line.setEnabled(false);
        this._observer = grabber.onGrabbedObservable.add(({ body, kind, point }) => this._take(body, kind, point));
    }

    /** Distance from the hand to the grip, scene units; null for an empty hand. */
    public get lag(): number | null {
        return this._lag;
    }

    /** Once a rendered frame, after the physics. */
    public update(): void {
        const body = this.grabber.heldBody;
        this._line.setEnabled(body !== null);
        if (!body) {
            this._body = this._lag = null;
            return;
        }
        if (body !== this._body) {
            // It was taken before anybody watched: from now on, what it loses on the hand is seen.
            this._kind = this._tracked.grab.isActive ? "grab" : "pinch";
            this._findHand();
            this._take(body, this._kind, this._hand);
        }
        this._findHand();
        Vector3.TransformCoordinatesToRef(this._grip, body.transformNode.computeWorldMatrix(true), this._worldGrip);
        this._lag = Vector3.Distance(this._hand, this._worldGrip);
        this._hand.toArray(this._ends, 0);
        this._worldGrip.toArray(this._ends, 3);
        moveVertices(this._line, this._ends);
    }

    public dispose(): void {
        this._observer.remove();
        this._line.dispose();
    }

    private _take(body: PhysicsBody, kind: GrabKind, point: Vector3): void {
        this._body = body;
        this._kind = kind;
        const toBody = body.transformNode.computeWorldMatrix(true).clone().invert();
        Vector3.TransformCoordinatesToRef(point, toBody, this._grip);
    }

    private _findHand(): void {
        const { worldJoints, worldRotations } = this._tracked;
        if (this._kind === "grab") {
            fistPoint(worldJoints, worldRotations, this._point);
        } else {
            pinchPoint(worldJoints, this._point);
        }
        this._hand.fromArray(this._point);
    }
}
