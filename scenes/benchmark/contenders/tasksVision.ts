// @mediapipe/tasks-vision as its documentation has it: `detectForVideo` in the page's thread.

import type { HandLandmarker } from "@mediapipe/tasks-vision";
import { FRAME_MS, toPixels, type Contender, type Processed } from "./contender";
import { createHandLandmarkerAsync, type TasksVisionOptions } from "./tasksVisionFiles";

export class TasksVisionContender implements Contender {
    private _landmarker: HandLandmarker | null = null;
    private _timeMs = 0;

    public constructor(private readonly _options: TasksVisionOptions) {}

    public async startAsync(): Promise<void> {
        this._landmarker = await createHandLandmarkerAsync(this._options, false);
    }

    public processAsync(canvas: HTMLCanvasElement): Promise<Processed> {
        this._timeMs += FRAME_MS;
        const start = performance.now();
        const { landmarks } = this._landmarker!.detectForVideo(canvas, this._timeMs);
        const ms = performance.now() - start;
        return Promise.resolve({ ms, blockingMs: ms, hands: toPixels(landmarks, canvas.width, canvas.height) });
    }

    public describe(): string {
        return `in the page's thread, ${this._options.delegate} delegate`;
    }

    public dispose(): void {
        this._landmarker?.close();
    }
}
