// This plugin, through its public behaviour, worker and all.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Scene } from "@babylonjs/core/scene";
import type { HandTrackingBehavior } from "../../../src/index";
import { FedSource } from "../fedSource";
import { MainThreadMeter } from "../mainThreadMeter";
import { FRAME_MS, type Contender, type ContenderOptions, type Processed } from "./contender";

/** Of a millisecond. */
const MICROSECONDS = 1000;

/** The behaviour on a scene that nobody sees, fed with pictures. */
export class OurContender implements Contender {
    private readonly _meter = new MainThreadMeter();
    private readonly _engine = new NullEngine();
    private readonly _scene = new Scene(this._engine);
    private readonly _source: FedSource;
    private _behaviour: HandTrackingBehavior | null = null;
    private _hands: number[][] = [];
    private _timeMs = 0;

    public constructor(
        private readonly _recoverer: string,
        private readonly _options: ContenderOptions
    ) {
        this._source = new FedSource(_options.focalPx);
        this._scene.activeCamera = new FreeCamera("camera", Vector3.Zero(), this._scene);
    }

    public async startAsync(): Promise<void> {
        // Loaded here, not with the page: it belongs to the start, as everybody's code does.
        const { createHandObservation, HandTrackingBehavior, OBSERVATION_LENGTH, unpackObservation } =
            await import("./plugin");
        const observation = createHandObservation();
        this._meter.watchWorkers();
        const behaviour = HandTrackingBehavior.attachToScene(this._scene, {
            source: this._source,
            recoverer: this._recoverer,
            modelBaseUrl: "/models/",
            backend: this._options.mayUseGpu ? "auto" : "wasm",
            maxHands: this._options.maxHands,
            rig: false,
        });
        this._behaviour = behaviour;
        behaviour.onFrameObservable.add(({ count, buffer, timeMs }) => {
            this._hands = Array.from({ length: count }, (_, i) => {
                unpackObservation(buffer, i * OBSERVATION_LENGTH, timeMs, observation);
                return [...observation.keypointsPx];
            });
        });
        await behaviour.readyPromise;
        // Workers of others are none of its business.
        this._meter.dispose();
    }

    public async processAsync(canvas: HTMLCanvasElement): Promise<Processed> {
        this._meter.lap();
        this._timeMs += FRAME_MS;
        const start = performance.now();
        // As a webcam's frames come.
        const image = this._meter.time(() => new VideoFrame(canvas, { timestamp: this._timeMs * MICROSECONDS }));
        await this._meter.time(() => this._source.feedAsync(image, this._timeMs));
        return { ms: performance.now() - start, blockingMs: this._meter.lap(), hands: this._hands };
    }

    public describe(): string {
        const stats = this._behaviour?.stats;
        if (!stats) {
            return "not started";
        }
        const { backend, threads, reason } = stats;
        const where = `in a worker, ${backend}, ${threads} thread${threads === 1 ? "" : "s"}`;
        return this._options.mayUseGpu ? `${where}: ${reason}` : where;
    }

    public dispose(): void {
        this._behaviour?.dispose();
        this._scene.dispose();
        this._engine.dispose();
    }
}
