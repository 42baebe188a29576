import { describe, expect, it } from "vitest";
import { HandTrackingError } from "../../src/errors";
import { createHandState } from "../../src/hand/handState";
import { parseHandRecording, stringifyHandRecording, type HandRecording } from "../../src/recording/handRecording";
import { handStateProblem, timeProblem } from "../../src/recording/recordingLimits";
import { seededRandom } from "../helpers/random";
import { damagedText, damageValue } from "./fuzz";
import { anglesBetween, distancesBetween, sampleRecording } from "./sampleRecording";

const SECONDS = 10;
const RATE = 30;

interface File {
    [field: string]: unknown;
    frames: { t: number; hands: Record<string, unknown>[] }[];
}

/** A small file to spoil. */
const sampleFile = (): File => JSON.parse(stringifyHandRecording(sampleRecording(3, seededRandom(3)))) as File;

function messageOf(source: unknown): string {
    try {
        parseHandRecording(source);
    } catch (error) {
        expect(error).toBeInstanceOf(HandTrackingError);
        expect((error as HandTrackingError).code).toBe("recording-invalid");
        return (error as HandTrackingError).message;
    }
    throw new Error("It was read without an error.");
}

function expectValid(recording: HandRecording): void {
    recording.frames.forEach(({ timeMs, hands }, frame) => {
        expect(timeProblem(timeMs, frame > 0 ? recording.frames[frame - 1].timeMs : null)).toBeNull();
        expect(hands.length).toBeLessThanOrEqual(2);
        hands.forEach((state) => {
            expect(handStateProblem(state)).toBeNull();
            expect(state.timeMs).toBe(timeMs);
        });
    });
    expect(parseHandRecording(stringifyHandRecording(recording)).frames.length).toBe(recording.frames.length);
}

