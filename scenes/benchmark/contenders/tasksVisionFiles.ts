// @mediapipe/tasks-vision as its documentation starts it, in a page or in a worker.

import type { HandLandmarker } from "@mediapipe/tasks-vision";

/** Which landmark network; the palm detector is the same. */
export type LandmarkVariant = "full" | "lite";

/** What the landmarker is made with. */
export interface TasksVisionOptions {
    variant: LandmarkVariant;
    maxHands: number;
    delegate: "CPU" | "GPU";
}

const FOLDER = "/mediapipe/";
const TASKS: Record<LandmarkVariant, string> = {
    full: `${FOLDER}hand_landmarker.task`,
    lite: `${FOLDER}hand_landmarker_lite.task`,
};

/** Files that have to be there. */
export function tasksVisionFiles(variant: LandmarkVariant): string[] {
    return [`${FOLDER}wasm/vision_wasm_internal.wasm`, TASKS[variant]];
}

/** @param inModule whether it runs in a module worker, which can't `importScripts` */
export async function createHandLandmarkerAsync(
    { variant, maxHands, delegate }: TasksVisionOptions,
    inModule: boolean
): Promise<HandLandmarker> {
    const { FilesetResolver, HandLandmarker } = await import("@mediapipe/tasks-vision");
    return HandLandmarker.createFromOptions(await FilesetResolver.forVisionTasks(`${FOLDER}wasm`, inModule), {
        baseOptions: { modelAssetPath: TASKS[variant], delegate },
        runningMode: "VIDEO",
        numHands: maxHands,
    });
}
