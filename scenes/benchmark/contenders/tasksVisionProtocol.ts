// What the page and MediaPipe's worker say to each other.

import type { NormalizedPoint } from "./contender";
import type { TasksVisionOptions } from "./tasksVisionFiles";

export type ToTasksVision =
    { type: "start"; options: TasksVisionOptions } | { type: "frame"; image: ImageBitmap; timeMs: number };

export type FromTasksVision =
    { type: "started" } | { type: "result"; landmarks: NormalizedPoint[][] } | { type: "error"; message: string };
