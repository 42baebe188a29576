// A scene with one hand and a tray of bodies: what tracking costs the page's thread, and whether the picture keeps its rate.

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
import type { SceneFigures, TrackingMode } from "./report";
import { spread } from "./statistics";

const BODY_SIZE = 0.03;
const TRAY = 0.4;
/** Boxes of one row of the tray, and rows of one layer. */
const ROW = 6;
const ROWS = 5;
const CLIP_DISTANCE = 1.15;
/** Rendered frames before the measurement: shaders compile, boxes come to rest. */
const WARM_UP_FRAMES = 60;

/** What is measured, and for how long. */
export interface SceneOptions {
    bodies: number;
    mode: TrackingMode;
    recoverer: string;
    seconds: number;
}

/** What is measured of one scene in one turn; turns are joined by `sceneFigures`. */
export interface SceneTurn {
    /** Between two rendered frames, ms. */
    intervals: number[];
    /** Our code in the page's thread, ms a rendered frame. */
    costs: number[];
    /** Camera frames with a hand. */
    hands: number;
}

export async function measureSceneAsync(
    canvas: HTMLCanvasElement,
    clip: ClipDescription,
    { bodies, mode, recoverer, seconds }: SceneOptions
): Promise<SceneTurn> {
    const meter = new MainThreadMeter();
    meter.watchWorkers();
    meter.watchVideos();
    const engine = new Engine(canvas, false);
    const scene = new Scene(engine);
    const camera = new FreeCamera("camera", Vector3.Zero(), scene);
    camera.minZ = 0.01;
    new HemisphericLight("light", Vector3.Up(), scene);
    scene.enablePhysics(undefined, new HavokPlugin(true, await HavokPhysics()));
    fillTray(scene, bodies);
    meter.watchScene(scene);
    const source = createClipSource(clip);
    let hands = 0;
    let behaviour: HandTrackingBehavior | null = null;
    if (mode !== "none") {
        behaviour = HandTrackingBehavior.attachToScene(scene, {
            source,
            recoverer,
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
    behaviour?.dispose();
    source.dispose();
    meter.dispose();
    scene.dispose();
    engine.dispose();
    return { intervals, costs, hands };
}

/** Joins turns. */
export function sceneFigures(bodies: number, mode: TrackingMode, turns: readonly SceneTurn[]): SceneFigures {
    const intervals = turns.flatMap((turn) => turn.intervals);
    const costs = turns.flatMap((turn) => turn.costs);
    const seconds = intervals.reduce((a, b) => a + b, 0) / 1000;
    return {
        bodies,
        mode,
        framesPerSecond: intervals.length / seconds,
        intervalMs: spread(intervals),
        oursMs: mode === "page" ? null : spread(costs),
        handsPerSecond: turns.reduce((sum, { hands }) => sum + hands, 0) / seconds,
    };
}

/** A tray of boxes where the clip's hand moves. */
function fillTray(scene: Scene, bodies: number): void {
    const floor = CreateBox("tray", { width: TRAY, depth: TRAY, height: 0.02 }, scene);
    floor.position.set(0, -0.1, 0.45);
    new PhysicsAggregate(floor, PhysicsShapeType.BOX, { mass: 0 }, scene);
    for (let i = 0; i < bodies; i++) {
        const box = CreateBox("box", { size: BODY_SIZE }, scene);
        box.position.set(
            (((i % ROW) - (ROW - 1) / 2) / ROW) * TRAY * 0.8,
            -0.07 + 0.002 * i + BODY_SIZE * Math.floor(i / (ROW * ROWS)),
            0.45 + (((Math.floor(i / ROW) % ROWS) - (ROWS - 1) / 2) / ROWS) * TRAY * 0.8
        );
        new PhysicsAggregate(box, PhysicsShapeType.BOX, { mass: 0.05 }, scene);
    }
}