describe("hand recording", () => {
    it("comes back as it was written, to a tenth of a millimetre and a hundredth of a degree or two", () => {
        const recording = sampleRecording(SECONDS * RATE, seededRandom(1));
        const text = stringifyHandRecording(recording);
        const back = parseHandRecording(text);
        expect(back.frames.map(({ timeMs }) => timeMs)).toEqual(recording.frames.map(({ timeMs }) => timeMs));
        let millimetres = 0;
        let degrees = 0;
        let radii = 0;
        recording.frames.forEach(({ hands }, frame) => {
            expect(back.frames[frame].hands.map(({ id, side }) => [id, side])).toEqual(
                hands.map(({ id, side }) => [id, side])
            );
            hands.forEach((hand, i) => {
                const read = back.frames[frame].hands[i];
                millimetres = Math.max(millimetres, ...distancesBetween(hand, read));
                degrees = Math.max(degrees, ...anglesBetween(hand, read));
                radii = Math.max(radii, ...hand.radii.map((radius, k) => 1000 * Math.abs(radius - read.radii[k])));
                expect(read.confidence).toBeCloseTo(hand.confidence, 3);
                expect(read.size).toBeCloseTo(hand.size, 4);
                expect(read.sigma).toBeCloseTo(hand.sigma, 3);
                expect(read.depthSigma).toBeCloseTo(hand.depthSigma, 3);
                expect(read.keypointsPx.every(Number.isNaN)).toBe(true);
            });
        });
        console.log(
            `round trip: at worst ${millimetres.toFixed(3)} mm, ${degrees.toFixed(3)} degrees, radii ${radii.toFixed(4)} mm`
        );
        // Half a unit along each of three axes.
        expect(millimetres).toBeLessThan(0.0867);
        expect(degrees).toBeLessThan(0.02);
        expect(radii).toBeLessThan(0.05);
    });

    it("does not change any more when it is written again", () => {
        const text = stringifyHandRecording(sampleRecording(5, seededRandom(2)));
        const again = stringifyHandRecording(parseHandRecording(text));
        const numbers = (from: string): number[] => from.match(/-?\d+(\.\d+)?/g)!.map(Number);
        // A quaternion's last digit may turn over once, by the normalisation.
        const changed = numbers(text).filter((value, i) => Math.abs(value - numbers(again)[i]) > 1);
        expect(changed).toEqual([]);
    });

    it("takes about 30 kB a second for each hand, and milliseconds to read", () => {
        const text = stringifyHandRecording(sampleRecording(SECONDS * RATE, seededRandom(1)));
        const start = performance.now();
        parseHandRecording(text);
        const milliseconds = performance.now() - start;
        const bytes = text.length / SECONDS / 2;
        console.log(
            `${(bytes / 1000).toFixed(1)} kB/s a hand at ${RATE} frames a second; ` +
                `${SECONDS} s of two hands read in ${milliseconds.toFixed(0)} ms`
        );
        expect(bytes).toBeLessThan(35_000);
        expect(milliseconds).toBeLessThan(1000);
    });

    it("may leave out rotations, size and radii", () => {
        const file = sampleFile();
        const whole = parseHandRecording(file).frames[2].hands;
        file.frames.forEach(({ hands }) =>
            hands.forEach((hand) => {
                delete hand.rotations;
                delete hand.size;
                delete hand.radii;
            })
        );
        const read = parseHandRecording(file).frames[2].hands;
        const degrees = whole.flatMap((hand, i) => anglesBetween(hand, read[i]));
        console.log(`rotations from positions: at worst ${Math.max(...degrees).toFixed(1)} degrees off`);
        expect(Math.max(...degrees)).toBeLessThan(30);
        whole.forEach((hand, i) => {
            expect(read[i].size).toBeCloseTo(hand.size, 1);
            expect(read[i].radii[0]).toBeCloseTo(hand.radii[0], 3);
        });
    });

    it("keeps radii that are not the generic hand's", () => {
        const recording = sampleRecording(1, seededRandom(5));
        recording.frames[0].hands[0].radii[7] = 0.0213;
        const read = parseHandRecording(stringifyHandRecording(recording));
        expect(read.frames[0].hands[0].radii[7]).toBeCloseTo(0.0213, 4);
    });

    it("normalises quaternions that are almost of length one", () => {
        const file = sampleFile();
        const hand = file.frames[0].hands[0];
        hand.rotations = (hand.rotations as number[]).map((value) => value * 1.008);
        const { rotations } = parseHandRecording(file).frames[0].hands[0];
        expect(Math.hypot(...rotations.subarray(40, 44))).toBeCloseTo(1, 6);
    });

    it("is not written where it could not be read", () => {
        const spoilt: ((recording: HandRecording) => void)[] = [
            ({ frames }) => (frames[1].hands[0].joints[4] = NaN),
            ({ frames }) => frames[1].hands[0].rotations.fill(0),
            ({ frames }) => (frames[1].timeMs = frames[0].timeMs),
            ({ frames }) => (frames[2].hands[1].id = frames[2].hands[0].id),
            ({ frames }) => (frames[2].hands = [0, 1, 2].map((id) => ({ ...createHandState("left"), id }))),
        ];
        for (const spoil of spoilt) {
            const recording = sampleRecording(3, seededRandom(7));
            spoil(recording);
            expect(() => stringifyHandRecording(recording)).toThrowError(
                expect.objectContaining({ code: "recording-invalid" })
            );
        }
    });
});

