// A scene with hands that a test moves as it likes: recorded or scripted states, with a tracker's noise, on stepped Havok.

import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Scene } from "@babylonjs/core/scene";
import { vi } from "vitest";
import { CameraSpaceMapping, type CameraSpaceOptions } from "../../src/babylon/cameraSpace";
import type { GrabEvent, ReleaseEvent } from "../../src/babylon/grabber";
import { HandEvents } from "../../src/babylon/handEvents";
import { HandSet } from "../../src/babylon/handSet";
import type { HandState } from "../../src/hand/handState";
import { JOINT_COUNT } from "../../src/hand/joints";
import { createPhysicsScene, STEP_MS } from "./havok";
import { gaussian } from "./random";

/** What a monocular tracker errs by: the whole hand across and along the viewing direction, and every joint by itself, metres. */
export interface TrackerNoise {
    lateral: number;
    depth: number;
    joint: number;
}

/** The noise of the figures: 5 mm across, 20 mm in depth, and 1 mm of each joint. */
export const NOISE: TrackerNoise = { lateral: 0.005, depth: 0.02, joint: 0.001 };
export const NO_NOISE: TrackerNoise = { lateral: 0, depth: 0, joint: 0 };

/** Adds noise to a state, in place. */
export function disturb(state: HandState, noise: TrackerNoise, random: () => number): HandState {
    const shift = [noise.lateral, noise.lateral, noise.depth].map((sigma) => sigma * gaussian(random));
    for (let i = 0; i < JOINT_COUNT * 3; i++) {
        state.joints[i] += shift[i % 3] + (noise.joint > 0 ? noise.joint * gaussian(random) : 0);
    }
    state.sigma = noise.lateral;
    state.depthSigma = noise.depth;
    return state;
}

export interface HandScene {
    scene: Scene;
    node: TransformNode;
    hands: HandSet;
    grabs: GrabEvent[];
    releases: ReleaseEvent[];
    /** Shows hands (null: what was shown stays), updates and steps the physics once. */
    frame: (states: readonly HandState[] | null) => void;
    /** ms since the start. */
    now: () => number;
    dispose: () => void;
}

/** Hands are judged and drawn at 60 frames a second. */
export async function createHandScene(
    rightHanded: boolean,
    options: CameraSpaceOptions = { view: "camera" }
): Promise<HandScene> {
    const { scene, node, step } = await createPhysicsScene(rightHanded);
    vi.spyOn(scene.getEngine(), "getDeltaTime").mockReturnValue(STEP_MS);
    const events = new HandEvents();
    const grabs: GrabEvent[] = [];
    const releases: ReleaseEvent[] = [];
    events.onObjectGrabbedObservable.add((event) => grabs.push(event));
    events.onObjectReleasedObservable.add((event) => releases.push(event));
    const hands = new HandSet(
        scene,
        new CameraSpaceMapping(scene, node, options),
        { rig: false, colliders: true, grab: true },
        events
    );
    let nowMs = 0;
    return {
        scene,
        node,
        hands,
        grabs,
        releases,
        now: () => nowMs,
        frame: (states) => {
            if (states) {
                states.forEach((state) => (state.timeMs = nowMs));
                hands.receiveStates(states);
            }
            hands.update(nowMs);
            step();
            nowMs += STEP_MS;
        },
        dispose: () => {
            hands.dispose();
            scene.dispose();
        },
    };
}
