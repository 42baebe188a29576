import { describe, expect, it } from "vitest";
import { GrabDetector } from "../../src/gestures/grabDetector";
import { HysteresisGate, type GestureTransition } from "../../src/gestures/hysteresis";
import { pinchDistance } from "../../src/gestures/handMeasures";
import { PinchDetector } from "../../src/gestures/pinchDetector";
import { KEYPOINT_COUNT, KEYPOINT_JOINTS } from "../../src/hand/joints";
import type { HandState } from "../../src/hand/handState";
import { gestureState, type Gesture } from "../helpers/scriptedHand";
import { gaussian, seededRandom } from "../helpers/random";

const FRAME_MS = 1000 / 30;

const gate = (): HysteresisGate =>
    new HysteresisGate({ enter: 0.7, exit: 0.5, frames: 2, relativeExit: 0.4, cooldownMs: 150 });

const feed = (target: HysteresisGate, values: number[], fromMs = 0): GestureTransition[] =>
    values.map((value, i) => target.update(value, fromMs + i * FRAME_MS));

describe("hysteresis gate", () => {
    it("starts and ends after two frames that agree", () => {
        expect(feed(gate(), [0.8, 0.8, 0.6, 0.4, 0.4])).toEqual(["none", "start", "update", "update", "end"]);
    });

    it("overlooks one bad frame either way", () => {
        expect(feed(gate(), [0.1, 0.9, 0.1])).toEqual(["none", "none", "none"]);
        expect(feed(gate(), [0.9, 0.9, 0.1, 0.9, 0.1, 0.9])).toEqual([
            "none",
            "start",
            "update",
            "update",
            "update",
            "update",
        ]);
    });

    it("ends when the measure falls far below its best, though still above the exit", () => {
        expect(feed(gate(), [0.8, 0.99, 0.57, 0.57])).toEqual(["none", "start", "update", "end"]);
    });

    it("does not start again before the cooldown is over", () => {
        const target = gate();
        feed(target, [0.8, 0.8, 0.1, 0.1]);
        const again = feed(target, [0.9, 0.9, 0.9, 0.9, 0.9, 0.9], 4 * FRAME_MS);
        const startMs = again.indexOf("start") * FRAME_MS + 4 * FRAME_MS;
        expect(startMs - 3 * FRAME_MS).toBeGreaterThanOrEqual(150);
    });

    it("cancels what is active, and nothing else", () => {
        const target = gate();
        expect(target.cancel(0)).toBe("none");
        feed(target, [0.8, 0.8]);
        expect(target.cancel(70)).toBe("cancel");
        expect(target.isActive).toBe(false);
    });

    it("takes no start from measures that are not numbers", () => {
        expect(feed(gate(), [NaN, NaN, NaN])).toEqual(["none", "none", "none"]);
    });
});

/** Plays gestures at 30 frames a second; returns what happened with the time. */
function play(
    gestureAt: (timeMs: number) => Gesture,
    durationMs: number,
    disturb: (state: HandState) => void = () => undefined
): string[] {
    const pinch = new PinchDetector();
    const grab = new GrabDetector();
    const found: string[] = [];
    for (let timeMs = 0; timeMs < durationMs; timeMs += FRAME_MS) {
        const state = gestureState("right", timeMs, [0, 0.05, 0.5], gestureAt(timeMs));
        disturb(state);
        const ofGrab = grab.update(state);
        const ofPinch = pinch.update(state, !grab.isActive);
        if (ofPinch === "start" || ofPinch === "end") {
            found.push(`pinch ${ofPinch} ${Math.round(timeMs)}`);
        }
        if (ofGrab === "start" || ofGrab === "end") {
            found.push(`grab ${ofGrab} ${Math.round(timeMs)}`);
        }
    }
    return found;
}

/** 0 before `fromMs`, 1 from `ms` later until `untilMs`, then back to 0 in `ms`. */
const pulse = (timeMs: number, fromMs: number, untilMs: number, ms: number): number =>
    Math.min(Math.max((timeMs - fromMs) / ms, 0), 1) - Math.min(Math.max((timeMs - untilMs) / ms, 0), 1);
