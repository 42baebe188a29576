import { describe, expect, it } from "vitest";
import { GestureRecognizer, type GestureRecognizerOptions } from "../../src/gestures/gestureRecognizer";
import { JOINT_COUNT } from "../../src/hand/joints";
import type { HandState } from "../../src/hand/handState";
import { readPoses } from "../helpers/recordedPoses";
import { gestureState } from "../helpers/scriptedHand";
import { seededRandom } from "../helpers/random";
import {
    addNoise,
    copyState,
    FRAME_MS,
    NOISE,
    noiseText,
    quantile,
    rotationBetween,
    SIDES,
    turned,
    wander,
} from "./noisyHands";

const recorded = [...readPoses("handy-left.json"), ...readPoses("handy-right.json")];
const pointing = (side: string): HandState =>
    recorded.find(({ names, state }) => names[0] === "asl 1" && state.side === side)!.state;

/** A reach of people: minimum jerk from 0 to 1 between two times (Flash and Hogan 1985). */
function reach(timeMs: number, fromMs: number, ms: number): number {
    const s = Math.min(Math.max((timeMs - fromMs) / ms, 0), 1);
    return s ** 3 * (10 - 15 * s + 6 * s * s);
}

function moved(state: HandState, timeMs: number, by: number[]): HandState {
    const copy = copyState(state, timeMs);
    for (let i = 0; i < JOINT_COUNT * 3; i++) {
        copy.joints[i] += by[i % 3];
    }
    return copy;
}

interface Found {
    name: string;
    timeMs: number;
}

/** Starts of everything while a motion plays under noise. */
function starts(
    random: () => number,
    untilMs: number,
    stateAt: (timeMs: number) => HandState,
    noise = NOISE,
    options?: GestureRecognizerOptions
): Found[] {
    const found: Found[] = [];
    const recognizer = new GestureRecognizer(
        stateAt(0).side,
        ({ name, transition, timeMs }) => {
            if (transition === "start") {
                found.push({ name, timeMs });
            }
        },
        options
    );
    for (let t = FRAME_MS * random(); t < untilMs; t += FRAME_MS) {
        const state = stateAt(t);
        addNoise(state, random, noise);
        recognizer.update(state);
    }
    return found;
}

const TRIALS = 100;
const START_MS = 1000;

describe("poke", () => {
    const QUIET = { ...NOISE, depth: 0.005 };
    for (const { way, direction, noise, least } of [
        { way: "across the view", direction: [1, 0, 0], noise: NOISE, least: 0.95 },
        { way: "toward the camera, depth as steady as the rest", direction: [0, 0, -1], noise: QUIET, least: 0.95 },
        {
            way: "toward the camera, depth noise of 20 mm (few, but none where there is none)",
            direction: [0, 0, -1],
            noise: NOISE,
            least: 0,
        },
    ]) {
        it(`of 100 mm in 300 ms ${way} is seen once at most`, () => {
            const random = seededRandom(21);
            let seen = 0;
            let more = 0;
            const latencies: number[] = [];
            for (let i = 0; i < TRIALS; i++) {
                const hand = pointing(SIDES[i % 2]);
                const finger = [0, 1, 2].map((k) => hand.joints[9 * 3 + k] - hand.joints[6 * 3 + k]);
                const aimed = turned(hand, rotationBetween(finger, direction));
                const found = starts(
                    random,
                    2000,
                    (t) =>
                        moved(
                            aimed,
                            t,
                            direction.map((d) => 0.1 * d * reach(t, START_MS, 300))
                        ),
                    noise
                ).filter(({ name }) => name === "poke");
                const hit = found.find(({ timeMs }) => timeMs > START_MS && timeMs < START_MS + 400);
                seen += hit ? 1 : 0;
                more += found.length - (hit ? 1 : 0);
                if (hit) {
                    latencies.push(hit.timeMs - START_MS);
                }
            }
            const median = latencies.length > 0 ? quantile(latencies, 0.5).toFixed(0) : "-";
            console.log(
                `${way}: ${seen} of ${TRIALS} pokes seen, ${more} others, ${median} ms after the finger set out; ${noiseText(noise)}`
            );
            expect(seen / TRIALS).toBeGreaterThanOrEqual(least);
            expect(more).toBe(0);
        });
    }

    it("is none while a pointing hand wanders for 60 s, nor when it draws back", () => {
        const random = seededRandom(22);
        const hand = pointing("right");
        const [x, y, z] = Array.from({ length: 3 }, () => wander(random));
        const found = starts(random, 60_000, (t) => moved(hand, t, [0.05 * x(t), 0.05 * y(t), 0.05 * z(t)]));
        const finger = [0, 1, 2].map((k) => hand.joints[6 * 3 + k] - hand.joints[9 * 3 + k]);
        const length = Math.hypot(...finger);
        const back = starts(random, 2000, (t) =>
            moved(
                hand,
                t,
                finger.map((f) => ((0.1 * f) / length) * reach(t, START_MS, 300))
            )
        );
        console.log(`pokes while wandering: ${found.filter(({ name }) => name === "poke").length} in 60 s`);
        expect([...found, ...back].filter(({ name }) => name === "poke")).toEqual([]);
    });
});

