import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HandTrackingError } from "../../src/errors";
import { createHandState, type HandState } from "../../src/hand/handState";
import { JOINT_NAMES, METACARPAL_JOINTS, TIP_JOINTS, WRIST, type HandSide } from "../../src/hand/joints";
import { multiply, rotate } from "../../src/hand/quaternion";
import { parseHandRecording, stringifyHandRecording } from "../../src/recording/handRecording";
import { importLeapPlayback } from "../../src/recording/leapImport";
import { handStateProblem } from "../../src/recording/recordingLimits";
import {
    handStateFromMatrices,
    handStateFromPositions,
    importHandyPoses,
    importHandyWorkPose,
    importJointMatrices,
} from "../../src/recording/webxrImport";
import { seededRandom } from "../helpers/random";
import { readRecording } from "../helpers/recordedPoses";
import { damageValue } from "./fuzz";
import { anglesBetween, distancesBetween, quantile, randomState } from "./sampleRecording";

const INVALID = expect.objectContaining({ code: "recording-invalid" });
const SIDES: HandSide[] = ["left", "right"];
const DISTANCE = 0.5;

const fixture = (file: string): unknown =>
    JSON.parse(readFileSync(new URL(`../fixtures/poses/${file}`, import.meta.url), "utf8"));

/** 25 x 3 of a state in viewer space, metres: the way that `handStateFromPositions` goes, backwards. */
const viewerPositions = ({ joints }: HandState): number[] =>
    Array.from(joints, (value, i) => (i % 3 === 0 ? value : i % 3 === 1 ? -value : DISTANCE - value));

/** 25 x 16 column-major matrices of a state in viewer space, metres. */
function viewerMatrices(state: HandState): number[] {
    const positions = viewerPositions(state);
    return JOINT_NAMES.flatMap((_, joint) => {
        const toViewer = Float64Array.of(-1, 0, 0, 0);
        const rotation = new Float64Array(4);
        multiply(toViewer, 0, state.rotations, joint * 4, rotation, 0);
        const columns = [0, 1, 2].flatMap((axis) => {
            const column = new Float64Array(3);
            rotate(
                rotation,
                0,
                Float64Array.from([0, 1, 2], (k) => (k === axis ? 1 : 0)),
                0,
                column,
                0
            );
            return [...column, 0];
        });
        return [...columns, ...positions.slice(joint * 3, joint * 3 + 3), 1];
    });
}

/** A frame of leapjs-playback with the hand of a state as the device would see it. */
function leapFrame(state: HandState, timestamp: number) {
    // Camera space of the device, x right, y down, z forward, to its own: x right, y up from it, z to the person; mm.
    const mm = (joint: number): number[] => {
        const [x, y, z] = state.joints.subarray(joint * 3, joint * 3 + 3);
        return [1000 * x, 1000 * z, -1000 * y];
    };
    const middle = mm(METACARPAL_JOINTS[2] + 1);
    const direction = mm(WRIST).map((value, k) => middle[k] - value);
    return {
        timestamp,
        hands: [{ id: 4, type: state.side, confidence: 0.9, direction }],
        pointables: METACARPAL_JOINTS.map((metacarpal, type) => {
            const first = metacarpal + (type === 0 ? 0 : 1);
            const [mcpPosition, pipPosition, dipPosition, tipPosition] = [0, 1, 2, 3].map((i) => mm(first + i));
            return { handId: 4, type, mcpPosition, pipPosition, dipPosition, tipPosition };
        }),
    };
}

