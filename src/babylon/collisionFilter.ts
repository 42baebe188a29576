// Who collides with whom: hands with everything but hands, and not with what they hold.

import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";

/** Collision group of all hand bodies; applications should leave this bit to them. */
export const HAND_COLLISION_GROUP = 1 << 30;
const EVERYTHING_BUT_HANDS = ~HAND_COLLISION_GROUP;

/** Lets a hand's shape touch everything but hands, or nothing. */
export function setHandCollision(shape: PhysicsShape, enabled: boolean): void {
    shape.filterMembershipMask = enabled ? HAND_COLLISION_GROUP : 0;
    shape.filterCollideMask = enabled ? EVERYTHING_BUT_HANDS : 0;
}

// How many hands hold a body, and what its shape collided with before.
const held = new WeakMap<PhysicsBody, { count: number; mask: number }>();

/** A body that is held does not collide with hands. */
export function ignoreHands(body: PhysicsBody): void {
    const shape = body.shape;
    if (!shape) {
        return;
    }
    const entry = held.get(body);
    if (entry) {
        entry.count++;
    } else {
        // A shape that was never given a mask collides with everything.
        const mask = shape.filterCollideMask || -1;
        held.set(body, { count: 1, mask });
        shape.filterMembershipMask ||= 1;
        shape.filterCollideMask = mask & EVERYTHING_BUT_HANDS;
    }
}

/** Undoes one `ignoreHands`. */
export function noticeHands(body: PhysicsBody): void {
    const entry = held.get(body);
    if (entry && --entry.count === 0) {
        held.delete(body);
        if (body.shape && !body.isDisposed) {
            body.shape.filterCollideMask = entry.mask;
        }
    }
}
