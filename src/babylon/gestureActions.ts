// What pinches and grabs do: who is told of them, what is taken and let go.

import type { Observable } from "@babylonjs/core/Misc/observable";
import type { GestureEvent, GestureEventKind } from "../gestures/gestureNames";
import type { CameraSpaceMapping } from "./cameraSpace";
import type { GrabKind } from "./grabber";
import type { HandEvents, HandGesture } from "./handEvents";
import type { TrackedHand } from "./trackedHand";

/** A hand that closed beside a body may still take it for so long, ms: place and gesture do not err in the same frame. */
const LATE_GRAB_MS = 100;

export class GestureActions {
    /** Who is told of which transition of which gesture. */
    private readonly _observables: Record<GrabKind, Partial<Record<GestureEventKind, Observable<TrackedHand>>>>;
    private readonly _gesture: HandGesture = {} as HandGesture;

    public constructor(
        private readonly _mapping: CameraSpaceMapping,
        private readonly _events: HandEvents
    ) {
        this._observables = {
            pinch: {
                start: _events.onPinchStartObservable,
                update: _events.onPinchUpdateObservable,
                end: _events.onPinchEndObservable,
                cancel: _events.onPinchCancelObservable,
            },
            grab: {
                start: _events.onGrabStartObservable,
                update: _events.onGrabUpdateObservable,
                end: _events.onGrabEndObservable,
                cancel: _events.onGrabCancelObservable,
            },
        };
    }

    public receive(hand: TrackedHand, gesture: Readonly<GestureEvent>): void {
        const { name, transition } = gesture;
        if (name === "pinch" || name === "grab") {
            if (transition !== "cancel" && transition !== "lost") {
                this._act(hand, name, transition);
            }
            if (isCancelled(hand, gesture)) {
                return;
            }
            this._observables[name][transition]?.notifyObservers(hand);
        }
        if (isCancelled(hand, gesture)) {
            return;
        }
        this._gesture.hand = hand;
        this._gesture.gesture = gesture;
        this._events.onGestureObservable.notifyObservers(this._gesture);
    }

    private _act(hand: TrackedHand, kind: GrabKind, transition: GestureEventKind): void {
        const { grabber } = hand;
        if (!grabber) {
            return;
        }
        const depthSigma = hand.capturedState.depthSigma * this._mapping.worldScale;
        const { timeMs } = hand.capturedState;
        if (transition === "start") {
            hand._closedMs = timeMs;
        }
        if (
            (transition === "start" || transition === "update") &&
            !grabber.heldBody &&
            timeMs - hand._closedMs <= LATE_GRAB_MS
        ) {
            grabber.grab(kind, depthSigma);
        } else if (transition === "end" && !hand.pinch.isActive && !hand.grab.isActive) {
            grabber.release(false, this._mapping.viewingDirection, depthSigma);
        }
    }
}

/** Who was told so far may have detached the behaviour, which ends all gestures: a cancelled one does not begin or go on any more. */
function isCancelled({ gestures }: TrackedHand, { name, transition }: Readonly<GestureEvent>): boolean {
    return (transition === "start" || transition === "update") && !gestures.isActive(name);
}
