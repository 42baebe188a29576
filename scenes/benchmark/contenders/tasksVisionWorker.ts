// @mediapipe/tasks-vision in a module worker of its own: what a careful application makes of it.

import { MainThreadMeter } from "../mainThreadMeter";
import { FRAME_MS, toPixels, type Contender, type NormalizedPoint, type Processed } from "./contender";
import type { TasksVisionOptions } from "./tasksVisionFiles";
import type { FromTasksVision, ToTasksVision } from "./tasksVisionProtocol";

export class TasksVisionWorkerContender implements Contender {
    private readonly _meter = new MainThreadMeter();
    private _worker: Worker | null = null;
    private _answer: { resolve: (landmarks: NormalizedPoint[][]) => void; reject: (error: Error) => void } | null =
        null;
    private _timeMs = 0;

    public constructor(private readonly _options: TasksVisionOptions) {}

    public async startAsync(): Promise<void> {
        this._worker = new Worker(new URL("./tasksVisionThread.ts", import.meta.url), {
            type: "module",
            name: "tasks-vision",
        });
        this._worker.onmessage = this._meter.wrap(({ data }: MessageEvent<FromTasksVision>) => this._receive(data));
        this._worker.onerror = ({ message }) =>
            this._answer?.reject(new Error(`The worker of tasks-vision failed: ${message}`));
        await this._askAsync({ type: "start", options: this._options });
    }

    public async processAsync(canvas: HTMLCanvasElement): Promise<Processed> {
        const { width, height } = canvas;
        this._meter.lap();
        this._timeMs += FRAME_MS;
        const start = performance.now();
        const image = await this._meter.time(() => createImageBitmap(canvas));
        const landmarks = await this._meter.time(() =>
            this._askAsync({ type: "frame", image, timeMs: this._timeMs }, [image])
        );
        const ms = performance.now() - start;
        return { ms, blockingMs: this._meter.lap(), hands: toPixels(landmarks, width, height) };
    }

    public describe(): string {
        return `in a module worker, ${this._options.delegate} delegate`;
    }

    public dispose(): void {
        this._worker?.terminate();
    }

    private _askAsync(message: ToTasksVision, transfer: Transferable[] = []): Promise<NormalizedPoint[][]> {
        return new Promise((resolve, reject) => {
            this._answer = { resolve, reject };
            this._worker!.postMessage(message, transfer);
        });
    }

    private _receive(message: FromTasksVision): void {
        if (message.type === "error") {
            this._answer?.reject(new Error(message.message));
        } else {
            this._answer?.resolve(message.type === "result" ? message.landmarks : []);
        }
    }
}
