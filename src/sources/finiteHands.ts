// Keeps hands with numbers that are none out of the scene: physics would carry them on to what they touch.

import { HandTrackingError } from "../errors";
import type { HandState } from "../hand/handState";

/** What of a state places bodies and bones. */
const ARRAYS = ["joints", "rotations", "radii"] as const;
const NUMBERS = ["timeMs", "size", "sigma", "depthSigma"] as const;

export class FiniteHands {
    private readonly _good: HandState[] = [];
    private _isBroken = false;

    /** @param _onError is told once of hands that are left out, until all are good again */
    public constructor(private readonly _onError: (error: HandTrackingError) => void) {}

    /** Those of the hands that are whole: the list itself, or another one that is valid until the next call. */
    public of(hands: readonly HandState[]): readonly HandState[] {
        const broken = hands.find(isBroken);
        if (broken && !this._isBroken) {
            this._onError(
                new HandTrackingError(
                    "hand-invalid",
                    `The source's ${broken.side} hand ${broken.id} is left out: ${problemOf(broken)} is not a finite number. Give no hand where one is not known.`,
                    false
                )
            );
        }
        this._isBroken = broken !== undefined;
        if (!broken) {
            return hands;
        }
        this._good.length = 0;
        for (const hand of hands) {
            if (!isBroken(hand)) {
                this._good.push(hand);
            }
        }
        return this._good;
    }
}

function isBroken(hand: HandState): boolean {
    return problemOf(hand) !== null;
}

/** The name of the first number that is not finite; null where all are. */
function problemOf(hand: HandState): string | null {
    for (const name of NUMBERS) {
        if (!Number.isFinite(hand[name])) {
            return `${name} (${hand[name]})`;
        }
    }
    for (const name of ARRAYS) {
        const values = hand[name];
        for (let i = 0; i < values.length; i++) {
            if (!Number.isFinite(values[i])) {
                return `${name}[${i}] (${values[i]})`;
            }
        }
    }
    return null;
}
