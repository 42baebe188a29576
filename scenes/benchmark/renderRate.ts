// A scene with one hand and 30 bodies: what tracking costs the page's thread, and whether the picture keeps its rate.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsAggregate } from "@babylonjs/core/Physics/v2/physicsAggregate";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import HavokPhysics from "@babylonjs/havok";
import { HandTrackingBehavior } from "../../src/index";
import { createClipSource, type ClipDescription } from "../sandbox/clip";
import { MainThreadMeter } from "./mainThreadMeter";
import { median, percentile } from "./statistics";

const BODIES = 30;
const BODY_SIZE = 0.03;
const TRAY = 0.4;
const CLIP_DISTANCE = 1.15;
/** Rendered frames before the measurement: shaders compile, boxes come to rest. */
const WARM_UP_FRAMES = 60;

/** How tracking runs beside the picture. */
export type TrackingMode = "none" | "worker" | "page";

export interface SceneFigures {
    mode: TrackingMode;
    framesPerSecond: number;
    /** Longest interval but the worst 5 %, ms. */
    intervalP95Ms: number;
    /** Our code in the page's thread, ms a rendered frame; null where networks run in it too. */
    ours: { medianMs: number; p95Ms: number } | null;
    /** Camera frames a second with a hand. */
    handsPerSecond: number;
}

export async function measureSceneAsync(
    canvas: HTMLCanvasElement,
    clip: ClipDescription,
    mode: TrackingMode,
    seconds: number
): Promise<SceneFigures> {
    const meter = new MainThreadMeter();
    meter.watchWorkers();
    meter.watchVideos();
    const engine = new Engine(canvas, false);
    const scene = new Scene(engine);
    const camera = new FreeCamera("camera", Vector3.Zero(), scene);
    camera.minZ = 0.01;
    new HemisphericLight("light", Vector3.Up(), scene);
    scene.enablePhysics(undefined, new HavokPlugin(true, await HavokPhysics()));
    fillTray(scene);
    meter.watchScene(scene);
    const source = createClipSource(clip);
    let hands = 0;
    let behaviour: HandTrackingBehavior | null = null;
    if (mode !== "none") {
        behaviour = HandTrackingBehavior.attachToScene(scene, {
            source,
            modelBaseUrl: "/models/",
            backend: "wasm",
            worker: mode === "worker",
            facingDistance: CLIP_DISTANCE,
            maxHands: 1,
        });
        behaviour.onFrameObservable.add(({ count }) => (hands += count > 0 ? 1 : 0));
        await behaviour.readyPromise;
    }
    const intervals: number[] = [];
    const costs: number[] = [];
    let startMs = NaN;
    await new Promise<void>((resolve) => {
        let last = NaN;
        let frame = 0;
        engine.runRenderLoop(() => {
            scene.render();
            const now = performance.now();
            const cost = meter.lap();
            if (++frame === WARM_UP_FRAMES) {
                startMs = now;
                hands = 0;
            } else if (frame > WARM_UP_FRAMES) {
                intervals.push(now - last);
                costs.push(cost);
            }
            last = now;
            if (now - startMs > seconds * 1000) {
                engine.stopRenderLoop();
                resolve();
            }
        });
    });
    const figures: SceneFigures = {
        mode,
        framesPerSecond: (1000 * intervals.length) / intervals.reduce((a, b) => a + b, 0),
        intervalP95Ms: percentile(intervals, 0.95),
        ours: mode === "page" ? null : { medianMs: median(costs), p95Ms: percentile(costs, 0.95) },
        handsPerSecond: hands / seconds,
    };
    behaviour?.dispose();
    source.dispose();
    meter.dispose();
    scene.dispose();
    engine.dispose();
    return figures;
}

/** A tray of boxes where the clip's hand moves. */
function fillTray(scene: Scene): void {
    const floor = CreateBox("tray", { width: TRAY, depth: TRAY, height: 0.02 }, scene);
    floor.position.set(0, -0.1, 0.45);
    new PhysicsAggregate(floor, PhysicsShapeType.BOX, { mass: 0 }, scene);
    for (let i = 0; i < BODIES; i++) {
        const box = CreateBox("box", { size: BODY_SIZE }, scene);
        box.position.set(
            (((i % 6) - 2.5) / 6) * TRAY * 0.8,
            -0.07 + 0.002 * i,
            0.45 + ((Math.floor(i / 6) - 2) / 5) * TRAY * 0.8
        );
        new PhysicsAggregate(box, PhysicsShapeType.BOX, { mass: 0.05 }, scene);
    }
}
