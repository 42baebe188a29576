// Who collides with whom: hands with everything but hands.

import type { PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";

/**
 * Collision group of all hand bodies; applications should leave this bit to them. A shape whose `filterCollideMask` lacks
 * it is not touched by hands.
 */
export const HAND_COLLISION_GROUP = 1 << 30;
const EVERYTHING_BUT_HANDS = ~HAND_COLLISION_GROUP;

/** Lets a hand's shape touch everything but hands, or nothing. */
export function setHandCollision(shape: PhysicsShape, enabled: boolean): void {
    shape.filterMembershipMask = enabled ? HAND_COLLISION_GROUP : 0;
    shape.filterCollideMask = enabled ? EVERYTHING_BUT_HANDS : 0;
}
