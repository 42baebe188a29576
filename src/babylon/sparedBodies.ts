// Bodies that a hand's colliders leave alone for a while: moving fingers would kick what they are about to take or just let go.

import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { HandColliders } from "./handColliders";

/** Before a grip and after it the hand's colliders leave the body alone this long, ms. */
const GRACE_MS = 250;

export class SparedBodies {
    private readonly _entries: { body: PhysicsBody; colliders: HandColliders; sinceMs: number }[] = [];

    /** Spares a body from now on; once more if it is spared already. */
    public add(body: PhysicsBody, colliders: HandColliders, nowMs: number): void {
        const entry = this._entries.find((spared) => spared.body === body);
        if (entry) {
            entry.sinceMs = nowMs;
            return;
        }
        colliders.excludeBody(body);
        this._entries.push({ body, colliders, sinceMs: nowMs });
    }

    /** Ends the grace of those whose time is over; of all at Infinity. */
    public expire(nowMs: number): void {
        for (let i = this._entries.length - 1; i >= 0; i--) {
            const { body, colliders, sinceMs } = this._entries[i];
            // A clock that was set back does not keep it out for ever.
            if (!(nowMs - sinceMs < GRACE_MS && nowMs >= sinceMs)) {
                this._entries.splice(i, 1);
                colliders.includeBody(body);
            }
        }
    }
}