describe("a recording that is not valid", () => {
    const cases: [string, (file: File) => void, RegExp][] = [
        ["an unknown format", (file) => (file.format = "glTF"), /format is "glTF"/],
        ["a later version", (file) => (file.version = 2), /version is 2; this plugin reads 1\. Update/],
        ["another number of joints", (file) => (file.jointCount = 21), /jointCount is 21, not 25/],
        ["no frames", (file) => delete (file as Partial<File>).frames, /frames is undefined where an array/],
        ["a time that goes back", (file) => (file.frames[2].t = 1), /frames\[2\]\.t is 1 ms, not later than 33\.333/],
        ["a time that stands still", (file) => (file.frames[1].t = 0), /frames\[1\]\.t is 0 ms, not later/],
        ["a time without end", (file) => (file.frames[2].t = 1e12), /frames\[2\]\.t is 1000000000000 ms, not within/],
        ["a third hand", (file) => file.frames[2].hands.push({}), /frames\[2\]\.hands is an array of 3/],
        ["two hands of one id", (file) => (file.frames[2].hands[1].id = 0), /frames\[2\]\.hands are two with the id 0/],
        ["a third side", (file) => (file.frames[0].hands[0].side = "up"), /hands\[0\]\.side is "up", neither/],
        ["no confidence", (file) => (file.frames[0].hands[0].confidence = null), /\.confidence is null/],
        [
            "too few joints",
            (file) => (file.frames[0].hands[0].joints = [1, 2]),
            /\.joints is an array of 2 where an array of 75/,
        ],
        [
            "a joint without a number",
            (file) => ((file.frames[0].hands[0].joints as unknown[])[8] = null),
            /frames\[0\]\.hands\[0\]\.joints\[8\] is null where a finite number/,
        ],
        [
            "a joint in micrometres",
            (file) => ((file.frames[0].hands[0].joints as unknown[])[8] = 500_000),
            /joints\[8\] is 50 m, not within 10 m/,
        ],
        [
            "a rotation of length zero",
            (file) => (file.frames[0].hands[0].rotations as number[]).fill(0, 8, 12),
            /rotations\[8\.\.11\] is a quaternion of norm 0/,
        ],
        ["a giant's size", (file) => (file.frames[0].hands[0].size = 1000), /size is 1000, not within/],
    ];
    for (const [what, spoil, expected] of cases) {
        it(`with ${what} is refused, with the place and the value`, () => {
            const file = sampleFile();
            spoil(file);
            const message = messageOf(file);
            expect(message).toMatch(expected);
            expect(message).toContain("docs/recording.md");
        });
    }

    it("because it was cut off is refused with what to do", () => {
        const text = stringifyHandRecording(sampleRecording(3, seededRandom(3)));
        expect(messageOf(text.slice(0, 500))).toMatch(/500 characters are not JSON .* cut off: load it again/);
        expect(messageOf("")).toMatch(/not JSON/);
    });

    it("because it has too many frames is refused before they are read", () => {
        const file = sampleFile();
        file.frames = new Array<File["frames"][0]>(250_001);
        expect(messageOf(file)).toMatch(/frames is an array of 250001 where an array of 0 to 250000/);
    });

    it("because it is no object, or a hostile one, is refused", () => {
        const hostile = {
            format: "hand-recording",
            get version() {
                throw new TypeError("no");
            },
        };
        for (const source of [null, undefined, 7, [], Symbol("x"), () => 1, hostile, "[".repeat(200_000)]) {
            messageOf(source);
        }
    });

    it("ends in a typed error or a valid recording, however it is damaged", () => {
        const random = seededRandom(20);
        const text = stringifyHandRecording(sampleRecording(3, seededRandom(3)));
        const mutations = 2000;
        let refused = 0;
        for (let mutation = 0; mutation < mutations; mutation++) {
            let source: unknown = text;
            if (mutation % 2 === 0) {
                source = damagedText(text, random);
            } else {
                source = JSON.parse(text);
                damageValue(source, random);
            }
            try {
                expectValid(parseHandRecording(source));
            } catch (error) {
                expect(error).toBeInstanceOf(HandTrackingError);
                expect((error as HandTrackingError).code).toBe("recording-invalid");
                refused++;
            }
        }
        console.log(
            `${mutations} mutations: ${refused} refused, ${mutations - refused} read as valid, none failed otherwise`
        );
        expect(refused).toBeGreaterThan(mutations / 4);
        expect(refused).toBeLessThan(mutations);
    });
});
