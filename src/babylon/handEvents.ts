// What the hands of a behaviour are given, and who is told of what they do.

import { Observable } from "@babylonjs/core/Misc/observable";
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
    /** @default true */
    prediction?: boolean;
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

/** Who is told what hands do. */
export class HandEvents {
    /** A hand came into view. */
    public readonly onHandFoundObservable = new Observable<TrackedHand>();
    /** A hand was placed for the frame about to be rendered. */
    public readonly onHandUpdatedObservable = new Observable<TrackedHand>();
    /** A hand went out of view (what it holds is released after a short grace). */
    public readonly onHandLostObservable = new Observable<TrackedHand>();
    /** Thumb and index finger met. */
    public readonly onPinchStartObservable = new Observable<TrackedHand>();
    /** A pinch goes on; once a processed frame. */
    public readonly onPinchUpdateObservable = new Observable<TrackedHand>();
    /** Thumb and index finger parted. */
    public readonly onPinchEndObservable = new Observable<TrackedHand>();
    /** The hand was lost in the middle of a pinch. */
    public readonly onPinchCancelObservable = new Observable<TrackedHand>();
    /** The fingers closed. */
    public readonly onGrabStartObservable = new Observable<TrackedHand>();
    /** A grab goes on; once a processed frame. */
    public readonly onGrabUpdateObservable = new Observable<TrackedHand>();
    /** The fingers opened. */
    public readonly onGrabEndObservable = new Observable<TrackedHand>();
    /** The hand was lost in the middle of a grab. */
    public readonly onGrabCancelObservable = new Observable<TrackedHand>();
    /** Any gesture started, went on, ended, was cancelled or lost; pinch and grab too. The event is reused. */
    public readonly onGestureObservable = new Observable<HandGesture>();
    /** A physics body is held from now on. */
    public readonly onObjectGrabbedObservable = new Observable<GrabEvent>();
    /** A held body was let go, with the velocity that it was given. */
    public readonly onObjectReleasedObservable = new Observable<ReleaseEvent>();
}
