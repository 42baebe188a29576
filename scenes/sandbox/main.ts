// The physics sandbox: hands from a webcam, or from the sample clip, pick things up and throw them.
// ?mouse lets the mouse be a hand, ?level=NUMBER begins with a level; ?clip plays the clip; ?clip=frames plays it frame by
// frame (the first &frames=NUMBER), with &snapshots it waits at moments worth a picture;
// ?recoverer=NAME chooses the network (auto: &budget=MS a frame), ?mesh=recovered shows the mesh that it recovers, ?skin the
// hand's own skin; ?backend=wasm|webgpu chooses where networks run, ?worker=false runs them in the page's own thread;
// ?fieldOfView=RADIANS is the camera's; ?quality=high draws finely however long it takes.

import { Engine } from "@babylonjs/core/Engines/engine";
import HavokPhysics from "@babylonjs/havok";
import {
    DEFAULT_RECOVERER,
    HandDebugView,
    HandTrackingBehavior,
    MouseHandSource,
    WebcamSource,
    type FrameSource,
    type HandMaterialKind,
    type HandMeshKind,
    type HandSource,
    type HandTrackingOptions,
    type HandView,
    type TrackedHand,
} from "../../src/index";
import { createClipSequence, createClipSource, loadClipDescription, onClipRestart } from "./clip";
import { CropMeter } from "./cropMeter";
import { HoverHighlight } from "./highlight";
import { Inset } from "./inset";
import { LEVELS } from "./levels";
import { EventLog } from "./log";
import { Panel } from "./panel";
import { isSoftwareDrawn, Quality } from "./quality";
import { RecovererChooser } from "./recovererChooser";
import { RECOVERERS } from "./recoverers";
import { ContactSounds } from "./sound";
import { World } from "./world";

/** Where the user's eyes are imagined behind the physical camera: the clip's was farther from its hand than webcams are. */
const CLIP_DISTANCE = 1.15;
const WEBCAM_DISTANCE = 0.95;
const LOOKS: readonly HandMaterialKind[] = ["skin", "ghost", "wireframe"];
const VIEWS: readonly HandView[] = ["facing", "mirror"];
const SOURCES = ["Camera", "Clip", "Mouse"];
const MESHES: readonly HandMeshKind[] = ["rig", "recovered"];
const PANEL_MS = 250;

const parameters = new URLSearchParams(location.search);
const canvas = document.getElementById("scene") as HTMLCanvasElement;
const softwareDrawn = isSoftwareDrawn();
// The picture stays in the buffer for screenshots; smoothing of edges is for graphics processors.
const engine = new Engine(canvas, !softwareDrawn, { preserveDrawingBuffer: softwareDrawn, stencil: true });
const world = new World(engine, await HavokPhysics());
const firstLevel = Number(parameters.get("level") ?? 0) in LEVELS ? Number(parameters.get("level") ?? 0) : 0;
world.load(LEVELS[firstLevel]);
const sounds = new ContactSounds(world.scene);
const quality = new Quality(engine, world.studio, softwareDrawn, parameters.get("quality") === "high");
const behaviour = new HandTrackingBehavior({
    source: placeholderSource(),
    modelBaseUrl: "/models/",
    facingDistance: CLIP_DISTANCE,
    recoverer: parameters.get("recoverer") ?? DEFAULT_RECOVERER,
    frameBudgetMs: Number(parameters.get("budget")) || undefined,
    handMesh: parameters.get("mesh") === "recovered" ? "recovered" : "rig",
    handTexture: parameters.has("skin"),
    backend: (parameters.get("backend") as HandTrackingOptions["backend"]) ?? "auto",
    worker: parameters.get("worker") !== "false",
});
new HoverHighlight(behaviour);
const debug = new HandDebugView(behaviour, world.scene);
// People expect to see themselves as in a mirror, and the hand in the scene moves that way too.
const inset = new Inset(document.getElementById("picture") as HTMLCanvasElement, true);
const log = new EventLog(behaviour, world, quality);
const panel = new Panel(
    [
        { title: "Source", labels: SOURCES, choose: (index) => void [useCamera, useClip, useMouse][index]() },
        { title: "Level", labels: LEVELS.map(({ title }) => title), choose: (index) => enter(index) },
        { title: "View", labels: ["Reach in", "Mirror"], choose: (index) => (view = behaviour.view = VIEWS[index]) },
        { title: "Hand", labels: ["Skin", "Ghost", "Wireframe"], choose: (index) => (behaviour.rig = LOOKS[index]) },
        { title: "Mesh", labels: ["Rig", "Recovered"], choose: (index) => showMesh(MESHES[index]) },
        { title: "Your skin", labels: ["Off", "On"], choose: (index) => (behaviour.handTexture = index === 1) },
        { title: "Sound", labels: ["On", "Off"], choose: (index) => (sounds.isMuted = index === 1) },
        { title: "Debug", labels: ["Off", "On"], choose: (index) => debug.setEnabled(index === 1) },
    ],
    () => world.reset()
);

panel.press("Level", firstLevel);
panel.press("Mesh", MESHES.indexOf(behaviour.handMesh));
panel.press("Your skin", Number(behaviour.handTexture));
const chooser = new RecovererChooser(document.getElementById("recoverers")!, RECOVERERS, (name) => {
    if (name !== behaviour.recoverer) {
        void recoverWith(name);
    }
});
const meter = new CropMeter();
showRecoverer();
behaviour.onRecovererChangedObservable.add(showRecoverer);

