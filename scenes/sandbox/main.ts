// The physics sandbox: hands from a webcam, or from the sample clip, pick things up and throw them.
// ?clip plays the clip; ?clip=frames plays it frame by frame; ?backend=wasm|webgpu chooses where networks run;
// ?worker=false runs them on the main thread.

import { Engine } from "@babylonjs/core/Engines/engine";
import HavokPhysics from "@babylonjs/havok";
import {
    HandTrackingBehavior,
    WebcamSource,
    type FrameSource,
    type HandMaterialKind,
    type HandTrackingOptions,
    type HandView,
} from "../../src/index";
import { createClipSequence, createClipSource, loadClipDescription } from "./clip";
import { Inset } from "./inset";
import { EventLog } from "./log";
import { Panel } from "./panel";
import { World } from "./world";

/** Where the user's eyes are imagined behind the physical camera: the clip's was farther from its hand than webcams are. */
const CLIP_DISTANCE = 1.15;
const WEBCAM_DISTANCE = 0.95;
const LOOKS: HandMaterialKind[] = ["skin", "ghost", "wireframe"];
const VIEWS: HandView[] = ["facing", "mirror"];

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const parameters = new URLSearchParams(location.search);

const canvas = element<HTMLCanvasElement>("scene");
const engine = new Engine(canvas, true, { preserveDrawingBuffer: true, stencil: true });
const world = new World(engine, await HavokPhysics());
const behaviour = new HandTrackingBehavior({
    source: placeholderSource(),
    modelBaseUrl: "/models/",
    worker: parameters.get("worker") !== "false",
    facingDistance: CLIP_DISTANCE,
    backend: (parameters.get("backend") as HandTrackingOptions["backend"]) ?? "auto",
});
const inset = new Inset(element<HTMLCanvasElement>("picture"), false);
const log = new EventLog(behaviour, world);
const panel = new Panel(element("figures"), element("buttons"), [
    { label: "Camera", action: () => void useCamera() },
    { label: "Clip", action: () => void useClip() },
    { label: "Reset", action: () => world.reset() },
    { label: "View", action: () => (behaviour.view = VIEWS[(VIEWS.indexOf(behaviour.view) + 1) % VIEWS.length]) },
    {
        label: "Hand",
        action: () => (behaviour.rig = LOOKS[(LOOKS.indexOf(behaviour.rig as HandMaterialKind) + 1) % LOOKS.length]),
    },
]);

let picture: CanvasImageSource | null = null;
let pictureOf: ((timeMs: number) => CanvasImageSource) | null = null;

/** Until a source is chosen: the models load meanwhile. */
function placeholderSource(): FrameSource {
    return { onFrame: null, onError: null, video: null, startAsync: async () => {}, stop: () => {}, dispose: () => {} };
}

function say(text: string | null): void {
    element("message").hidden = text === null;
    element("message").textContent = text;
}

async function use(source: FrameSource, label: string, distance: number, mirrored: boolean): Promise<void> {
    behaviour.facingDistance = distance;
    inset.mirrored = mirrored;
    picture = source.video;
    element("source").textContent = label;
    await behaviour.setSourceAsync(source);
}

async function useCamera(): Promise<void> {
    pictureOf = null;
    try {
        await use(new WebcamSource(), "Your camera, mirrored. The picture stays on this page.", WEBCAM_DISTANCE, true);
        say(null);
    } catch (error) {
        say(`${(error as Error).message} Until then, a clip of a hand plays.`);
        await useClip();
    }
}

async function useClip(): Promise<void> {
    const clip = await loadClipDescription();
    pictureOf = null;
    if (parameters.get("clip") === "frames") {
        const { source, images } = await createClipSequence(clip);
        pictureOf = (timeMs) => images[Math.round((timeMs * clip.framesPerSecond) / 1000) % images.length];
        log.follow(source, clip.frames, 1000 / clip.framesPerSecond);
        await use(source, "Sample clip of a real hand, frame by frame", CLIP_DISTANCE, false);
    } else {
        await use(createClipSource(clip), "Sample clip of a real hand", CLIP_DISTANCE, false);
    }
}

behaviour.onProgressObservable.add(
    ({ loadedBytes, totalBytes }) => (element<HTMLProgressElement>("progress").value = loadedBytes / totalBytes)
);
behaviour.onErrorObservable.add((error) => say(error.message));
behaviour.onFrameObservable.add((result) => inset.draw(result, pictureOf?.(result.timeMs) ?? picture));
behaviour.onHandFoundObservable.add((hand) => {
    if (hand.rig) {
        world.shadows.addShadowCaster(hand.rig.mesh);
    }
});

engine.runRenderLoop(() => {
    if (!log.isStepping) {
        world.scene.render();
    }
});
window.addEventListener("resize", () => engine.resize());
world.scene.onAfterRenderObservable.add(() => world.rescue());

setInterval(() => {
    const { stats } = behaviour;
    panel.show("Frames a second", engine.getFps().toFixed(0));
    if (stats) {
        panel.show(
            "Networks on",
            stats.backend === "wasm" ? `WASM, ${stats.threads} thread${stats.threads > 1 ? "s" : ""}` : "WebGPU",
            stats.reason
        );
        const { pixelsMs, detectMs, recoverMs, solveMs } = stats.times;
        panel.show("Picture, palm", `${pixelsMs.toFixed(1)}, ${detectMs.toFixed(1)} ms`);
        panel.show("Hand, fit", `${recoverMs.toFixed(1)}, ${solveMs.toFixed(1)} ms`);
        panel.show("Latency", `${stats.latencyMs.toFixed(0)} ms`);
    }
    const hands = behaviour.hands.filter((hand) => hand.isTracked);
    panel.show("Hands", hands.map((hand) => hand.side).join(", ") || "none");
    panel.show("Depth", hands.map((hand) => `${(hand.state.joints[35] * 100).toFixed(0)} cm`).join(", ") || "–");
    panel.show(
        "Gesture",
        hands.map((hand) => (hand.pinch.isActive ? "pinch" : hand.grab.isActive ? "grab" : "open")).join(", ") || "–"
    );
    panel.show(
        "Holding",
        hands.map((hand) => hand.grabber?.heldBody?.transformNode.name ?? "nothing").join(", ") || "–"
    );
}, 200);

world.camera.addBehavior(behaviour);
try {
    await behaviour.readyPromise;
    element("loading").hidden = true;
    await (parameters.has("clip") ? useClip() : useCamera());
} catch (error) {
    element("loading").hidden = true;
    say((error as Error).message);
}
