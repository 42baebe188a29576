// The way of the hand in the latency clip, and the time code that says which frame of it is seen: known to the tool that
// draws the clip, to the page that watches it, and to the analysis.

/** Size of the clip, px, and its rate. */
export const WIDTH = 320;
export const HEIGHT = 240;
export const FRAMES_PER_SECOND = 30;

/** Parts of the clip, each so many seconds long, one after the other, then from the beginning. */
export const PART_SECONDS = 4;
export const PARTS = ["sway", "wave", "reach"] as const;
export type Part = (typeof PARTS)[number];
export const LOOP_SECONDS = PART_SECONDS * PARTS.length;
export const LOOP_FRAMES = LOOP_SECONDS * FRAMES_PER_SECOND;

/** The hand moves so far to either side, px. */
export const AMPLITUDE_PX = 70;
/** Periods of the two sines, s. */
const PERIOD_SECONDS: Record<Exclude<Part, "reach">, number> = { sway: 2, wave: 1 };
/** A reach to the other side and the rest after it, s. */
export const REACH_SECONDS = 0.5;
export const REST_SECONDS = 0.5;

/** Where the hand is at a time of the clip, px to the right of the middle of its way. Every part begins and ends at the right. */
export function positionAt(seconds: number): number {
    const time = wrap(seconds, LOOP_SECONDS);
    const part = PARTS[Math.floor(time / PART_SECONDS)];
    return AMPLITUDE_PX * (part === "reach" ? reachAt(time % PART_SECONDS) : Math.cos(turns(time, part)));
}

function turns(time: number, part: Exclude<Part, "reach">): number {
    return (2 * Math.PI * time) / PERIOD_SECONDS[part];
}

/** Minimum-jerk reaches (Flash and Hogan, J. Neurosci. 1985) from 1 to -1 and back, with rests. */
function reachAt(time: number): number {
    const leg = REACH_SECONDS + REST_SECONDS;
    const t = Math.min((time % leg) / REACH_SECONDS, 1);
    const way = 1 - 2 * t * t * t * (10 - 15 * t + 6 * t * t);
    return Math.floor(time / leg) % 2 === 0 ? way : -way;
}

/** Part that a time of the clip belongs to, and how long it has been going on, s. */
export function partAt(seconds: number): { part: Part; elapsed: number } {
    const time = wrap(seconds, LOOP_SECONDS);
    return { part: PARTS[Math.floor(time / PART_SECONDS)], elapsed: time % PART_SECONDS };
}

/** A time within [0, length). */
function wrap(seconds: number, length: number): number {
    const rest = seconds % length;
    return rest < 0 ? rest + length : rest;
}

/** The code is a row of black and white cells in the picture's upper left corner: bits of the frame's number, then their parity. */
export const CODE_BITS = 9;
export const CODE_CELLS = CODE_BITS + 1;
/** Size of a cell, px. */
export const CELL_WIDTH = 16;
export const CELL_HEIGHT = 12;

/** Cells of a frame's number, 1 for white. Gray code, of which neighbours differ in one cell, and odd parity: never all black. */
export function encodeFrame(frame: number): number[] {
    const gray = frame ^ (frame >> 1);
    const bits = Array.from({ length: CODE_BITS }, (_, bit) => (gray >> bit) & 1);
    return [...bits, 1 - (bits.reduce((sum, bit) => sum + bit, 0) % 2)];
}

/** Number of the frame that the cells say; -1 where they cannot be read. */
export function decodeFrame(cells: readonly number[]): number {
    if (cells.reduce((sum, bit) => sum + bit, 0) % 2 !== 1) {
        return -1;
    }
    let frame = 0;
    let bit = 0;
    for (let i = CODE_BITS - 1; i >= 0; i--) {
        bit ^= cells[i];
        frame |= bit << i;
    }
    return frame < LOOP_FRAMES ? frame : -1;
}
