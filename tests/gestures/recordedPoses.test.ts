import { describe, expect, it } from "vitest";
import { GRAB_ENTER, GrabDetector } from "../../src/gestures/grabDetector";
import { fingerCurl, grabStrength, pinchDistance } from "../../src/gestures/handMeasures";
import { PINCH_ENTER, PINCH_EXIT, PinchDetector } from "../../src/gestures/pinchDetector";
import { readPoses, readRecording, type RecordedPose } from "../helpers/recordedPoses";

const headset = [...readPoses("handy-left.json"), ...readPoses("handy-right.json"), ...readPoses("iwer.json")];

/** Thumb and index finger touch. */
const PINCHES = ["pinch", "asl f", "asl 9", "asl o"];
/** All fingers closed. */
const FISTS = ["asl a", "asl s", "asl 10", "thumb"];
/** Straight or spread fingers, apart from the thumb. */
const OPEN = ["rest", "flat", "flare", "relaxed", "vulcan", "asl 5", "asl 4", "asl b", "asl w"];
/** The index finger points. */
const POINTING = ["point", "asl 1", "asl l", "asl d", "asl 2", "asl v"];

const named = (names: string[]): RecordedPose[] => headset.filter((pose) => names.includes(pose.names[0]));
const range = (values: number[]): string => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;

describe("measures of recorded poses", () => {
    it("find pinches pinched, and open hands, fists and pointing hands not", () => {
        const pinches = named(PINCHES).map(({ state }) => pinchDistance(state));
        const open = named(OPEN).map(({ state }) => pinchDistance(state));
        const others = named([...FISTS, ...POINTING]).map(({ state }) => pinchDistance(state));
        console.log(
            `pinch distance of ${pinches.length} pinches ${range(pinches)}, of ${open.length} open hands ${range(open)}, of ${others.length} fists and pointing hands ${range(others)}`
        );
        expect(Math.max(...pinches)).toBeLessThan(PINCH_ENTER);
        expect(Math.min(...open)).toBeGreaterThan(PINCH_ENTER);
        expect(Math.min(...others)).toBeGreaterThan(PINCH_ENTER);
    });

    it("find fists closed, and open, pinching and pointing hands not", () => {
        const fists = named(FISTS).map(({ state }) => grabStrength(state));
        const others = named([...OPEN, ...POINTING, ...PINCHES]).map(({ state }) => grabStrength(state));
        console.log(
            `grab strength of ${fists.length} fists ${range(fists)}, of ${others.length} others ${range(others)}`
        );
        expect(Math.min(...fists)).toBeGreaterThan(GRAB_ENTER);
        expect(Math.max(...others)).toBeLessThan(GRAB_ENTER);
    });

    it("tell which finger is crooked", () => {
        for (const [finger, name] of ["index", "middle", "ring", "pinky"].entries()) {
            for (const { state } of named([`crook only ${name}`])) {
                const curls = [1, 2, 3, 4].map((other) => fingerCurl(state, other));
                expect(curls[finger]).toBeGreaterThan(0.6);
                expect(curls.filter((curl) => curl > 0.3)).toHaveLength(1);
            }
        }
    });
});

describe("detectors on recordings", () => {
    function transitions(file: string): { kind: string; timeMs: number }[] {
        const pinch = new PinchDetector();
        const grab = new GrabDetector();
        const found: { kind: string; timeMs: number }[] = [];
        for (const { state } of readRecording(file)) {
            const ofGrab = grab.update(state);
            const ofPinch = pinch.update(state, !grab.isActive);
            for (const [kind, transition] of [
                ["pinch", ofPinch],
                ["grab", ofGrab],
            ]) {
                if (transition === "start" || transition === "end") {
                    found.push({ kind: `${kind} ${transition}`, timeMs: state.timeMs });
                }
            }
        }
        console.log(`${file}: ${found.map(({ kind, timeMs }) => `${kind} ${timeMs}`).join(", ") || "nothing"}`);
        return found;
    }

    it("see one pinch and nothing else in a slow pinch", () => {
        const found = transitions("leap-pinch.json");
        expect(found.map(({ kind }) => kind)).toEqual(["pinch start", "pinch end"]);
        const frames = readRecording("leap-pinch.json");
        // The device's own strength passes 0.9 at 1.15 s and falls below 0.5 at 2.2 s.
        const closed = frames.find(({ leapPinch }) => leapPinch > 0.9)!.state.timeMs;
        expect(Math.abs(found[0].timeMs - closed)).toBeLessThan(200);
    });

    it("see a fist as a grab alone, and then a pinch with bent fingers as a pinch alone", () => {
        const found = transitions("leap-grab.json");
        expect(found.map(({ kind }) => kind)).toEqual(["grab start", "grab end", "pinch start", "pinch end"]);
    });

    it("see two fists in two fists", () => {
        const found = transitions("leap-confidence2.json");
        expect(found.map(({ kind }) => kind)).toEqual(["grab start", "grab end", "grab start", "grab end"]);
    });

    it("see nothing in flapping and turning hands", () => {
        expect(transitions("leap-flapping.json")).toEqual([]);
        expect(transitions("leap-rollAndPitchWithEntry.json")).toEqual([]);
    });

    it("keep thresholds apart", () => {
        expect(PINCH_EXIT).toBeGreaterThan(PINCH_ENTER + 0.1);
    });
});
