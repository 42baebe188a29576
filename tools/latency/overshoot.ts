// How far a drawn hand goes beyond the places where the true one turns or halts.

import {
    AMPLITUDE_PX,
    PART_SECONDS,
    positionAt,
    REACH_SECONDS,
    REST_SECONDS,
    type Part,
} from "../../scenes/latency/path";
import type { Sample } from "./analysis";

/** Places, in seconds of the part, at which the way turns or halts, and how long the drawn hand is watched from there on. */
const WINDOWS: Record<Part, { first: number; every: number; seconds: number }> = {
    sway: { first: 1, every: 1, seconds: 0.25 },
    wave: { first: 0.5, every: 0.5, seconds: 0.125 },
    // From the middle of a rest's beginning to the next reach.
    reach: { first: REACH_SECONDS, every: REACH_SECONDS + REST_SECONDS, seconds: REST_SECONDS },
};

/**
 * Largest distance beyond each turning point or halt, px; negative where the drawn hand does not get there.
 * @param offset constant distance of the drawn hand, px, which does not count
 * @param lagMs the drawn hand arrives that much later, and is watched that much later
 */
export function overshoots(part: Part, samples: readonly Sample[], offset: number, lagMs: number): number[] {
    const { first, every, seconds } = WINDOWS[part];
    const start = Math.floor(samples[0].at / PART_SECONDS) * PART_SECONDS;
    const found: number[] = [];
    for (let turn = start + first; turn + seconds < start + PART_SECONDS; turn += every) {
        const sign = Math.sign(positionAt(turn));
        const from = turn + lagMs / 1000 - (part === "reach" ? 0 : seconds);
        const to = turn + lagMs / 1000 + seconds;
        const seen = samples.filter(({ at }) => at >= from && at < to);
        if (seen.length > 0) {
            found.push(Math.max(...seen.map(({ x }) => sign * (x - offset))) - AMPLITUDE_PX);
        }
    }
    return found;
}
