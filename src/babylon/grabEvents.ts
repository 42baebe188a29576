// What is told of bodies in hands.

import type { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { HandSide } from "../hand/joints";
import type { GrabKind } from "./heldBody";

/** A body is held from now on. */
export interface GrabEvent {
    side: HandSide;
    kind: GrabKind;
    body: PhysicsBody;
    /** Where it was taken, scene's world. */
    point: Vector3;
}

/** A body was let go. */
export interface ReleaseEvent {
    side: HandSide;
    body: PhysicsBody;
    /** Where the hand was, scene's world. */
    point: Vector3;
    /** Velocity that it leaves with, scene units a second; zero when the hand was lost. */
    velocity: Vector3;
    /** Axis times rad/s. */
    angularVelocity: Vector3;
    reason: ReleaseReason;
}

/** Why a body was let go. */
export type ReleaseReason =
    /** The hand opened: the body is thrown. */
    | "opened"
    /** The hand went out of view, or the body was disposed of: it falls. */
    | "lost"
    /** The body could not follow: it was too heavy, or jammed. It keeps its velocity. */
    | "slipped"
    /** The other hand holds it still. */
    | "handed-over";
