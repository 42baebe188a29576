// Left or right by accumulated vote: decided once, then kept as long as the hand is tracked.

import type { HandSide } from "../hand/joints";

/** One frame's answer counts at most this much, in log-odds: a network is surer of itself than it is right. */
const MAX_FRAME_LOG_ODDS = 3;
/** The vote is decided beyond this sum... */
const DECISION_LOG_ODDS = 2;
/** ...or after this many frames, whatever the sum. */
const MAX_UNDECIDED_FRAMES = 5;
/** A decided vote that is contradicted by this much is another hand. */
const CONTRADICTION_LOG_ODDS = 12;

export class HandednessVote {
    private _sum = 0;
    private _last = 0;
    private _frames = 0;
    private _side: HandSide | null = null;

    /** The decided side; null while undecided. */
    public get side(): HandSide | null {
        return this._side;
    }

    /** The last frame's log-odds for the decided side: negative where it speaks against it; 0 while undecided. */
    public get agreement(): number {
        return this._side === null ? 0 : this._side === "right" ? this._last : -this._last;
    }

    /** Whether later frames contradict the decision so much that this must be another hand. */
    public get isContradicted(): boolean {
        return this._side !== null && (this._side === "right" ? -this._sum : this._sum) > CONTRADICTION_LOG_ODDS;
    }

    /**
     * Adds one frame.
     * @param rightness 0..1, that the crop as the network saw it shows a right hand
     * @param mirrored whether the crop was flipped
     */
    public add(rightness: number, mirrored: boolean): void {
        const logOdds = Math.log(Math.max(rightness, 1e-6) / Math.max(1 - rightness, 1e-6)) * (mirrored ? -1 : 1);
        this._last = Math.min(Math.max(logOdds, -MAX_FRAME_LOG_ODDS), MAX_FRAME_LOG_ODDS);
        this._sum += this._last;
        // Agreement is not hoarded: it takes a bounded time to notice that a hand was swapped.
        this._sum = Math.min(Math.max(this._sum, -2 * CONTRADICTION_LOG_ODDS), 2 * CONTRADICTION_LOG_ODDS);
        this._frames++;
        if (this._side === null && (Math.abs(this._sum) >= DECISION_LOG_ODDS || this._frames >= MAX_UNDECIDED_FRAMES)) {
            this._side = this._sum >= 0 ? "right" : "left";
        }
    }
}
