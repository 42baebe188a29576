// The sandbox's things on the user's own table: in a headset's passthrough, or before a webcam as in a mirror. Real hands hide what
// is behind them, and cast shadows.
//
// ?mode=immersive-ar|immersive-vr|mirror chooses; else the first of them that the browser has. ?clip plays the sample clip in the
// mirror. ?backend=wasm|webgpu, ?fieldOfView=RADIANS of the webcam.

import { Engine } from "@babylonjs/core/Engines/engine";
import type { WebXRDefaultExperience } from "@babylonjs/core/XR/webXRDefaultExperience";
import { WebXRState } from "@babylonjs/core/XR/webXRTypes";
import HavokPhysics from "@babylonjs/havok";
import {
    HandTrackingBehavior,
    WebcamSource,
    WebXRPhysicsHands,
    type FrameSource,
    type HandTrackingOptions,
    type VideoSource,
} from "../../src/index";
import { createClipSource, loadClipDescription } from "../sandbox/clip";
import { LEVELS } from "../sandbox/levels";
import { World } from "../sandbox/world";
import { createBareExperience } from "./experience";
import { HeldPicture } from "./heldPicture";
import { matchCamera } from "./mirrorView";
import { DESK_HEIGHT, placeTable, raiseTable, TableTouch } from "./placement";
import { BareTable } from "./room";

type Mode = "immersive-ar" | "immersive-vr" | "mirror";
const MODES: readonly Mode[] = ["immersive-ar", "immersive-vr", "mirror"];
const TITLES: Record<Mode, string> = {
    "immersive-ar": "This headset shows your own room: lay both hands flat on your table, and things stand on it.",
    "immersive-vr": "This headset shows a room of its own.",
    mirror: "No headset here: your webcam is a mirror.",
};
/** How far hands are from a webcam on a desk, and in the sample clip, metres. */
const WEBCAM_DISTANCE = 0.5;
const CLIP_DISTANCE = 0.75;

const parameters = new URLSearchParams(location.search);
const byId = (id: string): HTMLElement => document.getElementById(id)!;
const canvas = byId("scene") as HTMLCanvasElement;
const say = (text: string): void => void (byId("message").textContent = text);

const engine = new Engine(canvas, true, { stencil: true, alpha: true, premultipliedAlpha: true });
const world = new World(engine, await HavokPhysics());
world.load(LEVELS[0]);
const table = new BareTable(world);
const options: HandTrackingOptions = {
    modelBaseUrl: "/models/",
    backend: (parameters.get("backend") as HandTrackingOptions["backend"]) ?? "auto",
};

/** What tests look at. */
const api = {
    world,
    mode: null as Mode | null,
    behavior: null as HandTrackingBehavior | null,
    xr: null as WebXRDefaultExperience | null,
    tableHeight: DESK_HEIGHT,
};
declare global {
    interface Window {
        __passthrough: typeof api;
    }
}
window.__passthrough = api;

function listen(behavior: HandTrackingBehavior): void {
    behavior.onHandFoundObservable.add((hand) => table.castShadow(hand));
    behavior.onErrorObservable.add((error) => say(error.message));
}

async function chooseMode(): Promise<Mode> {
    const asked = parameters.get("mode") as Mode | null;
    if (asked && MODES.includes(asked)) {
        return asked;
    }
    for (const mode of ["immersive-ar", "immersive-vr"] as const) {
        // Some browsers ask for a permission, or have none to give.
        if (await navigator.xr?.isSessionSupported(mode).catch(() => false)) {
            return mode;
        }
    }
    return "mirror";
}

async function offerSession(mode: "immersive-ar" | "immersive-vr"): Promise<void> {
    const xr = await createBareExperience(world.scene);
    const { baseExperience } = xr;
    const { sessionManager } = baseExperience;
    const isReal = mode === "immersive-ar";
    const feature = WebXRPhysicsHands.EnableOn(baseExperience, { ...options, rig: isReal ? "occluder" : "skin" });
    listen(feature.behavior);
    api.xr = xr;
    api.behavior = feature.behavior;
    const touch = new TableTouch();
    baseExperience.onStateChangedObservable.add((state) => {
        table.setReal(isReal && state === WebXRState.IN_XR);
        if (state === WebXRState.IN_XR) {
            sessionManager.onXRFrameObservable.addOnce((frame) => placeTable(sessionManager, frame, api.tableHeight));
        }
    });
    sessionManager.onXRFrameObservable.add(() => {
        const height = isReal ? touch.update(feature.behavior.hands, sessionManager.currentTimestamp, 1) : null;
        if (height !== null) {
            api.tableHeight += height;
            raiseTable(sessionManager, height);
        }
    });
    const button = byId("enter");
    button.textContent = isReal ? "Enter passthrough" : "Enter VR";
    button.hidden = byId("mirror").hidden = false;
    button.onclick = () => {
        baseExperience
            .enterXRAsync(mode, "local-floor")
            .catch((error: unknown) => say(`The session could not be started: ${String(error)}`));
    };
    byId("mirror").onclick = () => {
        xr.dispose();
        void showMirror();
    };
}

async function showMirror(): Promise<void> {
    api.mode = "mirror";
    byId("mode").textContent = TITLES.mirror;
    byId("enter").hidden = byId("mirror").hidden = true;
    const behavior = new HandTrackingBehavior({
        ...options,
        source: idleSource(),
        view: "mirror",
        rig: "occluder",
        handMesh: "recovered",
    });
    api.behavior = behavior;
    listen(behavior);
    table.setReal(true);
    world.camera.addBehavior(behavior, true);
    if (!parameters.has("clip")) {
        try {
            const fieldOfView = Number(parameters.get("fieldOfView")) || undefined;
            await show(behavior, new WebcamSource({ fieldOfView }), fieldOfView, WEBCAM_DISTANCE);
            return;
        } catch (error) {
            say(`${(error as Error).message} Until then, a clip of a hand plays.`);
        }
    }
    const clip = await loadClipDescription();
    await show(behavior, createClipSource(clip), clip.fieldOfView, CLIP_DISTANCE);
}

/** Nothing yet: models load meanwhile. */
function idleSource(): FrameSource {
    return { onFrame: null, onError: null, video: null, startAsync: async () => {}, stop: () => {}, dispose: () => {} };
}

async function show(
    behavior: HandTrackingBehavior,
    source: WebcamSource | VideoSource,
    fieldOfView: number | undefined,
    distance: number
): Promise<void> {
    const picture = byId("picture") as HTMLCanvasElement;
    await behavior.setSourceAsync(new HeldPicture(source, picture));
    const { videoWidth: width, videoHeight: height } = source.video;
    const match = (): void => matchCamera(world.camera, canvas, { width, height }, fieldOfView, distance);
    match();
    window.addEventListener("resize", match);
}

engine.runRenderLoop(() => world.scene.render());
window.addEventListener("resize", () => engine.resize());
world.scene.onAfterRenderObservable.add(() => world.rescue());

const mode = await chooseMode();
api.mode = mode;
byId("mode").textContent = TITLES[mode];
try {
    await (mode === "mirror" ? showMirror() : offerSession(mode));
} catch (error) {
    say((error as Error).message);
}
