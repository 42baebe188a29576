import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HandState } from "../../src/hand/handState";
import type { HandRecording } from "../../src/recording/handRecording";
import { ReplaySource, type ReplayOptions } from "../../src/recording/replaySource";
import { seededRandom } from "../helpers/random";
import { distancesBetween, sampleRecording } from "./sampleRecording";

const FRAME_MS = 1000 / 30;
/** 30 frames: their times end at 966.667 ms, and the last is shown till 1000. */
const RECORDING = sampleRecording(30, seededRandom(1));
const INVALID = expect.objectContaining({ code: "invalid-argument" });

interface Given {
    timeMs: number;
    ids: number[];
    stateTimes: number[];
    /** x of the first hand's wrist, which tells frames apart. */
    x: number;
    /** What a clock outside shows. */
    at: number;
}

function listen(source: ReplaySource, clock: () => number = () => 0): Given[] {
    const given: Given[] = [];
    source.onHands = (hands, timeMs) =>
        given.push({
            timeMs,
            ids: hands.map(({ id }) => id),
            stateTimes: hands.map((hand) => hand.timeMs),
            x: hands[0]?.joints[0] ?? NaN,
            at: clock(),
        });
    return given;
}

async function stepped(options: ReplayOptions = {}, recording: HandRecording = RECORDING) {
    const source = new ReplaySource(recording, { ...options, stepped: true });
    const given = listen(source);
    await source.startAsync();
    return { source, given };
}

const xOf = (frame: number): number => RECORDING.frames[frame].hands[0].joints[0];

