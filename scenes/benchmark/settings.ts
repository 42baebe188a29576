// What is measured and for how long: from the page's address.

export interface Settings {
    /** Ours, by their recoverers; running scenes have the last of them. */
    recoverers: string[];
    /** Trackers take turns on pictures this often. */
    rounds: number;
    /** Fresh pages and running scenes take turns this often. */
    repeats: number;
    /** Pictures of one turn. */
    frames: number;
    /** Of each running scene, in all. */
    seconds: number;
    /** Physics steps for each number of bodies. */
    steps: number;
    /** Whether contenders may run on the GPU; networks run on the CPU otherwise. */
    gpu: boolean;
}

/** A few minutes. */
export const QUICK = { rounds: 4, frames: 10, repeats: 2, seconds: 4, steps: 200 };
/** About half an hour. */
export const FULL = { rounds: 10, frames: 30, repeats: 5, seconds: 20, steps: 600 };
/** What high frame rates are had with, and the network that MediaPipe runs too. */
const COMPARED = ["fast", "mini", "mediapipe"];

/** ?quick, ?recoverers=a,b, ?rounds=, ?frames=, ?repeats=, ?seconds=, ?steps=, ?gpu */
export function readSettings(query: URLSearchParams): Settings {
    const base = query.has("quick") ? QUICK : FULL;
    const number = (name: keyof typeof base): number => Number(query.get(name) ?? base[name]);
    const asked = query.get("recoverers");
    return {
        recoverers: asked ? asked.split(",") : COMPARED,
        rounds: number("rounds"),
        frames: number("frames"),
        repeats: number("repeats"),
        seconds: number("seconds"),
        steps: number("steps"),
        gpu: query.has("gpu"),
    };
}