/** Of a camera's picture; the mouse's hand has its own. */
let view: HandView = "facing";
let picture: CanvasImageSource | null = null;
let pictureOf: ((timeMs: number) => CanvasImageSource) | null = null;
/** Raised by every change of the source: what an older one still has to say is out of date. */
let generation = 0;

/** Until a source is chosen: the models load meanwhile, unless the mouse is to be a hand. */
function placeholderSource(): FrameSource | HandSource {
    const idle = { onError: null, startAsync: async () => {}, stop: () => {}, dispose: () => {} };
    return parameters.has("mouse") ? { ...idle, onHands: null } : { ...idle, onFrame: null, video: null };
}

async function recoverWith(name: string): Promise<void> {
    try {
        chooser.startLoading(name);
        await behaviour.setRecovererAsync(name);
        panel.say(null);
    } catch (error) {
        panel.say((error as Error).message);
    } finally {
        chooser.endLoading();
    }
}

/** Which recoverer is in force, and whether there is a mesh of its to be shown. */
function showRecoverer(): void {
    const choice = RECOVERERS.find(({ name }) => name === behaviour.recoverer);
    chooser.press(behaviour.recoverer);
    const hasMesh = choice?.hasMesh ?? true;
    panel.allow("Mesh", 1, hasMesh, `${choice?.label} recovers no mesh`);
    panel.allow("Your skin", 1, hasMesh, `${choice?.label} recovers no mesh to lay over your hand`);
    meter.reset();
}

function showMesh(kind: HandMeshKind): void {
    behaviour.handMesh = kind;
    behaviour.hands.forEach(castShadow);
}

function castShadow({ rig, meshHand }: TrackedHand): void {
    for (const shown of [rig, meshHand]) {
        if (shown) {
            world.studio.shadows.addShadowCaster(shown.mesh);
        }
    }
}

function enter(level: number): void {
    world.load(LEVELS[level]);
    panel.press("Level", level);
    panel.say(LEVELS[level].hint);
}

async function use(source: FrameSource | HandSource, title: string, text: string, distance: number): Promise<void> {
    const mine = ++generation;
    panel.press("Source", SOURCES.indexOf(title));
    panel.showSource("starting…");
    behaviour.facingDistance = distance;
    behaviour.view = title === "Mouse" ? "camera" : view;
    picture = "video" in source ? source.video : null;
    inset.isShown = title !== "Mouse";
    await behaviour.setSourceAsync(source);
    if (mine === generation) {
        panel.showSource(text);
    }
}

async function useCamera(): Promise<void> {
    pictureOf = null;
    try {
        await use(
            new WebcamSource({ fieldOfView: Number(parameters.get("fieldOfView")) || undefined }),
            "Camera",
            "Your camera, mirrored. It stays on this page.",
            WEBCAM_DISTANCE
        );
        panel.say(null);
    } catch (error) {
        panel.say(`${(error as Error).message} Until then, a clip of a hand plays; the mouse can be one, too.`);
        await useClip();
    }
}

async function useClip(): Promise<void> {
    const clip = await loadClipDescription();
    pictureOf = null;
    world.reset();
    if (parameters.get("clip") === "frames") {
        const frames = Math.min(Number(parameters.get("frames")) || clip.frames, clip.frames);
        const { source, images } = await createClipSequence(clip, frames);
        pictureOf = (timeMs) => images[Math.round((timeMs * clip.framesPerSecond) / 1000) % images.length];
        log.follow(source, frames, 1000 / clip.framesPerSecond, parameters.has("snapshots"));
        await use(source, "Clip", "Sample clip of a real hand, frame by frame, mirrored", CLIP_DISTANCE);
    } else {
        const source = createClipSource(clip);
        // The hand of the clip finds its things where they were the first time.
        onClipRestart(source, () => world.reset());
        await use(source, "Clip", "Sample clip of a real hand, mirrored", CLIP_DISTANCE);
    }
}

async function useMouse(): Promise<void> {
    pictureOf = null;
    await use(
        new MouseHandSource({ element: canvas, fieldOfView: world.camera.fov }),
        "Mouse",
        "The mouse is a hand: left button pinches, with Shift it grabs, right button points, the wheel reaches.",
        WEBCAM_DISTANCE
    );
}

behaviour.onProgressObservable.add(({ loadedBytes, totalBytes }) =>
    (chooser.isLoading ? chooser : panel).showProgress(loadedBytes, totalBytes)
);
behaviour.onFrameObservable.add((result) => meter.add(result));
behaviour.onErrorObservable.add((error) => panel.say(error.message));
behaviour.onFrameObservable.add((result) => inset.draw(result, pictureOf?.(result.timeMs) ?? picture));
behaviour.onHandFoundObservable.add(castShadow);

engine.runRenderLoop(() => {
    if (!log.isStepping) {
        quality.draw(() => world.scene.render());
    }
});
window.addEventListener("resize", () => engine.resize());
world.scene.onAfterRenderObservable.add(() => world.rescue());
setInterval(() => {
    panel.show(engine.getFps(), behaviour.state, behaviour.stats, behaviour.hands);
    panel.showCost(meter.medianMs, behaviour.stats, behaviour.hands);
}, PANEL_MS);

world.camera.addBehavior(behaviour, true);
try {
    await behaviour.readyPromise;
    panel.endProgress();
    await (parameters.has("clip") ? useClip() : parameters.has("mouse") ? useMouse() : useCamera());
} catch (error) {
    panel.endProgress();
    panel.say((error as Error).message);
}