describe("a replay stepped by hand", () => {
    it("gives every frame once, in order, at its time", async () => {
        const { source, given } = await stepped();
        for (let ms = 0; ms <= 980; ms += 7) {
            source.advanceTo(ms);
            expect(source.now()).toBe(ms);
        }
        expect(given.map(({ x }) => x)).toEqual(RECORDING.frames.map((_, frame) => xOf(frame)));
        expect(given.map(({ timeMs }) => timeMs)).toEqual(RECORDING.frames.map(({ timeMs }) => timeMs));
        given.forEach(({ timeMs, stateTimes }) => stateTimes.forEach((time) => expect(time).toBe(timeMs)));
    });

    it("gives states equal to the recorded ones, and uses the same arrays each time", async () => {
        const { source } = await stepped();
        const seen = new Set<HandState>();
        let list: readonly HandState[] | null = null;
        let frame = 0;
        source.onHands = (hands) => {
            expect(list === null || list === hands).toBe(true);
            list = hands;
            hands.forEach((hand, i) => {
                seen.add(hand);
                expect(Math.max(...distancesBetween(hand, RECORDING.frames[frame].hands[i]))).toBe(0);
            });
            frame++;
        };
        source.advanceTo(970);
        expect(frame).toBe(30);
        expect(seen.size).toBe(2);
    });

    it("loses the hands between two loops and finds them with other ids", async () => {
        const { source, given } = await stepped({ loopGapMs: 500 });
        source.advanceTo(4600);
        const starts = given.filter(({ x }) => x === xOf(0));
        const losses = given.filter(({ ids }) => ids.length === 0);
        console.log(
            `starts at ${starts.map(({ timeMs }) => timeMs.toFixed(0)).join(", ")} ms, ` +
                `losses at ${losses.map(({ timeMs }) => timeMs.toFixed(0)).join(", ")} ms`
        );
        [0, 1500, 3000, 4500].forEach((ms, i) => expect(starts[i].timeMs).toBeCloseTo(ms, 2));
        [1000, 2500, 4000].forEach((ms, i) => expect(losses[i].timeMs).toBeCloseTo(ms, 2));
        expect(new Set(starts.flatMap(({ ids }) => ids)).size).toBe(4);
        const times = given.map(({ timeMs }) => timeMs);
        expect(times.every((time, i) => i === 0 || time > times[i - 1])).toBe(true);
    });

    it("ends with a loss where it does not loop, and plays again when it is started again", async () => {
        const { source, given } = await stepped({ loop: false });
        const onEnded = vi.fn();
        source.onEnded = onEnded;
        source.advanceTo(5000);
        expect(given.length).toBe(31);
        expect(given[30].ids).toEqual([]);
        expect(onEnded).toHaveBeenCalledTimes(1);
        const endMs = source.now();
        await source.startAsync();
        source.advanceTo(endMs + 1);
        expect(given[31].x).toBe(xOf(0));
        expect(given[31].ids).not.toEqual(given[0].ids);
    });

    it("plays at another speed with times on its own clock", async () => {
        const { source, given } = await stepped({ speed: 2 });
        source.advanceTo(490);
        expect(given.length).toBe(30);
        expect(given[29].timeMs).toBeCloseTo((29 * FRAME_MS) / 2, 2);
        expect(source.position).toBeCloseTo(980, 6);
    });

    it("changes speed without a jump", async () => {
        const { source, given } = await stepped();
        source.advanceTo(300);
        source.speed = 0.5;
        source.advanceTo(900);
        expect(source.position).toBeCloseTo(600, 6);
        const steps = given.slice(1).map(({ timeMs }, i) => timeMs - given[i].timeMs);
        console.log(
            `frames ${Math.min(...steps).toFixed(1)} to ${Math.max(...steps).toFixed(1)} ms apart at speeds 1, then 0.5`
        );
        expect(Math.min(...steps)).toBeGreaterThan(FRAME_MS - 1);
        expect(Math.max(...steps)).toBeLessThan(2 * FRAME_MS + 1);
    });

    it("jumps by losing the hands and showing those of the place, also while paused", async () => {
        const { source, given } = await stepped();
        source.advanceTo(100);
        source.paused = true;
        given.length = 0;
        source.seek(510);
        expect(given.map(({ ids }) => ids.length)).toEqual([0, 2]);
        // Frame 15 is that of 500 ms.
        expect(given[1].x).toBe(xOf(15));
        source.advanceTo(400);
        expect(given.length).toBe(2);
        expect(source.now()).toBe(100);
        source.paused = false;
        source.advanceTo(125);
        expect(given[2].x).toBe(xOf(16));
        expect(given[2].timeMs).toBeCloseTo(100 + 16 * FRAME_MS - 510, 2);
        source.seek(-5);
        expect(given.at(-1)!.x).toBe(xOf(0));
        source.seek(1e9);
        expect(given.at(-1)!.x).toBe(xOf(29));
    });

    it("may be paused, stopped or disposed of by whoever receives the hands", async () => {
        for (const end of ["stop", "dispose", "pause"] as const) {
            const { source } = await stepped();
            let count = 0;
            source.onHands = () => {
                count++;
                if (count === 5) {
                    if (end === "pause") {
                        source.paused = true;
                    } else {
                        source[end]();
                    }
                }
            };
            source.advanceTo(900);
            expect(count).toBe(5);
            expect(source.now()).toBeCloseTo(4 * FRAME_MS, 2);
        }
    });

    it("plays recordings of one frame and of none", async () => {
        const one = await stepped({ loopGapMs: 0 }, { frames: RECORDING.frames.slice(0, 1) });
        one.source.advanceTo(100);
        expect(one.given.filter(({ ids }) => ids.length > 0).length).toBe(4);
        const none = await stepped({}, { frames: [] });
        none.source.advanceTo(1000);
        none.source.seek(10);
        expect(none.given.every(({ ids }) => ids.length === 0)).toBe(true);
    });

    it("refuses times that go back, and steps of a replay that was not made for them", async () => {
        const { source } = await stepped();
        source.advanceTo(50);
        expect(() => source.advanceTo(49)).toThrowError(INVALID);
        expect(() => source.advanceTo(NaN)).toThrowError(INVALID);
        expect(() => source.seek(NaN)).toThrowError(INVALID);
        expect(() => (source.speed = 0)).toThrowError(INVALID);
        expect(() => new ReplaySource(RECORDING, { speed: NaN })).toThrowError(INVALID);
        expect(() => new ReplaySource(RECORDING, { loopGapMs: -1 })).toThrowError(INVALID);
        expect(() => new ReplaySource(RECORDING).advanceTo(1)).toThrowError(/runs in real time/);
        expect(() => new ReplaySource(RECORDING, { stepped: true }).advanceTo(1)).toThrowError(/is not started/);
        source.dispose();
        await expect(source.startAsync()).rejects.toThrowError(INVALID);
    });
});

