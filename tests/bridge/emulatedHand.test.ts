// Hands in iwer's own frames: places, radii, coming and going, and the events of a pinch.

import { metaQuest3, P_SPACE, XRDevice, XRFrame, XRSession, type XRInputSource } from "iwer";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BridgedHands } from "../../src/bridge/bridgedHands";
import { EmulatedHand } from "../../src/bridge/emulatedHand";
import { createViewerJoints, toViewerSpace } from "../../src/bridge/viewerSpace";
import type { HandState } from "../../src/hand/handState";
import { JOINT_COUNT, JOINT_NAMES, type HandSide } from "../../src/hand/joints";
import { extendTips } from "../../src/hand/kinematics";
import { multiply, rotate } from "../../src/hand/quaternion";
import { LOSS_GRACE_MS } from "../../src/tracking/presence";
import { gestureState } from "../helpers/scriptedHand";

const FACING_DISTANCE = 0.9;
const FRAME_MS = 33;
const EVENTS = ["selectstart", "select", "selectend"];

const globals = globalThis as Record<string, unknown>;
const before: Record<string, unknown> = {};

beforeAll(() => {
    // What a device touches of a page while no session is shown.
    const stubs = {
        document: { createElement: () => ({ dataset: {}, style: {} }) },
        requestAnimationFrame: () => 0,
        cancelAnimationFrame: () => undefined,
        // x, y, z, w as they are given.
        DOMPointReadOnly: class {
            public static fromPoint = (point: object): object => ({ ...point });
            public constructor(
                public x: number,
                public y: number,
                public z: number,
                public w: number
            ) {}
        },
        localStorage: { getItem: () => null, setItem: () => undefined },
    };
    for (const [name, stub] of Object.entries(stubs)) {
        before[name] = globals[name];
        globals[name] = stub;
    }
});

afterAll(() => Object.assign(globals, before));

let device: XRDevice;
let hands: BridgedHands;
let emulated: EmulatedHand[];
let session: XRSession;
let told: string[];
let nowMs: number;

beforeEach(() => {
    device = new XRDevice({ ...metaQuest3, controllerConfig: undefined });
    device.primaryInputMode = "hand";
    hands = new BridgedHands();
    emulated = [
        new EmulatedHand(device, device.hands.left!, hands.left),
        new EmulatedHand(device, device.hands.right!, hands.right),
    ];
    session = new XRSession(device, "immersive-vr" as never, ["viewer", "local", "hand-tracking"] as never);
    told = [];
    nowMs = 1000;
    for (const type of EVENTS) {
        session.addEventListener(type, (event) => {
            const { handedness } = (event as Event & { inputSource: XRInputSource }).inputSource;
            told.push(`${handedness} ${type}`);
        });
    }
});

/** One rendered frame, with what the camera showed. */
function frameOf(states: HandState[]): XRFrame {
    nowMs += FRAME_MS;
    states.forEach((state) => (state.timeMs = nowMs));
    hands.receiveStates(states);
    return frameAfter(0);
}

/** One rendered frame without a new picture. */
function frameAfter(ms: number): XRFrame {
    nowMs += ms;
    hands.update(nowMs);
    emulated.forEach((hand) => hand.write("facing", FACING_DISTANCE));
    const frame = new XRFrame(session, 1, true, true, nowMs);
    device.activeInputs.forEach((input) => input.onFrameStart(frame));
    return frame;
}

const state = (side: HandSide, pinch = 0): HandState =>
    gestureState(side, nowMs, [side === "left" ? -0.1 : 0.1, -0.05, 0.5], { pinch }, [0.2, 0.4, -0.1]);

const sides = (): string[] => device.inputSources.map(({ handedness }) => handedness);

