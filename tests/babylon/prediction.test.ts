import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import { HandEvents } from "../../src/babylon/handEvents";
import { HandSet } from "../../src/babylon/handSet";
import { copyHandPose } from "../../src/hand/handPose";
import { createHandObservation, OBSERVATION_LENGTH, packObservation } from "../../src/tracking/handObservation";
import { gesturePose } from "../helpers/scriptedHand";

const AGE_MS = 50;
const SPEED = 0.4;

/** Wrist of a hand that moves to the right at 0.4 m/s, drawn 50 ms after its frame. */
function drawnX(hands: HandSet, timeMs: number): number {
    const observation = createHandObservation();
    copyHandPose(gesturePose([0, 0, 0.5], {}), observation.pose);
    Object.assign(observation, { id: 1, presence: 1, sigma: 0.003, depthSigma: 0.01 });
    observation.velocity[0] = SPEED;
    const buffer = new Float32Array(OBSERVATION_LENGTH);
    packObservation(observation, buffer, 0);
    const times = { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 };
    const size = { width: 640, height: 480 };
    hands.receive({ timeMs, ...size, count: 1, buffer, meshes: null, textures: null, crops: 1, times });
    hands.update(timeMs + AGE_MS);
    return hands.hands[0].worldJoints[0];
}

describe("prediction", () => {
    it("draws a hand where it is by now, or where its frame had it, as is asked for", () => {
        const scene = new Scene(new NullEngine());
        const mapping = new CameraSpaceMapping(scene, new TransformNode("node", scene), { view: "camera" });
        const hands = new HandSet(scene, mapping, { rig: false, colliders: false, grab: false }, new HandEvents());
        const ahead = drawnX(hands, 1000);
        hands.setPrediction(false);
        const captured = drawnX(hands, 1100);
        hands.setPrediction(true);
        const again = drawnX(hands, 1200);
        console.log(`${(1000 * ahead).toFixed(1)} mm with, ${(1000 * captured).toFixed(1)} mm without prediction`);
        expect(ahead).toBeCloseTo((SPEED * AGE_MS) / 1000, 5);
        expect(captured).toBeCloseTo(0, 5);
        expect(again).toBeCloseTo(ahead, 5);
        hands.dispose();
        scene.dispose();
    });
});
