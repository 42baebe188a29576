import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { Observable } from "@babylonjs/core/Misc/observable";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import { describe, expect, it } from "vitest";
import { HandTrackingBehavior } from "../../src/babylon/handTrackingBehavior";
import { TIP_JOINTS } from "../../src/hand/joints";
import { HandRecorder } from "../../src/recording/handRecorder";
import { parseHandRecording } from "../../src/recording/handRecording";
import { ReplaySource } from "../../src/recording/replaySource";
import { createBoxBody, createPhysicsScene } from "../helpers/havok";
import { gestureState } from "../helpers/scriptedHand";

const FRAME_MS = 1000 / 30;
const LENGTH_MS = 2400;
const GONE_MS = 1800;
const [THUMB_TIP] = TIP_JOINTS;
/** How often each is heard by who detaches then: the other hand is lost too. */
const EVENTS = {
    HandFound: 1,
    HandUpdated: 1,
    HandLost: 2,
    PinchStart: 1,
    PinchUpdate: 1,
    PinchEnd: 1,
    ObjectGrabbed: 1,
    ObjectReleased: 1,
} as const;

/** Two hands; the right one pinches from 0.4 to 1.2 s, and both are out of sight after 1.8 s. */
function twoHands(): ReplaySource {
    const recorder = new HandRecorder();
    for (let timeMs = 0; timeMs <= LENGTH_MS; timeMs += FRAME_MS) {
        const pinch = Math.min(Math.max((timeMs - 400) / 100, 0), 1) - Math.min(Math.max((timeMs - 1200) / 100, 0), 1);
        const hands = [
            gestureState("left", timeMs, [-0.2, 0, 0.5], {}),
            gestureState("right", timeMs, [0.1, 0, 0.5], { pinch }),
        ];
        hands.forEach((hand, i) => (hand.id = i + 1));
        recorder.add(timeMs < GONE_MS ? hands : [], timeMs);
    }
    return new ReplaySource(parseHandRecording(recorder.toJson()), { stepped: true });
}

const names = Object.keys(EVENTS) as (keyof typeof EVENTS)[];

/** Two hands and a cube that one takes, in a scene; `heard` is called when the event is raised. */
async function playAsync(name: keyof typeof EVENTS, heard: (behaviour: HandTrackingBehavior) => void) {
    const { scene, step } = await createPhysicsScene(false);
    const engine = scene.getPhysicsEngine() as PhysicsEngine;
    engine.setGravity(Vector3.Zero());
    new FreeCamera("camera", Vector3.Zero(), scene);
    const source = twoHands();
    const behaviour = HandTrackingBehavior.attachToScene(scene, { source, view: "camera" });
    await behaviour.readyPromise;
    let [calls, cubes, mostHands] = [0, 0, 0];
    const afterwards: string[] = [];
    for (const begun of ["onPinchStartObservable", "onPinchUpdateObservable"] as const) {
        behaviour[begun].add(() => void (behaviour.attachedNode ?? afterwards.push(begun)));
    }
    behaviour.onGestureObservable.add(({ gesture: { name: made, transition } }) => {
        if (!behaviour.attachedNode && transition !== "end") {
            afterwards.push(`${made} ${transition}`);
        }
    });
    (behaviour[`on${name}Observable`] as Observable<unknown>).add(() => {
        calls++;
        heard(behaviour);
    });
    for (let timeMs = 0; timeMs <= LENGTH_MS && behaviour.attachedNode; timeMs += FRAME_MS) {
        source.advanceTo(timeMs);
        const right = behaviour.hands.find((hand) => hand.isTracked && hand.side === "right");
        if (right && cubes === 0) {
            const tip = Vector3.FromArray(right.worldJoints, THUMB_TIP * 3);
            createBoxBody(scene, tip, new Vector3(0.04, 0.04, 0.04), 0.1);
            cubes++;
        }
        scene.render();
        step(1);
        mostHands = Math.max(mostHands, behaviour.hands.length);
    }
    return { scene, engine, behaviour, calls, cubes, mostHands, afterwards };
}

describe("who listens to a behaviour", () => {
    for (const name of names) {
        it(`may detach it in on${name}Observable: nothing is thrown, said any more or left behind`, async () => {
            const { scene, engine, behaviour, calls, cubes, afterwards } = await playAsync(name, (attached) =>
                attached.detach()
            );
            const left = [scene.meshes.length, engine.getBodies().length];
            console.log(
                `${name}: ${calls} calls, gestures afterwards: ${afterwards.length}, meshes and bodies left ${left.join(", ")} of ${cubes} cubes`
            );
            expect(afterwards).toEqual([]);
            expect(calls).toBe(EVENTS[name]);
            expect(left).toEqual([cubes, cubes]);
            expect(behaviour.hands).toEqual([]);
            scene.dispose();
        });
    }

    for (const name of names) {
        it(`may change its view in on${name}Observable: hands are made anew, and nothing is left when it goes`, async () => {
            const { scene, engine, behaviour, calls, cubes, mostHands } = await playAsync(name, (attached) => {
                if (attached.view === "camera") {
                    attached.view = "mirror";
                }
            });
            behaviour.dispose();
            const left = [scene.meshes.length, engine.getBodies().length];
            console.log(`${name}: ${calls} calls, ${mostHands} hands, left ${left.join(", ")} of ${cubes} cubes`);
            expect(calls).toBeGreaterThan(0);
            expect(mostHands).toBe(2);
            expect(left).toEqual([cubes, cubes]);
            scene.dispose();
        });
    }
});
