import { describe, expect, it } from "vitest";
import { createCameraMotion } from "../../src/camera/cameraMotion";
import type { HandTrackingError } from "../../src/errors";
import { pinchDistance } from "../../src/gestures/handMeasures";
import { copyHandState, createHandState, type HandState } from "../../src/hand/handState";
import { JOINT_COUNT } from "../../src/hand/joints";
import { extendTips } from "../../src/hand/kinematics";
import { angleBetween, multiply, rotate } from "../../src/hand/quaternion";
import { XRHandSource } from "../../src/xr/xrHandSource";
import { gestureState } from "../helpers/scriptedHand";
import { FakeSession, FakeSpace, matricesOf } from "./fakeXR";

const FRAME_MS = 1000 / 72;

interface Log {
    ids: number[][];
    last: HandState[];
    errors: HandTrackingError[];
}

async function listen(source: XRHandSource): Promise<Log> {
    const log: Log = { ids: [], last: [], errors: [] };
    source.onHands = (hands) => {
        log.ids.push(hands.map(({ id }) => id));
        log.last = hands.map((hand) => {
            const copy = createHandState(hand.side);
            copyHandState(hand, copy);
            return copy;
        });
    };
    source.onError = (error) => log.errors.push(error);
    await source.startAsync();
    return log;
}

const space = (shift?: readonly number[]): XRReferenceSpace => new FakeSpace(shift) as unknown as XRReferenceSpace;

/** A turned head, far from the origin. */
const HEAD = { position: [12, 1.7, -30], rotation: [0.1, 0.3, -0.05, Math.sqrt(1 - 0.01 - 0.09 - 0.0025)] };

