import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { HandTrackingBehavior } from "../../src/babylon/handTrackingBehavior";
import { HandTrackingError } from "../../src/errors";
import { HandRecorder } from "../../src/recording/handRecorder";
import { parseHandRecording } from "../../src/recording/handRecording";
import { ReplaySource } from "../../src/recording/replaySource";
import type { HandSource } from "../../src/sources/handSource";
import { gestureState } from "../helpers/scriptedHand";

const FRAME_MS = 1000 / 30;
const LENGTH_MS = 2000;

/** Two seconds of a right hand that pinches from 0.5 to 1.2 s, by way of its JSON. */
function recordedPinch(): ReplaySource {
    const recorder = new HandRecorder();
    for (let timeMs = 0; timeMs <= LENGTH_MS; timeMs += FRAME_MS) {
        const closed = Math.min(Math.max((timeMs - 500) / 120, 0), 1) - Math.min(Math.max((timeMs - 1200) / 120, 0), 1);
        recorder.add([gestureState("right", timeMs, [0.05, 0.1, 0.5], { pinch: closed })], timeMs);
    }
    return new ReplaySource(parseHandRecording(recorder.toJson()), { stepped: true });
}

/** Plays a replay frame by frame, a rendered frame after each. */
function play(scene: Scene, source: ReplaySource, untilMs: number): void {
    for (let timeMs = source.now() + FRAME_MS; timeMs < untilMs; timeMs += FRAME_MS) {
        source.advanceTo(timeMs);
        scene.render();
    }
}

describe("a source of hands", () => {
    it("drives the behaviour without networks: hands, gestures and losses of a recording", async () => {
        const scene = new Scene(new NullEngine());
        new FreeCamera("camera", new Vector3(0, 0, 0), scene);
        const source = recordedPinch();
        const behaviour = HandTrackingBehavior.attachToScene(scene, { source, view: "camera", rig: false });
        const log: string[] = [];
        behaviour.onHandFoundObservable.add(({ side }) => log.push(`${side} found`));
        behaviour.onPinchStartObservable.add(() => log.push("pinch"));
        behaviour.onPinchEndObservable.add(() => log.push("open"));
        behaviour.onHandLostObservable.add(() => log.push("lost"));
        await behaviour.readyPromise;
        play(scene, source, 1000);
        const [hand] = behaviour.hands;
        // Camera view of a left-handed scene: y up, z forward.
        const wrist = Array.from(hand.worldJoints.slice(0, 3));
        play(scene, source, LENGTH_MS + 200);
        console.log(`${log.join(", ")}; wrist at ${wrist.map((value) => value.toFixed(4)).join(" ")}`);
        expect(behaviour.state).toBe("running");
        expect(behaviour.stats).toBeNull();
        expect(Vector3.Distance(Vector3.FromArray(wrist), new Vector3(0.05, -0.1, 0.5))).toBeLessThan(2e-4);
        expect(log).toEqual(["right found", "pinch", "open", "lost"]);
        behaviour.dispose();
        scene.dispose();
    });

    it("starts at once in a scene that is still loading, and a failure of its start is told to who sets it", async () => {
        const scene = new Scene(new NullEngine());
        new FreeCamera("camera", new Vector3(0, 0, 0), scene);
        scene.addPendingData({});
        const behaviour = HandTrackingBehavior.attachToScene(scene, {
            source: recordedPinch(),
            view: "camera",
            rig: false,
        });
        const failing = recordedPinch();
        failing.startAsync = () => Promise.reject(new HandTrackingError("camera-missing", "No camera here.", true));
        const told = await behaviour.setSourceAsync(failing).catch((error: HandTrackingError) => error.code);
        console.log(`scene loading: ${scene.isLoading}, state ${behaviour.state}, told ${told}`);
        expect(scene.isLoading).toBe(true);
        expect(told).toBe("camera-missing");
        await behaviour.setSourceAsync(recordedPinch());
        expect(behaviour.state).toBe("running");
        behaviour.dispose();
        scene.dispose();
    });

    it("may be changed for one whose clock is behind: gestures start as before", async () => {
        const scene = new Scene(new NullEngine());
        new FreeCamera("camera", new Vector3(0, 0, 0), scene);
        const first = recordedPinch();
        const behaviour = HandTrackingBehavior.attachToScene(scene, { source: first, view: "camera", rig: false });
        let pinches = 0;
        behaviour.onPinchStartObservable.add(() => pinches++);
        await behaviour.readyPromise;
        play(scene, first, LENGTH_MS);
        const second = recordedPinch();
        await behaviour.setSourceAsync(second);
        play(scene, second, LENGTH_MS);
        console.log(`${pinches} pinches in two recordings of one`);
        expect(pinches).toBe(2);
        expect(first.onHands).toBeNull();
        behaviour.dispose();
        expect(second.onHands).toBeNull();
        scene.dispose();
    });

    it("whose hands have numbers that are none is told so once, and these hands are lost meanwhile", async () => {
        const scene = new Scene(new NullEngine());
        new FreeCamera("camera", new Vector3(0, 0, 0), scene);
        const source: HandSource = {
            onHands: null,
            onError: null,
            now: () => nowMs,
            startAsync: () => Promise.resolve(),
            stop: () => undefined,
            dispose: () => undefined,
        };
        let nowMs = 0;
        const behaviour = HandTrackingBehavior.attachToScene(scene, { source, view: "camera", rig: false });
        const log: string[] = [];
        behaviour.onHandFoundObservable.add(({ side }) => log.push(`${side} found`));
        behaviour.onHandLostObservable.add(({ side }) => log.push(`${side} lost`));
        behaviour.onErrorObservable.add(({ code, fatal, message }) => log.push(`${code} ${fatal} ${message}`));
        await behaviour.readyPromise;
        for (; nowMs < 1000; nowMs += FRAME_MS) {
            const left = gestureState("left", nowMs, [-0.2, 0, 0.5], {});
            const right = gestureState("right", nowMs, [0.2, 0, 0.5], {});
            [left.id, right.id] = [1, 2];
            if (nowMs > 300 && nowMs < 400) {
                right.joints[7] = NaN;
            }
            source.onHands!([left, right], nowMs);
            scene.render();
            const places = behaviour.hands.flatMap(({ worldJoints }) => Array.from(worldJoints));
            expect(places.every(Number.isFinite)).toBe(true);
        }
        console.log(log.join("\n"));
        expect(log).toEqual([
            "left found",
            "right found",
            "hand-invalid false The source's right hand 2 is left out: joints[7] (NaN) is not a finite number. Give no hand where one is not known.",
            "right lost",
            "right found",
        ]);
        behaviour.dispose();
        scene.dispose();
    });
});