const kinds = (found: string[]): string[] => found.map((text) => text.split(" ").slice(0, 2).join(" "));

describe("pinch and grab", () => {
    for (const ms of [60, 150, 400]) {
        it(`see a pinch closed in ${ms} ms as one pinch`, () => {
            const found = play((t) => ({ pinch: pulse(t, 300, 1200, ms) }), 2000);
            console.log(`closed at ${300 + ms}, opening from 1200: ${found.join(", ")}`);
            expect(kinds(found)).toEqual(["pinch start", "pinch end"]);
            const started = Number(found[0].split(" ")[2]);
            expect(started - (300 + ms)).toBeLessThan(2 * FRAME_MS + 5);
        });

        it(`see a fist closed in ${ms} ms as one grab and no pinch`, () => {
            const found = play((t) => ({ fist: pulse(t, 300, 1200, ms) }), 2000);
            console.log(`closed at ${300 + ms}, opening from 1200: ${found.join(", ")}`);
            expect(kinds(found)).toEqual(["grab start", "grab end"]);
        });

        it(`see a fist made in ${ms} ms with the thumb on the index finger as one grab and no pinch`, () => {
            const found = play((t) => ({ fist: pulse(t, 300, 1200, ms), pinch: 0.35 * pulse(t, 300, 1200, ms) }), 2000);
            expect(kinds(found)).toEqual(["grab start", "grab end"]);
        });
    }

    it("hold through noise of 4 mm, and start nothing in an open hand", () => {
        const random = seededRandom(5);
        const noise = (state: HandState): void => {
            for (let i = 0; i < state.joints.length; i++) {
                state.joints[i] += 0.004 * gaussian(random);
            }
        };
        expect(kinds(play((t) => ({ pinch: pulse(t, 300, 20_000, 150) }), 19_000, noise))).toEqual(["pinch start"]);
        expect(kinds(play((t) => ({ fist: pulse(t, 300, 20_000, 150) }), 19_000, noise))).toEqual(["grab start"]);
        expect(play(() => ({}), 20_000, noise)).toEqual([]);
    });

    it("report strengths from 0 to 1", () => {
        const pinch = new PinchDetector();
        const grab = new GrabDetector();
        pinch.update(gestureState("left", 0, [0, 0, 0.5], {}));
        grab.update(gestureState("left", 0, [0, 0, 0.5], {}));
        expect(pinch.strength).toBe(0);
        expect(grab.strength).toBeLessThan(0.1);
        pinch.update(gestureState("left", 33, [0, 0, 0.5], { pinch: 1 }));
        grab.update(gestureState("left", 33, [0, 0, 0.5], { fist: 1 }));
        expect(pinch.strength).toBeGreaterThan(0.95);
        expect(grab.strength).toBeGreaterThan(0.8);
    });

    it("believe the picture across the viewing direction: tips that meet there but not in depth are nearer", () => {
        const state = gestureState("right", 0, [0, 0.02, 0.5], { pinch: 1 });
        const exact = pinchDistance(state);
        // The fit puts the index finger's tip 20 mm behind the thumb's.
        for (const joint of [7, 8, 9]) {
            state.joints[joint * 3 + 2] += 0.02;
        }
        const off = pinchDistance(state);
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            state.keypointsPx[keypoint * 2] = 320 + (500 * state.joints[joint]) / state.joints[joint + 2];
            state.keypointsPx[keypoint * 2 + 1] = 240 + (500 * state.joints[joint + 1]) / state.joints[joint + 2];
        }
        const middle = [0, 1].map((k) => (state.keypointsPx[8 + k] + state.keypointsPx[16 + k]) / 2);
        for (const k of [0, 1]) {
            state.keypointsPx[8 + k] = state.keypointsPx[16 + k] = middle[k];
        }
        const seen = pinchDistance(state);
        console.log(
            `pinch distance ${exact.toFixed(2)}; depth off by 20 mm ${off.toFixed(2)}; with tips that touch in the picture ${seen.toFixed(2)}`
        );
        expect(seen).toBeLessThan(off);
        expect(seen).toBeLessThan(0.28);
    });
});
