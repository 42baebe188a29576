// What the hands of a behaviour are given, and who is told of what they do.

import type { Observable } from "@babylonjs/core/Misc/observable";
import type { GestureEvent } from "../gestures/gestureNames";
import type { PoseRegistry } from "../gestures/poseRegistry";
import type { GrabEvent, ReleaseEvent } from "./grabEvents";
import type { HandMaterialKind } from "./handMaterials";
import type { HandMeshKind } from "./handTrackingOptions";
import type { TrackedHand } from "./trackedHand";

/** What hands are given. */
export interface HandSetOptions {
    rig: HandMaterialKind | false;
    /** @default "rig" */
    handMesh?: HandMeshKind;
    /** @default false */
    handTexture?: boolean;
    colliders: boolean;
    grab: boolean;
    /** Poses of the application's own. */
    poses?: PoseRegistry;
    /** Drive Babylon's near interaction. */
    near?: boolean;
}

/** A gesture and the hand that makes it; the object is reused: copy what is to be kept. */
export interface HandGesture {
    hand: TrackedHand;
    gesture: Readonly<GestureEvent>;
}

/** Who is told what. */
export interface HandEvents {
    onHandFoundObservable: Observable<TrackedHand>;
    onHandUpdatedObservable: Observable<TrackedHand>;
    onHandLostObservable: Observable<TrackedHand>;
    onPinchStartObservable: Observable<TrackedHand>;
    onPinchUpdateObservable: Observable<TrackedHand>;
    onPinchEndObservable: Observable<TrackedHand>;
    onPinchCancelObservable: Observable<TrackedHand>;
    onGrabStartObservable: Observable<TrackedHand>;
    onGrabUpdateObservable: Observable<TrackedHand>;
    onGrabEndObservable: Observable<TrackedHand>;
    onGrabCancelObservable: Observable<TrackedHand>;
    onGestureObservable: Observable<HandGesture>;
    onObjectGrabbedObservable: Observable<GrabEvent>;
    onObjectReleasedObservable: Observable<ReleaseEvent>;
}
