// A hand that moves on a known way before a (fake) webcam, and what is drawn of it, written down for npm run benchmark:latency.
// ?loops=NUMBER of the clip, with and without prediction in turn; ?recoverer=NAME, ?backend=wasm|webgpu, ?fieldOfView=RADIANS.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Scene } from "@babylonjs/core/scene";
import {
    DEFAULT_RECOVERER,
    HandTrackingBehavior,
    intrinsicsFromFieldOfView,
    JOINT_NAMES,
    type HandTrackingOptions,
} from "../../src/index";
import { CodedWebcam } from "./codedWebcam";
import { HEIGHT, LOOP_SECONDS, WIDTH } from "./path";
import type { LatencyRecords } from "./records";

/** Loops before the measurement: networks and shaders warm up. */
const WARM_UP_LOOPS = 1;
const KNUCKLE = JOINT_NAMES.indexOf("middle-finger-phalanx-proximal");

const parameters = new URLSearchParams(location.search);
const loops = Number(parameters.get("loops") ?? 10);
const fieldOfView = Number(parameters.get("fieldOfView"));
const status = document.getElementById("status")!;
const records: LatencyRecords = {
    done: false,
    errors: [],
    focal: intrinsicsFromFieldOfView(WIDTH, HEIGHT, fieldOfView).fx,
    backend: "",
    recoverer: parameters.get("recoverer") ?? DEFAULT_RECOVERER,
    pipelineMs: 0,
    frames: [],
    draws: [],
    renders: [],
};
window.__latency = records;

const engine = new Engine(document.getElementById("scene") as HTMLCanvasElement, false);
const scene = new Scene(engine);
const camera = new FreeCamera("camera", Vector3.Zero(), scene);
camera.minZ = 0.01;
camera.fov = fieldOfView;
new HemisphericLight("light", Vector3.Up(), scene);
const source = new CodedWebcam(fieldOfView);
const behaviour = HandTrackingBehavior.attachToScene(scene, {
    source,
    view: "camera",
    maxHands: 1,
    modelBaseUrl: "/models/",
    recoverer: records.recoverer,
    backend: (parameters.get("backend") as HandTrackingOptions["backend"]) ?? "wasm",
});

let loop = -WARM_UP_LOOPS;
let lastCode = -1;

source.onCode = (code, captureMs) => {
    if (code >= 0) {
        // From a high number to a low one: the clip begins again.
        if (code < lastCode && behaviour.hands.length > 0) {
            loop++;
            behaviour.prediction = loop % 2 === 0;
            status.textContent = `Loop ${loop + 1} of ${loops}, ${LOOP_SECONDS} s each; prediction ${behaviour.prediction ? "on" : "off"}`;
            finishAfterLastLoop();
        }
        lastCode = code;
    }
    if (loop >= 0 && !records.done) {
        records.frames.push({ captureMs, deliveredMs: performance.now(), code });
    }
};

function finishAfterLastLoop(): void {
    if (loop === loops) {
        records.pipelineMs = behaviour.stats?.latencyMs ?? NaN;
        records.done = true;
    }
}

/** Writes down what was just drawn. */
function record(drawMs: number): void {
    records.renders.push(drawMs);
    const hand = behaviour.hands.find(({ isTracked }) => isTracked);
    if (!hand) {
        return;
    }
    // The scene's camera stands where the webcam is imagined, and the scene is left-handed: y up, z forward.
    const [x, y, z] = hand.worldJoints.subarray(KNUCKLE * 3);
    const [capturedX, , capturedZ] = hand.capturedState.joints.subarray(KNUCKLE * 3);
    const { focal } = records;
    records.draws.push({
        drawMs,
        predicted: behaviour.prediction,
        captureMs: hand.capturedState.timeMs,
        x: (focal * x) / z,
        y: (-focal * y) / z,
        depth: z,
        capturedX: (focal * capturedX) / capturedZ,
    });
}

engine.runRenderLoop(() => {
    scene.render();
    if (loop >= 0 && !records.done) {
        record(performance.now());
    }
});
behaviour.onErrorObservable.add((error) => {
    records.errors.push(error.message);
    status.textContent = error.message;
});
await behaviour.readyPromise;
records.backend = behaviour.stats ? `${behaviour.stats.backend}, ${behaviour.stats.threads} threads` : "";
status.textContent = "Warming up…";