describe("swipe", () => {
    const WAYS: Record<string, [number, number]> = {
        "swipe-left": [-1, 0],
        "swipe-right": [1, 0],
        "swipe-up": [0, -1],
        "swipe-down": [0, 1],
    };

    it("of 250 mm in 300 to 500 ms is seen in its direction and no other", () => {
        const random = seededRandom(23);
        for (const [expected, [dx, dy]] of Object.entries(WAYS)) {
            let right = 0;
            const others: string[] = [];
            const latencies: number[] = [];
            for (let i = 0; i < TRIALS; i++) {
                const ms = 300 + 200 * random();
                const found = starts(random, 2000, (t) => {
                    const share = reach(t, START_MS, ms) - 0.5;
                    const side = SIDES[i % 2];
                    // A script gives a left hand's place mirrored.
                    const flip = side === "left" ? -1 : 1;
                    return gestureState(side, t, [0.25 * dx * share * flip, 0.25 * dy * share, 0.5], {});
                }).filter(({ name }) => name !== "open-palm");
                const hit = found.find(({ name }) => name === expected);
                right += hit ? 1 : 0;
                others.push(...found.filter((one) => one !== hit).map(({ name }) => name));
                if (hit) {
                    latencies.push(hit.timeMs - START_MS);
                }
            }
            console.log(
                `${expected}: ${right} of ${TRIALS}, others ${others.length}, ${quantile(latencies, 0.5).toFixed(0)} ms after the hand set out; ${noiseText(NOISE)}`
            );
            expect(right / TRIALS).toBeGreaterThanOrEqual(0.98);
            expect(others).toEqual([]);
        }
    });

    it("and back at once is one swipe: the cooldown overlooks the way back", () => {
        const found = starts(seededRandom(24), 2500, (t) =>
            gestureState("right", t, [0.25 * (reach(t, START_MS, 350) - reach(t, START_MS + 400, 350)), 0, 0.5], {})
        );
        expect(found.filter(({ name }) => name.startsWith("swipe")).map(({ name }) => name)).toEqual(["swipe-right"]);
    });

    it("is none on a diagonal, none of a short way, and none with a pinched hand", () => {
        const play = (dx: number, dy: number, pinch = 0): string[] =>
            starts(seededRandom(25), 2000, (t) => {
                const share = reach(t, START_MS, 350) - 0.5;
                return gestureState("right", t, [dx * share, dy * share, 0.5], { pinch });
            })
                .map(({ name }) => name)
                .filter((name) => name.startsWith("swipe"));
        expect(play(0.2, 0.2)).toEqual([]);
        expect(play(0.08, 0)).toEqual([]);
        expect(play(0.25, 0, 1)).toEqual([]);
        expect(play(0.25, 0)).toEqual(["swipe-right"]);
    });

    it("is named by what the options call up and right", () => {
        const play = (options: GestureRecognizerOptions): string[] =>
            starts(
                seededRandom(26),
                2000,
                (t) => gestureState("right", t, [0.25 * (reach(t, START_MS, 350) - 0.5), 0, 0.5], {}),
                NOISE,
                options
            )
                .map(({ name }) => name)
                .filter((name) => name.startsWith("swipe"));
        expect(play({})).toEqual(["swipe-right"]);
        expect(play({ mirrored: true })).toEqual(["swipe-left"]);
        // A camera that lies on its right side: its +x is up.
        expect(play({ up: [1, 0, 0] })).toEqual(["swipe-up"]);
    });
});