describe("rotations from positions", () => {
    it("are those of the rig within a few degrees, for either hand", () => {
        const random = seededRandom(1);
        for (const side of SIDES) {
            const angles: number[][] = JOINT_NAMES.map(() => []);
            const moved: number[] = [];
            for (let trial = 0; trial < 200; trial++) {
                const state = randomState(side, random);
                const read = handStateFromPositions(side, viewerPositions(state), "m", { distance: DISTANCE });
                anglesBetween(state, read).forEach((angle, joint) => angles[joint].push(angle));
                moved.push(...distancesBetween(state, read));
            }
            const all = angles.flat();
            const worst = angles.map((of) => quantile(of, 0.5));
            const worstJoint = worst.indexOf(Math.max(...worst));
            console.log(
                `${side}: median ${quantile(all, 0.5).toFixed(2)}, 95 % ${quantile(all, 0.95).toFixed(1)}, ` +
                    `worst ${Math.max(...all).toFixed(1)} degrees; worst joint ${JOINT_NAMES[worstJoint]}, ` +
                    `median ${worst[worstJoint].toFixed(1)}; positions ${Math.max(...moved).toFixed(4)} mm`
            );
            expect(quantile(all, 0.5)).toBeLessThan(5);
            expect(Math.max(...worst)).toBeLessThan(10);
            expect(Math.max(...moved)).toBeLessThan(0.001);
        }
    });

    it("of recorded poses point -z along the bones and +y out of the back of the hand", () => {
        const poses = ["handy-left.json", "handy-right.json"].flatMap((file) => importHandyPoses(fixture(file)));
        const along: number[] = [];
        let outOfBack = 0;
        const axis = new Float64Array(3);
        for (const { state } of poses) {
            const at = (joint: number, k: number): number => state.joints[joint * 3 + k];
            for (let joint = 1; joint < JOINT_NAMES.length; joint++) {
                if ((TIP_JOINTS as readonly number[]).includes(joint)) {
                    continue;
                }
                const bone = [0, 1, 2].map((k) => at(joint + 1, k) - at(joint, k));
                rotate(state.rotations, joint * 4, Float64Array.of(0, 0, -1), 0, axis, 0);
                const dot = bone.reduce((sum, value, k) => sum + value * axis[k], 0) / Math.hypot(...bone);
                along.push((Math.acos(Math.min(1, dot)) * 180) / Math.PI);
            }
            // Fingers curl to the palm: the tips lie on the other side of the knuckles than the back.
            rotate(state.rotations, 0, Float64Array.of(0, 1, 0), 0, axis, 0);
            const curl = [0, 1, 2].map((k) => at(TIP_JOINTS[3], k) - at(METACARPAL_JOINTS[3] + 1, k));
            outOfBack += curl.reduce((sum, value, k) => sum + value * axis[k], 0) < 0 ? 1 : 0;
        }
        console.log(
            `${poses.length} poses: -z ${quantile(along, 0.5).toFixed(1)} degrees from the bones, at worst ` +
                `${Math.max(...along).toFixed(1)}; +y away from the palm in ${outOfBack} of them`
        );
        expect(Math.max(...along)).toBeLessThan(8);
        expect(outOfBack / poses.length).toBeGreaterThan(0.9);
    });

    it("stay unit quaternions where bones have no length or fold right back", () => {
        const state = randomState("right", seededRandom(4));
        const positions = viewerPositions(state);
        for (let k = 0; k < 3; k++) {
            positions[8 * 3 + k] = positions[7 * 3 + k];
            // The middle finger's end bones lie on each other.
            positions[14 * 3 + k] = positions[12 * 3 + k];
        }
        expect(handStateProblem(handStateFromPositions("right", positions, "m"))).toBeNull();
    });

    it("are refused where wrist and knuckles lie on a line", () => {
        const line = JOINT_NAMES.flatMap((_, joint) => [joint * 0.01, 0, 0]);
        expect(() => handStateFromPositions("right", line, "m")).toThrowError(/lie on a line/);
        expect(() => handStateFromPositions("right", new Array<number>(75).fill(NaN), "m")).toThrowError(INVALID);
    });
});

describe("WebXR import", () => {
    it("of matrices gives the state that they were made from", () => {
        const random = seededRandom(2);
        const degrees: number[] = [];
        const millimetres: number[] = [];
        for (const side of SIDES) {
            const out = createHandState("right");
            for (let trial = 0; trial < 50; trial++) {
                const state = randomState(side, random);
                const read = handStateFromMatrices(side, viewerMatrices(state), {}, state.radii, out);
                expect(read).toBe(out);
                expect(read.side).toBe(side);
                expect(read.radii).toEqual(state.radii);
                degrees.push(...anglesBetween(state, read));
                millimetres.push(...distancesBetween(state, read));
            }
        }
        console.log(`at worst ${Math.max(...degrees).toFixed(3)} degrees, ${Math.max(...millimetres).toFixed(5)} mm`);
        expect(Math.max(...degrees)).toBeLessThan(0.1);
        expect(Math.max(...millimetres)).toBeLessThan(0.001);
    });

    it("reads the poses of handy.js, half a metre before the camera, at a person's size", () => {
        const poses = importHandyPoses(fixture("handy-right.json"));
        const sizes = poses.map(({ state }) => state.size);
        console.log(
            `${poses.length} poses of size ${Math.min(...sizes).toFixed(2)} to ${Math.max(...sizes).toFixed(2)}`
        );
        expect(poses[0].names).toEqual(["rest"]);
        expect(poses[0].state.side).toBe("right");
        [0, 0, 0.5].forEach((metres, k) => expect(poses[0].state.joints[k]).toBeCloseTo(metres, 6));
        // Fingers point away from the viewer.
        expect(poses[1].state.joints[14 * 3 + 2]).toBeCloseTo(0.68, 3);
        expect(Math.min(...sizes)).toBeGreaterThan(0.9);
        expect(Math.max(...sizes)).toBeLessThan(1.2);
    });

    it("reads joint matrices by name, and both hands of a .handpose file", () => {
        const random = seededRandom(6);
        const [left, right] = SIDES.map((side) => randomState(side, random));
        const matrices = viewerMatrices(right);
        const named = Object.fromEntries(
            JOINT_NAMES.map((name, joint) => [
                name,
                { matrixColumnMajor: matrices.slice(joint * 16, joint * 16 + 16), radius: right.radii[joint] },
            ])
        );
        expect(Math.max(...distancesBetween(importJointMatrices(named, "right"), right))).toBeLessThan(0.001);
        const file = Float32Array.from([25, ...viewerMatrices(left), ...matrices, ...new Array<number>(50).fill(1)]);
        const both = importHandyWorkPose(file.buffer);
        expect(Math.max(...distancesBetween(both.left, left), ...distancesBetween(both.right, right))).toBeLessThan(
            0.001
        );
        expect(Math.max(...anglesBetween(both.left, left), ...anglesBetween(both.right, right))).toBeLessThan(0.1);
        expect(() => importHandyWorkPose(file.buffer.slice(4))).toThrowError(/3400 bytes, not 3404/);
        delete (named as Partial<typeof named>)["wrist"];
        expect(() => importJointMatrices(named, "right")).toThrowError(/\["wrist"\] is undefined/);
    });

    it("refuses the wrong unit and mirrored matrices", () => {
        const state = randomState("right", seededRandom(8));
        expect(() => handStateFromPositions("right", viewerPositions(state), "mm")).toThrowError(/Check the unit/);
        const mirrored = viewerMatrices(state).map((value, i) => (i % 4 === 0 ? -value : value));
        expect(() => handStateFromMatrices("right", mirrored)).toThrowError(/matrix of wrist is no rotation/);
        expect(() => handStateFromPositions("right", [1, 2, 3], "m")).toThrowError(INVALID);
    });
});

