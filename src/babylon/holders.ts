// Who holds which body: one hand, or two together.

import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";

/** A hand that holds a body. */
export interface Holder {
    /** Another hand holds the body too, or does so no more. */
    setShared(isShared: boolean): void;
    /** The other hand has taken the body alone. */
    handOver(): void;
}

const holders = new WeakMap<PhysicsBody, readonly Holder[]>();

/** A hand takes a body: with those that hold it, or from them if it is not to be held by two. */
export function addHolder(body: PhysicsBody, holder: Holder): void {
    const metadata = body.transformNode.metadata as { handTwoHanded?: boolean } | null;
    if (metadata?.handTwoHanded === false) {
        holders.get(body)?.forEach((other) => other.handOver());
    }
    setHolders(body, [...(holders.get(body) ?? []), holder]);
}

/** A hand has let go. */
export function removeHolder(body: PhysicsBody, holder: Holder): void {
    setHolders(
        body,
        (holders.get(body) ?? []).filter((other) => other !== holder)
    );
}

export function isHeld(body: PhysicsBody): boolean {
    return holders.has(body);
}

/** Tells all who hold a body whether they do so together. */
export function tellHolders(body: PhysicsBody): void {
    const hands = holders.get(body) ?? [];
    if (!body.isDisposed) {
        hands.forEach((hand) => hand.setShared(hands.length > 1));
    }
}

function setHolders(body: PhysicsBody, hands: readonly Holder[]): void {
    if (hands.length > 0) {
        holders.set(body, hands);
    } else {
        holders.delete(body);
    }
}