describe("a replay in real time", () => {
    let realMs = 0;
    const clock = (): number => realMs;
    /** Lets a millisecond pass after the other, for timers and for the clock. */
    const pass = (ms: number): void => {
        for (let i = 0; i < ms; i++) {
            realMs++;
            vi.advanceTimersByTime(1);
        }
    };

    beforeEach(() => {
        realMs = 12_345;
        vi.useFakeTimers();
    });
    afterEach(() => {
        vi.unstubAllGlobals();
        vi.useRealTimers();
    });

    it("gives each frame within a tick of its time, by timers where there are no animation frames", async () => {
        const source = new ReplaySource(RECORDING, { clock });
        const given = listen(source, clock);
        await source.startAsync();
        pass(990);
        const late = given.map(({ timeMs, at }) => at - 12_345 - timeMs);
        console.log(
            `${given.length} frames, ${Math.min(...late).toFixed(1)} to ${Math.max(...late).toFixed(1)} ms late`
        );
        expect(given.length).toBe(30);
        expect(Math.min(...late)).toBeGreaterThanOrEqual(-1e-6);
        expect(Math.max(...late)).toBeLessThanOrEqual(9);
        expect(source.now()).toBeCloseTo(990, 6);
        source.dispose();
        expect(vi.getTimerCount()).toBe(0);
    });

    it("follows animation frames where there are any", async () => {
        let callback: (() => void) | null = null;
        const cancel = vi.fn(() => (callback = null));
        vi.stubGlobal("requestAnimationFrame", (next: () => void) => {
            callback = next;
            return 7;
        });
        vi.stubGlobal("cancelAnimationFrame", cancel);
        const source = new ReplaySource(RECORDING, { clock });
        const given = listen(source, clock);
        await source.startAsync();
        for (let frame = 0; frame < 30; frame++) {
            realMs += 17;
            (callback as (() => void) | null)!();
        }
        // 510 ms: frames 0 to 15.
        expect(given.length).toBe(16);
        expect(vi.getTimerCount()).toBe(0);
        source.stop();
        expect(cancel).toHaveBeenCalledWith(7);
    });

    it("stands still while it is paused, stopped, or its tab is hidden", async () => {
        const source = new ReplaySource(RECORDING, { clock });
        const given = listen(source, clock);
        await source.startAsync();
        pass(100);
        source.paused = true;
        const position = source.position;
        pass(1000);
        expect(source.position).toBe(position);
        source.paused = false;
        pass(100);
        source.stop();
        expect(vi.getTimerCount()).toBe(0);
        pass(1000);
        await source.startAsync();
        pass(100);
        // No timer runs for ten seconds.
        realMs += 10_000;
        pass(10);
        console.log(`after 300 ms of play, three stops and 10 s hidden: at ${source.position.toFixed(0)} ms`);
        expect(source.position).toBeGreaterThan(500);
        expect(source.position).toBeLessThan(600);
        const times = given.map(({ timeMs }) => timeMs);
        expect(times.every((time, i) => i === 0 || time > times[i - 1])).toBe(true);
        source.dispose();
    });

    it("goes on after a receiver has failed", async () => {
        const source = new ReplaySource(RECORDING, { clock });
        await source.startAsync();
        let count = 0;
        source.onHands = () => {
            count++;
            if (count === 2) {
                throw new Error("receiver");
            }
        };
        expect(() => pass(50)).toThrowError("receiver");
        pass(50);
        expect(count).toBeGreaterThan(2);
        source.dispose();
    });
});
