import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { PhysicsMotionType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { describe, expect, it } from "vitest";
import { teleportBody } from "../../src/babylon/kinematicBody";
import { pinchPoint } from "../../src/gestures/holdingPoint";
import type { HandState } from "../../src/hand/handState";
import type { HandSide } from "../../src/hand/joints";
import { createHandScene, disturb, NO_NOISE, NOISE, type HandScene, type TrackerNoise } from "../helpers/handScene";
import { createBoxBody, STEP_MS } from "../helpers/havok";
import { seededRandom } from "../helpers/random";
import { gestureState, ScriptedHand, type Gesture } from "../helpers/scriptedHand";

const CUBE = 0.05;
const MASS = 0.2;
const RUNS = 100;
const HAND_OVERS = 50;
/** The wrist's place before the lift, camera space. */
const START = [0, 0.25, 0.5];

const ramp = (t: number, from: number, duration: number): number => Math.min(Math.max((t - from) / duration, 0), 1);
/** As arms move: the speed grows and falls smoothly. */
const ease = (t: number, from: number, duration: number): number =>
    (1 - Math.cos(Math.PI * ramp(t, from, duration))) / 2;

/** Thumb and index finger on both sides of a cube, as hands reach for one. */
const READY = 0.5;
/** From there to a pinch and, at `until`, open again. */
const pinching = (t: number, from: number, until = Infinity): Gesture => ({
    pinch: READY + (1 - READY) * (ramp(t, from, 0.12) - ramp(t, until, 0.12)),
});

/** What a hand does at a time in seconds; null while it is not seen. */
type Script = (t: number) => { position: number[]; gesture: Gesture } | null;

interface Rig extends HandScene {
    cube: { mesh: Mesh; body: PhysicsBody };
    /** Cube on its shelf, hands forgotten. */
    reset: () => void;
    /** Plays scripts of sides for so many seconds under noise. */
    play: (
        scripts: Partial<Record<HandSide, Script>>,
        seconds: number,
        noise: TrackerNoise,
        random: () => number
    ) => void;
    /** Where the pinching hand's fingers meet, scene's world. */
    grip: (side: HandSide) => Vector3;
}

async function table(rightHanded: boolean): Promise<Rig> {
    const hands = await createHandScene(rightHanded);
    const { scene, node } = hands;
    const scripted = new ScriptedHand(scene, node).wristAt(START, { pinch: 1 });
    const point = new Float32Array(3);
    pinchPoint(scripted.joints, point);
    const at = Vector3.FromArray(point);
    const cube = createBoxBody(scene, at, new Vector3(CUBE, CUBE, CUBE), MASS);
    createBoxBody(
        scene,
        at.add(new Vector3(0, -CUBE / 2 - 0.005, 0)),
        new Vector3(0.04, 0.01, 0.04),
        0,
        PhysicsMotionType.STATIC
    );
    return {
        ...hands,
        cube,
        reset: () => {
            hands.hands.loseAll();
            hands.releases.length = hands.grabs.length = 0;
            cube.mesh.position.copyFrom(at);
            cube.mesh.rotationQuaternion!.copyFrom(Quaternion.Identity());
            teleportBody(cube.body, scene);
            // What a hand let go of stays out of its colliders' reach for a while.
            for (let i = 0; i < 30; i++) {
                hands.frame([]);
            }
        },
        play: (scripts, seconds, noise, random) => {
            for (let t = 0; t < seconds; t += STEP_MS / 1000) {
                const states: HandState[] = [];
                for (const [side, script] of Object.entries(scripts) as [HandSide, Script][]) {
                    const now = script(t);
                    if (now) {
                        const state = gestureState(
                            side,
                            0,
                            [now.position[0] * (side === "left" ? -1 : 1), now.position[1], now.position[2]],
                            now.gesture
                        );
                        state.id = side === "left" ? 2 : 1;
                        states.push(disturb(state, noise, random));
                    }
                }
                hands.frame(states);
            }
        },
        grip: (side) => {
            const hand = hands.hands.hands.find((candidate) => candidate.side === side)!;
            pinchPoint(hand.worldJoints, point);
            return Vector3.FromArray(point);
        },
    };
}

/** Reaches for the cube, pinches it at 1 s and lifts it by 0.3 m until 2 s. */
const lift: Script = (t) => ({
    position: [START[0], START[1] - 0.3 * ease(t, 1.2, 0.8), START[2] + 0.15 * (1 - ease(t, 0, 0.7))],
    gesture: pinching(t, 1),
});
/** Then shakes it at 2 Hz by 5 cm. */
const liftAndShake: Script = (t) => {
    const { position, gesture } = lift(t)!;
    return {
        position: [position[0] + 0.05 * Math.sin(2 * Math.PI * 2 * Math.max(0, t - 2.2)), ...position.slice(1)],
        gesture,
    };
};

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";

    describe(`holding (${system})`, () => {
        it(`a pinched cube stays held in ${RUNS} of ${RUNS} runs of lifting and shaking under tracking noise`, async () => {
            const rig = await table(rightHanded);
            let held = 0;
            let farthest = 0;
            for (let run = 0; run < RUNS; run++) {
                rig.reset();
                const startY = rig.cube.mesh.getAbsolutePosition().y;
                rig.play({ right: liftAndShake }, 4.2, NOISE, seededRandom(run + 1));
                const hand = rig.hands.hands[0];
                const lifted = rig.cube.mesh.getAbsolutePosition().y - startY;
                farthest = Math.max(farthest, Math.abs(lifted - 0.3));
                const isHeld = hand.grabber!.heldBody === rig.cube.body && rig.releases.length === 0;
                held += isHeld && Math.abs(lifted - 0.3) < CUBE ? 1 : 0;
            }
            console.log(
                `${system}: held in ${held} of ${RUNS} runs, height off by at most ${(farthest * 1000).toFixed(0)} mm`
            );
            expect(held).toBe(RUNS);
            rig.dispose();
        });

        it(`hand-over succeeds in ${HAND_OVERS} of ${HAND_OVERS} runs under tracking noise`, async () => {
            const rig = await table(rightHanded);
            // The left hand comes beside the right one, takes the cube, and goes away with it.
            const gives: Script = (t) => ({ ...lift(t)!, gesture: pinching(t, 1, 3.6) });
            const takes: Script = (t) =>
                t < 1.6
                    ? null
                    : {
                          position: [
                              START[0] - 0.3 * (1 - ease(t, 1.9, 0.7)) - 0.3 * ease(t, 4, 0.6),
                              START[1] - 0.3,
                              START[2],
                          ],
                          gesture: pinching(t, 3),
                      };
            let done = 0;
            for (let run = 0; run < HAND_OVERS; run++) {
                rig.reset();
                rig.play({ right: gives, left: takes }, 5, NOISE, seededRandom(run + 1));
                const reasons = rig.releases.map(({ side, reason }) => `${side} ${reason}`).join();
                const left = rig.hands.hands.find(({ side }) => side === "left")!;
                const isHeld = left.grabber!.heldBody === rig.cube.body;
                const distance = Vector3.Distance(rig.cube.mesh.getAbsolutePosition(), rig.grip("left"));
                done += reasons === "right handed-over" && isHeld && distance < 2 * CUBE ? 1 : 0;
            }
            console.log(`${system}: ${done} of ${HAND_OVERS} hand-overs`);
            expect(done).toBe(HAND_OVERS);
            rig.dispose();
        });

        it("a hand lost for 200 ms keeps the cube; one lost for longer lets it go at rest", async () => {
            const rig = await table(rightHanded);
            const lostFor =
                (seconds: number): Script =>
                (t) =>
                    t > 2.5 && t < 2.5 + seconds ? null : liftAndShake(t);
            rig.reset();
            rig.play({ right: lostFor(0.2) }, 4, NO_NOISE, Math.random);
            expect(rig.releases).toHaveLength(0);
            const kept = Vector3.Distance(rig.cube.mesh.getAbsolutePosition(), rig.grip("right"));
            rig.reset();
            let speed = NaN;
            rig.releases.length = 0;
            const observer = rig.scene.onBeforePhysicsObservable.add(() => {
                if (rig.releases.length === 1 && Number.isNaN(speed)) {
                    speed = rig.cube.body.getLinearVelocity().length();
                }
            });
            rig.play({ right: lostFor(0.6) }, 3, NO_NOISE, Math.random);
            observer.remove();
            console.log(
                `${system}: after 200 ms ${(kept * 1000).toFixed(1)} mm from the fingers; after 600 ms ${rig.releases[0]?.reason}, let go at ${speed.toFixed(4)} m/s`
            );
            expect(kept).toBeLessThan(CUBE / 2);
            expect(rig.releases.map(({ reason }) => reason)).toEqual(["lost"]);
            expect(speed).toBeLessThan(0.01);
            rig.dispose();
        });
    });
}
