// The pipelines side by side: each takes the same pictures from the same canvas, one at a time.

import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Scene } from "@babylonjs/core/scene";
import { HandTrackingBehavior, type HandTrackingOptions } from "../../src/index";
import { FedSource } from "./fedSource";
import { MainThreadMeter } from "./mainThreadMeter";

const FRAME_MS = 1000 / 30;
const MEDIAPIPE_FOLDER = "/mediapipe/";

/** One frame's cost and result. */
export interface FrameFigures {
    /** From the picture in the canvas to the hand, ms. */
    ms: number;
    /** Part of it in which the page's thread can do nothing else, ms. */
    blockingMs: number;
    /** 21 x (u, v), px; null where no hand was found. */
    keypointsPx: number[] | null;
}

/** What is compared. */
export interface Contender {
    readonly name: string;
    /** Loads everything. */
    startAsync(): Promise<void>;
    /** @param index counts on for ever */
    processAsync(canvas: HTMLCanvasElement, index: number): Promise<FrameFigures>;
    dispose(): void;
    /** A sentence on how it runs, once it does. */
    describe(): string;
}

/** This plugin, through its public behaviour, worker and all. */
export class OurPipeline implements Contender {
    private readonly _meter = new MainThreadMeter();
    private readonly _source: FedSource;
    private readonly _scene: Scene;
    private readonly _engine = new NullEngine();
    private readonly _behaviour: HandTrackingBehavior;
    private _keypointsPx: number[] | null = null;

    public constructor(
        public readonly name: string,
        intrinsics: { fx: number; fy: number; cx: number; cy: number },
        options: HandTrackingOptions
    ) {
        this._source = new FedSource(intrinsics);
        this._scene = new Scene(this._engine);
        new FreeCamera("camera", Vector3.Zero(), this._scene);
        this._behaviour = new HandTrackingBehavior({
            source: this._source,
            modelBaseUrl: "/models/",
            recoverer: "mediapipe", // what the other runtime has
            maxHands: 1,
            rig: false,
            ...options,
        });
        this._behaviour.onFrameObservable.add(({ count }) => {
            const [hand] = this._behaviour.hands;
            this._keypointsPx = count > 0 && hand ? [...hand.capturedState.keypointsPx] : null;
        });
    }

    public async startAsync(): Promise<void> {
        this._meter.watchWorkers();
        this._scene.activeCamera!.addBehavior(this._behaviour);
        await this._behaviour.readyPromise;
    }

    public async processAsync(canvas: HTMLCanvasElement, index: number): Promise<FrameFigures> {
        this._meter.lap();
        const start = performance.now();
        const image = await createImageBitmap(canvas);
        let done = Promise.resolve();
        this._meter.wrap(() => (done = this._source.feedAsync(image, index * FRAME_MS)))();
        await done;
        return { ms: performance.now() - start, blockingMs: this._meter.lap(), keypointsPx: this._keypointsPx };
    }

    public describe(): string {
        const { stats } = this._behaviour;
        return stats ? `${stats.backend}, ${stats.threads} threads. ${stats.reason}` : "not started";
    }

    public dispose(): void {
        this._meter.dispose();
        this._behaviour.dispose();
        this._scene.dispose();
        this._engine.dispose();
    }
}

/** MediaPipe's own, as its documentation has it: `detectForVideo` in the page's thread, CPU delegate. */
export class MediaPipePipeline implements Contender {
    public readonly name = "@mediapipe/tasks-vision";
    private _landmarker: { detectForVideo: DetectForVideo; close: () => void } | null = null;

    public async startAsync(): Promise<void> {
        const { FilesetResolver, HandLandmarker } = await import("@mediapipe/tasks-vision");
        const files = await FilesetResolver.forVisionTasks(`${MEDIAPIPE_FOLDER}wasm`);
        this._landmarker = await HandLandmarker.createFromOptions(files, {
            baseOptions: { modelAssetPath: `${MEDIAPIPE_FOLDER}hand_landmarker.task`, delegate: "CPU" },
            runningMode: "VIDEO",
            numHands: 1,
        });
    }

    public async processAsync(canvas: HTMLCanvasElement, index: number): Promise<FrameFigures> {
        const start = performance.now();
        const { landmarks } = this._landmarker!.detectForVideo(canvas, index * FRAME_MS);
        const ms = performance.now() - start;
        const [hand] = landmarks;
        const keypointsPx = hand ? hand.flatMap(({ x, y }) => [x * canvas.width, y * canvas.height]) : null;
        return { ms, blockingMs: ms, keypointsPx };
    }

    public describe(): string {
        return "WASM in the page's thread, XNNPACK";
    }

    public dispose(): void {
        this._landmarker?.close();
    }
}

type DetectForVideo = (canvas: HTMLCanvasElement, timeMs: number) => { landmarks: { x: number; y: number }[][] };
