import { describe, expect, it } from "vitest";
import { createHandState } from "../../src/hand/handState";
import { HandRecorder } from "../../src/recording/handRecorder";
import { parseHandRecording } from "../../src/recording/handRecording";
import { seededRandom } from "../helpers/random";
import { distancesBetween, randomState, sampleRecording } from "./sampleRecording";

const FRAME_MS = 1000 / 30;
const INVALID = expect.objectContaining({ code: "invalid-argument" });

describe("hand recorder", () => {
    it("gives back what it was given, from time zero on, across several chunks", () => {
        const recording = sampleRecording(600, seededRandom(1));
        const recorder = new HandRecorder();
        recording.frames.forEach(({ timeMs, hands }) => recorder.add(hands, timeMs + 5000));
        expect(recorder.frameCount).toBe(600);
        expect(recorder.duration).toBeCloseTo(599 * FRAME_MS, 2);
        let worst = 0;
        recorder.toRecording().frames.forEach(({ timeMs, hands }, frame) => {
            expect(timeMs).toBeCloseTo(recording.frames[frame].timeMs, 3);
            expect(hands.map(({ id, side }) => [id, side])).toEqual(
                recording.frames[frame].hands.map(({ id, side }) => [id, side])
            );
            hands.forEach((hand, i) => {
                worst = Math.max(worst, ...distancesBetween(hand, recording.frames[frame].hands[i]));
                expect(hand.rotations).toEqual(recording.frames[frame].hands[i].rotations);
                expect(hand.radii).toEqual(recording.frames[frame].hands[i].radii);
            });
        });
        console.log(`600 frames, 1,198 hands: ${worst} mm off in memory`);
        expect(worst).toBe(0);
    });

    it("copies: the source may use its states again", () => {
        const recorder = new HandRecorder();
        const state = randomState("right", seededRandom(2));
        const x = state.joints[0];
        recorder.add([state], 0);
        state.joints.fill(9);
        recorder.add([state], FRAME_MS);
        expect(recorder.toRecording().frames[0].hands[0].joints[0]).toBe(x);
    });

    it("keeps moments without hands", () => {
        const recorder = new HandRecorder();
        recorder.add([randomState("right", seededRandom(2))], 100);
        recorder.add([], 133);
        const { frames } = parseHandRecording(recorder.toJson());
        expect(frames.map(({ timeMs, hands }) => [timeMs, hands.length])).toEqual([
            [0, 1],
            [33, 0],
        ]);
    });

    it("keeps the later of two lists for one moment", () => {
        const recorder = new HandRecorder();
        const states = (["left", "right"] as const).map((side) => randomState(side, seededRandom(3)));
        recorder.add([states[0]], 0);
        recorder.add([states[0]], 10);
        recorder.add([states[1]], 10);
        recorder.add([states[0]], 20);
        const { frames } = recorder.toRecording();
        expect(frames.map(({ hands }) => hands[0].side)).toEqual(["left", "right", "left"]);
    });

    it("begins anew after clear, at an earlier time too", () => {
        const recorder = new HandRecorder();
        recorder.add([randomState("right", seededRandom(2))], 1000);
        recorder.clear();
        expect([recorder.frameCount, recorder.duration]).toEqual([0, 0]);
        recorder.add([], 10);
        recorder.add([], 30);
        expect(recorder.toRecording().frames.map(({ timeMs }) => timeMs)).toEqual([0, 20]);
        expect(parseHandRecording(new HandRecorder().toJson()).frames).toEqual([]);
    });

    it("refuses what could not be read back, and keeps what it has", () => {
        const recorder = new HandRecorder();
        const good = randomState("right", seededRandom(2));
        recorder.add([good], 50);
        const broken = randomState("right", seededRandom(2));
        broken.joints[3] = NaN;
        const three = [0, 1, 2].map((id) => ({ ...createHandState("left"), id }));
        expect(() => recorder.add([good], 49)).toThrowError(INVALID);
        expect(() => recorder.add([good], NaN)).toThrowError(INVALID);
        expect(() => recorder.add([good], 50 + 25 * 3_600_000)).toThrowError(INVALID);
        expect(() => recorder.add([broken], 60)).toThrowError(/joints\[3\] is NaN m/);
        expect(() => recorder.add(three, 60)).toThrowError(INVALID);
        expect(() => recorder.add([good, good], 60)).toThrowError(INVALID);
        expect(parseHandRecording(recorder.toJson()).frames.length).toBe(1);
    });
});
