// From one recovered crop to a hand in camera space: fit, registration, filter. One solver per tracked hand.

import type { CropWindow } from "../camera/cropWindow";
import type { Intrinsics } from "../camera/intrinsics";
import type { RecoveredHand } from "../hand/recoveredHand";
import type { HandObservation } from "./handObservation";

export class HandSolver {
    /** Forgets the pose and its motion, for a hand that was lost; what was learnt of the hand's size stays. */
    public reset(): void {}

    /** Solves one frame. `window.mirrored` says that the crop showed a left hand flipped. Writes all of `out` but `id` and `side`. */
    public solve(_recovered: RecoveredHand, _window: CropWindow, _intrinsics: Intrinsics, timeMs: number, out: HandObservation): void {
        out.timeMs = timeMs;
    }
}