describe("Leap import", () => {
    const recorded = readRecording("leap-grab.json").slice(0, 20);
    const file = () => ({ frames: recorded.map(({ state }) => leapFrame(state, 1e9 + state.timeMs * 1000)) });

    it("gives the joints that the device saw, and a wrist and metacarpals of the generic hand", () => {
        const { frames } = importLeapPlayback(file(), { view: "device" });
        expect(frames.map(({ timeMs }) => timeMs)).toEqual(recorded.map(({ state }) => state.timeMs));
        const seen: number[] = [];
        const made: number[] = [];
        frames.forEach(({ hands: [hand] }, frame) => {
            distancesBetween(hand, recorded[frame].state).forEach((distance, joint) => {
                const isMade = joint === WRIST || (METACARPAL_JOINTS.slice(1) as number[]).includes(joint);
                (isMade ? made : seen).push(distance);
            });
            expect([hand.id, hand.side, hand.confidence]).toEqual([4, "right", 0.9]);
            expect(hand.size).toBeCloseTo(1, 4);
        });
        console.log(
            `seen joints ${Math.max(...seen).toFixed(4)} mm off; made ones ${Math.max(...made).toFixed(1)} mm from another's`
        );
        expect(Math.max(...seen)).toBeLessThan(0.001);
        expect(Math.max(...made)).toBeLessThan(20);
    });

    it("shows the hands to a viewer: device below, fingers away", () => {
        const { frames } = importLeapPlayback(file());
        const [hand] = frames[0].hands;
        const device = recorded[0].state.joints;
        const joint = 8 * 3;
        expect(hand.joints[joint]).toBeCloseTo(device[joint], 6);
        // 200 mm above the device is the middle of the picture; nearer to the person is nearer to the camera.
        expect(hand.joints[joint + 1]).toBeCloseTo(0.2 - device[joint + 2], 6);
        expect(hand.joints[joint + 2]).toBeCloseTo(0.5 + device[joint + 1], 6);
    });

    it("makes recordings that can be written and read", () => {
        const recording = importLeapPlayback(file());
        const text = stringifyHandRecording(recording);
        expect(parseHandRecording(text).frames.length).toBe(20);
    });

    it("names what is missing", () => {
        const broken = file();
        broken.frames[3].pointables.pop();
        expect(() => importLeapPlayback(broken)).toThrowError(/frames\[3\]\.hands\[0\] has no pointable of type 4/);
        const back = file();
        back.frames[2].timestamp = 5;
        expect(() => importLeapPlayback(back)).toThrowError(/frames\[2\]\.timestamp/);
    });
});

it("imports end in a typed error or valid states, however the file is damaged", () => {
    const random = seededRandom(30);
    const leap = JSON.stringify({ frames: [leapFrame(readRecording("leap-grab.json")[0].state, 1e9)] });
    const handy = JSON.stringify((fixture("handy-left.json") as unknown[]).slice(0, 3));
    const imports: [string, (json: unknown) => HandState[]][] = [
        [leap, (json) => importLeapPlayback(json).frames.flatMap(({ hands }) => hands)],
        [handy, (json) => importHandyPoses(json).map(({ state }) => state)],
    ];
    let refused = 0;
    let read = 0;
    for (let mutation = 0; mutation < 1000; mutation++) {
        const [text, run] = imports[mutation % 2];
        const json: unknown = JSON.parse(text);
        damageValue(json, random);
        try {
            run(json).forEach((state) => expect(handStateProblem(state)).toBeNull());
            read++;
        } catch (error) {
            expect(error).toBeInstanceOf(HandTrackingError);
            refused++;
        }
    }
    console.log(`1000 mutations: ${refused} refused, ${read} read as valid`);
    expect(refused).toBeGreaterThan(100);
});