describe("the emulated hands", () => {
    test("have 25 joints where the hand is, of a viewer who has moved and turned too", () => {
        device.position.set(1.2, 1.6, -0.7);
        device.quaternion.set(0.1, 0.5, -0.2, 0.8).normalize();
        const right = state("right");
        const frame = frameOf([right]);
        const joints = createViewerJoints();
        toViewerSpace(right, "facing", FACING_DISTANCE, joints);
        // Fingertips as headsets have them: on the fingers' ends.
        extendTips(joints.positions, joints.rotations, right.size);
        const { quaternion: q, position } = device;
        const viewer = Float64Array.of(q.x, q.y, q.z, q.w);
        const place = new Float64Array(3);
        const turn = new Float64Array(4);
        const source = device.inputSources[0];
        let distance = 0;
        let angle = 0;
        JOINT_NAMES.forEach((name, joint) => {
            const pose = frame.getJointPose(source.hand!.get(name as never) as never, globalSpace());
            rotate(viewer, 0, joints.positions, joint * 3, place, 0);
            multiply(viewer, 0, joints.rotations, joint * 4, turn, 0);
            const { position: p, orientation: o } = pose.transform;
            distance = Math.max(
                distance,
                Math.hypot(p.x - place[0] - position.x, p.y - place[1] - position.y, p.z - place[2] - position.z)
            );
            const cosine = Math.abs(o.x * turn[0] + o.y * turn[1] + o.z * turn[2] + o.w * turn[3]);
            angle = Math.max(angle, 2 * Math.acos(Math.min(cosine, 1)));
            expect(pose.radius).toBe(right.radii[joint]);
        });
        console.log(
            `${JOINT_COUNT} joints to ${(distance * 1000).toExponential(1)} mm and ${angle.toExponential(1)} rad`
        );
        expect(distance).toBeLessThan(1e-6);
        expect(angle).toBeLessThan(2e-3);
    });

    test("are given by fillPoses and fillJointRadii as by getJointPose", () => {
        const frame = frameOf([state("left")]);
        const spaces = [...device.inputSources[0].hand!.values()] as never[];
        const matrices = new Float32Array(JOINT_COUNT * 16);
        const radii = new Float32Array(JOINT_COUNT);
        expect(frame.fillPoses(spaces, globalSpace(), matrices)).toBe(true);
        expect(frame.fillJointRadii(spaces, radii)).toBe(true);
        spaces.forEach((space, joint) => {
            const { x, y, z } = frame.getJointPose(space, globalSpace()).transform.position;
            expect([...matrices.slice(joint * 16 + 12, joint * 16 + 15)]).toEqual([x, y, z].map(Math.fround));
        });
    });

    test("are there while they are seen, and for a quarter of a second after", () => {
        frameAfter(FRAME_MS);
        expect(sides()).toEqual([]);
        frameOf([state("right")]);
        expect(sides()).toEqual(["right"]);
        frameOf([state("left"), state("right")]);
        expect(sides()).toEqual(["left", "right"]);
        frameOf([state("left")]);
        expect(sides()).toEqual(["left", "right"]);
        for (let ms = 0; ms <= LOSS_GRACE_MS; ms += FRAME_MS) {
            frameOf([state("left")]);
        }
        expect(sides()).toEqual(["left"]);
    });

    test("tell a pinch as selectstart, then select and selectend, once each", () => {
        [0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0].forEach((pinch) => frameOf([state("right", pinch), state("left")]));
        console.log(told.join(", "));
        expect(told).toEqual(["right selectstart", "right select", "right selectend"]);
    });

    test("select nothing where the hand is lost in a pinch, and go only after the pinch has ended", () => {
        [0, 0, 1, 1, 1].forEach((pinch) => frameOf([state("right", pinch)]));
        frameOf([]);
        expect(told).toEqual(["right selectstart"]);
        frameAfter(LOSS_GRACE_MS + 1);
        expect(told).toEqual(["right selectstart", "right selectend"]);
        expect(sides()).toEqual(["right"]);
        frameAfter(FRAME_MS);
        expect(sides()).toEqual([]);
    });

    test("stay one left and one right where the tracker says right twice: the one that was there", () => {
        const first = state("right");
        first.id = 4;
        frameOf([first]);
        const second = state("right");
        second.id = 5;
        second.joints[0] += 0.3;
        const again = state("right");
        again.id = 4;
        frameOf([second, again]);
        expect(sides()).toEqual(["right"]);
        expect(hands.right.id).toBe(4);
    });
});

/** The space that nothing moves: the parent of the viewer's. */
function globalSpace(): never {
    return Reflect.get(device.viewerSpace, P_SPACE).parentSpace as never;
}
