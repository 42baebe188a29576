import { describe, expect, it } from "vitest";
import { GESTURE_NAMES, type GestureEvent } from "../../src/gestures/gestureNames";
import { GestureRecognizer } from "../../src/gestures/gestureRecognizer";
import type { HandState } from "../../src/hand/handState";
import { gestureState } from "../helpers/scriptedHand";
import { readPoses, readRecording } from "../helpers/recordedPoses";
import { seededRandom } from "../helpers/random";
import {
    addNoise,
    copyState,
    FRAME_MS,
    NOISE,
    NOISE_TEXT,
    rotationBetween,
    SIDES,
    turned,
    wander,
    type NoiseModel,
} from "./noisyHands";

const poses = [...readPoses("handy-left.json"), ...readPoses("handy-right.json"), ...readPoses("iwer.json")];

/** Recorded poses that show a gesture, by their first name; `grab` is what fists and thumbs do too. */
const SHOWN: Record<string, string[]> = {
    pinch: ["pinch", "asl f", "asl 9"],
    "pinch-middle": ["asl 8"],
    "pinch-ring": ["asl 7"],
    "pinch-pinky": ["asl 6"],
    point: ["point", "asl 1", "asl l"],
    "open-palm": ["flat", "flare", "asl 5", "vulcan", "relaxed"],
    fist: ["asl a", "asl s"],
    "thumbs-up": ["thumb", "asl 10"],
    "thumbs-down": ["thumb", "asl 10"],
    victory: ["asl v", "asl 2"],
};
const GRABBING = ["fist", "thumbs-up", "thumbs-down"];
/** Nothing of the plugin's is shown by these. */
const NONE = ["asl u", "asl 3", "asl 4", "asl y", "asl i", "bird", "love", "devil", "crook only index"];

/** The recorded hand, with its thumb to where the gesture has it. */
function shown({ joints, ...rest }: HandState, gesture: string): HandState {
    const state = { joints, ...rest };
    if (!gesture.startsWith("thumbs")) {
        return state;
    }
    const thumb = [0, 1, 2].map((k) => joints[4 * 3 + k] - joints[2 * 3 + k]);
    return turned(state, rotationBetween(thumb, [0, gesture === "thumbs-up" ? -1 : 1, 0]));
}

/** Holds a state still under noise; returns how many frames each gesture was active. */
function hold(state: HandState, frames: number, random: () => number, noise: NoiseModel = NOISE): Map<string, number> {
    const active = new Map<string, number>();
    const recognizer = new GestureRecognizer(state.side, ({ name, transition }) => {
        if (transition === "start" || transition === "update") {
            active.set(name, (active.get(name) ?? 0) + 1);
        }
    });
    for (let frame = 0; frame < frames; frame++) {
        const seen = copyState(state, frame * FRAME_MS);
        addNoise(seen, random, noise);
        recognizer.update(seen);
    }
    return active;
}

const FRAMES = 90;
/** Held this share of the time from the start on, a gesture counts as recognised, or as confused. */
const SHARE = 0.8;

describe("each gesture is told from the others", () => {
    for (const joint of [0, 0.0025, 0.003]) {
        it(`in recorded poses of both hands, ${joint * 1000} mm of noise on each joint`, () => {
            const random = seededRandom(31);
            const noise = joint > 0 ? { ...NOISE, joint } : { lateral: 0, depth: 0, joint: 0 };
            const columns = GESTURE_NAMES.filter((name) => name !== "poke" && !name.startsWith("swipe"));
            console.log(`${joint > 0 ? NOISE_TEXT.replace("2.5", `${joint * 1000}`) : "no noise"}; per cent of frames`);
            console.log(["shown".padEnd(14), ...columns.map((name) => name.slice(-6).padStart(7))].join(""));
            const wrong: string[] = [];
            for (const [gesture, names] of [...Object.entries(SHOWN), ["none", NONE] as const]) {
                const found = poses.filter((pose) => names.includes(pose.names[0]));
                const sides = new Set(found.map(({ state }) => state.side));
                const totals = new Map<string, number>();
                for (const pose of found) {
                    const active = hold(shown(pose.state, gesture), FRAMES, random, noise);
                    for (const name of columns) {
                        const share = (active.get(name) ?? 0) / FRAMES;
                        totals.set(name, (totals.get(name) ?? 0) + share / found.length);
                        const isRight = name === gesture || (name === "grab" && GRABBING.includes(gesture));
                        if (isRight ? share < SHARE : share > 0) {
                            wrong.push(`${pose.state.side} "${pose.names[0]}": ${name} ${(100 * share).toFixed(0)} %`);
                        }
                    }
                }
                const cells = columns.map((name) => (100 * (totals.get(name) ?? 0)).toFixed(0).padStart(7));
                console.log([gesture.padEnd(14), ...cells, `  (${found.length} poses)`].join(""));
                expect([...sides].sort()).toEqual([...SIDES].sort());
            }
            expect(wrong).toEqual([]);
        });
    }
});

describe("an open hand in motion for 60 s starts nothing but the open palm", () => {
    const MINUTE_MS = 60_000;
    const QUIET = ["open-palm", "swipe-left", "swipe-right", "swipe-up", "swipe-down"];

    function startsOf(stateAt: (frame: number, timeMs: number) => HandState, seed: number): string[] {
        const random = seededRandom(seed);
        const starts: string[] = [];
        const listen = ({ name, transition, timeMs }: Readonly<GestureEvent>): void => {
            if (transition === "start" && !QUIET.includes(name)) {
                starts.push(`${name} ${Math.round(timeMs)}`);
            }
        };
        const recognizers = {
            left: new GestureRecognizer("left", listen),
            right: new GestureRecognizer("right", listen),
        };
        for (let frame = 0; frame * FRAME_MS < MINUTE_MS; frame++) {
            const state = stateAt(frame, frame * FRAME_MS);
            addNoise(state, random);
            recognizers[state.side].update(state);
        }
        return starts;
    }

    for (const side of SIDES) {
        it(`moved and turned by a script, ${side}`, () => {
            const random = seededRandom(side === "left" ? 5 : 6);
            const [x, y, z, a, b, c, curl, thumb] = Array.from({ length: 8 }, () => wander(random));
            const starts = startsOf((_, t) => {
                const at = [0.15 * x(t), 0.1 * y(t), 0.5 + 0.12 * z(t)];
                // Fingers between straight and relaxed, the thumb up to a third of the way to a pinch.
                const gesture = { fist: 0.12 * (1 + curl(t)), pinch: 0.15 * (1 + thumb(t)) };
                return gestureState(side, t, at, gesture, [0.6 * a(t), 0.6 * b(t), 0.6 * c(t)]);
            }, 41);
            console.log(`${NOISE_TEXT}; false starts in 60 s: ${starts.length} ${starts.join(", ")}`);
            expect(starts).toEqual([]);
        });
    }

    for (const file of ["leap-flapping.json", "leap-rollAndPitchWithEntry.json"]) {
        it(`recorded, ${file} over and over`, () => {
            const frames = readRecording(file);
            const starts = startsOf((i, t) => copyState(frames[i % frames.length].state, t), 43);
            console.log(`${NOISE_TEXT}; false starts in 60 s: ${starts.length} ${starts.join(", ")}`);
            expect(starts).toEqual([]);
        });
    }
});
