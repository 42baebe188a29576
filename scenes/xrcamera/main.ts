// For tests: a hand drawn as a session's camera would see it, and recovered from that picture. It stands at a known place in the
// world; with ?video it is the headset's own right hand, before a camera of getUserMedia whose place is to be found.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { Color4 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Scene } from "@babylonjs/core/scene";
import type { WebXRDefaultExperience } from "@babylonjs/core/XR/webXRDefaultExperience";
import {
    CameraSpaceMapping,
    handStateFromMatrices,
    JOINT_COUNT,
    palmLength,
    WebXRPhysicsHands,
    XRVideoSource,
} from "../../src/index";
import { gestureState } from "../../tests/helpers/scriptedHand";
import { createBareExperience } from "../passthrough/experience";
import { DrawnCamera } from "./drawnCamera";
import { ASSUMED, HeadsetVideo, LATENCY_MS, PITCH, PLACE } from "./headsetVideo";
import { stubRawCameraAccess } from "./rawCameraStub";

const isVideo = new URLSearchParams(location.search).has("video");
const engine = new Engine(document.querySelector("canvas")!, true);
const scene = new Scene(engine);
scene.useRightHandedSystem = true;
scene.clearColor = new Color4(0.55, 0.57, 0.6, 1);
new FreeCamera("camera", new Vector3(0, 1.6, 0), scene);
new HemisphericLight("sky", Vector3.Up(), scene).intensity = 1.2;
new DirectionalLight("sun", new Vector3(0.4, -1, -0.7), scene).intensity = 2;
const camera = new DrawnCamera(scene);

// The hand: upright, half a metre before where the viewer starts, its palm to them.
const state = gestureState("right", 0, [0.02, 0.09, 0.45], {}, [0.1, 0.25, 0]);
const place = new TransformNode("place", scene);
place.position.set(0, 1.6, 0);
const truth = new Float32Array(JOINT_COUNT * 3);
const rotations = new Float32Array(JOINT_COUNT * 4);
const mapping = new CameraSpaceMapping(scene, place, { view: "camera" });
function placeHand(): void {
    mapping.refresh();
    mapping.toWorld(state, truth, rotations);
    camera.hand.update(truth, rotations, state.size);
}
placeHand();

const errors: string[] = [];
const api = {
    scene,
    truth,
    errors,
    camera,
    video: { place: PLACE, pitch: PITCH, latencyMs: LATENCY_MS, assumed: ASSUMED },
    xr: null as WebXRDefaultExperience | null,
    feature: null as WebXRPhysicsHands | null,
};
declare global {
    interface Window {
        __xrcamera: typeof api;
    }
}
window.__xrcamera = api;

const frames = new HeadsetVideo(camera);
if (!isVideo) {
    stubRawCameraAccess(camera);
}
api.xr = await createBareExperience(scene);
api.feature = WebXRPhysicsHands.EnableOn(api.xr.baseExperience, {
    hands: isVideo ? "headset" : "camera",
    video: isVideo ? new XRVideoSource(frames) : undefined,
    modelBaseUrl: "/models/",
    backend: "wasm",
    palmLength: palmLength(state),
});
api.feature.behavior.onErrorObservable.add(({ code, message }) => errors.push(`${code}: ${message}`));
if (isVideo) {
    const { sessionManager } = api.xr.baseExperience;
    const matrices = new Float32Array(JOINT_COUNT * 16);
    place.position.setAll(0);
    sessionManager.onXRFrameObservable.add((frame) => {
        const { referenceSpace, currentTimestamp } = sessionManager;
        const source = [...frame.session.inputSources].find(({ handedness, hand }) => hand && handedness === "right");
        const viewer = frame.getViewerPose(referenceSpace);
        if (viewer && source && frame.fillPoses!([...source.hand!.values()], referenceSpace, matrices)) {
            handStateFromMatrices("right", matrices, { distance: 0 }, undefined, state);
            placeHand();
            frames.update(viewer.transform, currentTimestamp);
        }
    });
}
engine.runRenderLoop(() => scene.render());