describe("a headset's hands as a source", () => {
    it("gives joints that lie before the viewer where the headset says", async () => {
        for (const hasFillPoses of [true, false]) {
            const session = new FakeSession();
            session.viewer = HEAD;
            session.hasFillPoses = hasFillPoses;
            // Mirrored for left hands.
            const truth = gestureState("left", 0, [-12.2, -1.4, 29.6], { pinch: 0.4 }, [0.2, 0.5, -0.1]);
            const hand = session.addHand("left");
            hand.matrices = matricesOf(truth);
            hand.radii = truth.radii.map((radius) => radius * 1.2);
            const source = new XRHandSource();
            const log = await listen(source);
            source.update(session.frame(), space(), 5);
            expect(log.errors).toEqual([]);
            const [state] = log.last;
            const camera = createCameraMotion();
            expect(source.cameraAt(5, camera)).toBe(true);
            let place = 0;
            let turn = 0;
            let radius = 0;
            const point = new Float64Array(3);
            const rotation = new Float64Array(4);
            for (let joint = 0; joint < JOINT_COUNT; joint++) {
                rotate(camera.rotation, 0, state.joints.slice(joint * 3, joint * 3 + 3), 0, point, 0);
                for (let k = 0; k < 3; k++) {
                    place = Math.max(place, Math.abs(point[k] + camera.position[k] - truth.joints[joint * 3 + k]));
                }
                multiply(camera.rotation, 0, state.rotations, joint * 4, rotation, 0);
                turn = Math.max(turn, angleBetween(rotation, truth.rotations.slice(joint * 4, joint * 4 + 4)));
                radius = Math.max(radius, Math.abs(state.radii[joint] - 1.2 * truth.radii[joint]));
            }
            console.log(
                `${hasFillPoses ? "fillPoses" : "getJointPose"}, 33 m from the origin: joints within ${(1e6 * place).toFixed(1)} um, ` +
                    `${((turn * 180) / Math.PI).toFixed(4)} degrees, radii within ${(1e6 * radius).toFixed(2)} um`
            );
            expect(place).toBeLessThan(2e-5);
            expect(turn).toBeLessThan(2e-3);
            expect(radius).toBeLessThan(1e-7);
            expect(state.timeMs).toBe(5);
        }
    });

    it("has fingertips where the rig has them, wherever the headset puts them", async () => {
        const truth = gestureState("right", 0, [0.1, -1.5, 0.4], { pinch: 0.3 });
        const onEnds = createHandState("right");
        copyHandState(truth, onEnds);
        extendTips(onEnds.joints, onEnds.rotations, onEnds.size);
        for (const [name, given] of Object.entries({ "inside the fingers": truth, "on their ends": onEnds })) {
            const session = new FakeSession();
            session.viewer = { position: [0, 0, 0], rotation: [0, 0, 0, 1] };
            session.addHand("right").matrices = matricesOf(given);
            const source = new XRHandSource();
            const log = await listen(source);
            source.update(session.frame(), space(), 1);
            const off = Math.max(...log.last[0].joints.map((value, i) => Math.abs(value - truth.joints[i])));
            console.log(`tips ${name}: joints within ${(1e6 * off).toFixed(2)} um of the rig's`);
            // The size is measured again, at the palm.
            expect(off).toBeLessThan(2e-5);
        }
    });

    it("loses hands that are not tracked or leave for controllers, and gives new ids when they are back", async () => {
        const session = new FakeSession();
        const source = new XRHandSource();
        const log = await listen(source);
        const right = session.addHand("right");
        const left = session.addHand("left");
        const poses = matricesOf(gestureState("right", 0, [0.2, -1.4, 0.4], {}));
        right.matrices = left.matrices = poses;
        const reference = space();
        const step = (): void => source.update(session.frame(), reference, (log.ids.length + 1) * FRAME_MS);
        step();
        step();
        left.matrices = null;
        step();
        left.matrices = poses;
        step();
        session.removeHand(right);
        step();
        const again = session.addHand("right");
        again.matrices = poses;
        step();
        session.viewer = null;
        step();
        console.log(`ids frame by frame: ${JSON.stringify(log.ids)}`);
        expect(log.ids).toEqual(
            [[2, 1], [2, 1], [2], [2, 3], [3], [3, 4], []].map((ids) => expect.arrayContaining(ids))
        );
        expect(log.ids.map(({ length }) => length)).toEqual([2, 2, 1, 2, 1, 2, 0]);
    });

    it("gives one hand a side, whatever the session lists", async () => {
        const session = new FakeSession();
        const source = new XRHandSource();
        const log = await listen(source);
        const poses = matricesOf(gestureState("right", 0, [0.2, -1.4, 0.4], {}));
        session.addHand("right").matrices = poses;
        session.addHand("right").matrices = poses;
        const reference = space();
        source.update(session.frame(), reference, 1);
        source.update(session.frame(), reference, 2);
        console.log(`two right hands in the session: ${JSON.stringify(log.ids)}`);
        expect(log.ids).toEqual([[1], [1]]);
    });

    it("cuts where the reference space puts hands elsewhere or is reset, not where it slides", async () => {
        const session = new FakeSession();
        const source = new XRHandSource();
        const log = await listen(source);
        session.addHand("right").matrices = matricesOf(gestureState("right", 0, [0.2, -1.4, 0.4], {}));
        let timeMs = 0;
        const idsAfter = (reference: XRReferenceSpace): number[][] => {
            log.ids.length = 0;
            source.update(session.frame(), reference, (timeMs += FRAME_MS));
            return log.ids.slice();
        };
        const first = space();
        const start = idsAfter(first);
        const slid = idsAfter(space([0, 0, 0.02]));
        const jumped = space([0, 0, 2.02]);
        const teleported = idsAfter(jumped);
        first.dispatchEvent(new Event("reset"));
        const unconcerned = idsAfter(jumped);
        jumped.dispatchEvent(new Event("reset"));
        const reset = idsAfter(jumped);
        console.log(JSON.stringify({ start, slid, teleported, unconcerned, reset }));
        expect(start).toEqual([[1]]);
        expect(slid).toEqual([[1]]);
        expect(teleported).toEqual([[], [2]]);
        expect(unconcerned).toEqual([[2]]);
        expect(reset).toEqual([[], [3]]);
    });

    it("says once that a hand is none, and goes on with the next good one", async () => {
        const session = new FakeSession();
        const source = new XRHandSource();
        const log = await listen(source);
        const hand = session.addHand("right");
        const good = matricesOf(gestureState("right", 0, [0.2, -1.4, 0.4], {}));
        const reference = space();
        hand.matrices = new Float32Array(good.length).fill(NaN);
        source.update(session.frame(), reference, 1);
        source.update(session.frame(), reference, 2);
        hand.matrices = good;
        source.update(session.frame(), reference, 3);
        console.log(`${log.errors.map(({ code, message }) => `${code}: ${message}`).join("; ")}`);
        expect(log.errors.map(({ code, fatal }) => [code, fatal])).toEqual([["xr-hand-invalid", false]]);
        expect(log.ids).toEqual([[], [], [1]]);
    });

    it("has pinches judged alike from all sides: its depth is as sure as the rest", async () => {
        const session = new FakeSession();
        const source = new XRHandSource();
        const log = await listen(source);
        const hand = session.addHand("right");
        const distances = [0, 0.8, 1.6].map((yaw, i) => {
            hand.matrices = matricesOf(gestureState("right", 0, [0.1, -1.5, 0.4], { pinch: 0.6 }, [0, yaw, 0]));
            source.update(session.frame(), space(), i);
            return pinchDistance(log.last[0]);
        });
        console.log(`pinch distances of one hand, turned: ${distances.map((value) => value.toFixed(4)).join(", ")}`);
        expect(Math.max(...distances) - Math.min(...distances)).toBeLessThan(1e-4);
    });
});
