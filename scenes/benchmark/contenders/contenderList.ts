// All contenders by name, and which of them this server has the files of.

import { RECOVERER_NAMES } from "../../../src/recovery/recovererNames";
import type { ContenderEntry } from "./contender";
import { LEGACY_FILES, LegacyHandsContender } from "./legacyHands";
import { OurContender } from "./ours";
import { TasksVisionContender } from "./tasksVision";
import { tasksVisionFiles, type LandmarkVariant } from "./tasksVisionFiles";
import { TasksVisionWorkerContender } from "./tasksVisionWorker";

/** What the others are divided by. */
export const REFERENCE = "tasks-vision full";

function tasksVision(variant: LandmarkVariant, inWorker: boolean): ContenderEntry {
    const Made = inWorker ? TasksVisionWorkerContender : TasksVisionContender;
    return {
        name: `tasks-vision ${variant}${inWorker ? ", worker" : ""}`,
        files: tasksVisionFiles(variant),
        isTwin: inWorker,
        create: ({ maxHands, mayUseGpu }) => new Made({ variant, maxHands, delegate: mayUseGpu ? "GPU" : "CPU" }),
    };
}

/**
 * Ours first, then the others.
 * @throws Error where a recoverer is asked for that this plugin does not have
 */
export function listContenders(recoverers: readonly string[]): ContenderEntry[] {
    const unknown = recoverers.filter((name) => !(RECOVERER_NAMES as readonly string[]).includes(name));
    if (unknown.length > 0) {
        throw new Error(`No recoverer is called ${unknown.join(", ")}; there are ${RECOVERER_NAMES.join(", ")}.`);
    }
    return [
        ...recoverers.map((recoverer): ContenderEntry => ({
            name: `ours, ${recoverer}`,
            files: [`/models/${recoverer}.json`],
            create: (options) => new OurContender(recoverer, options),
        })),
        tasksVision("full", false),
        tasksVision("full", true),
        tasksVision("lite", false),
        tasksVision("lite", true),
        { name: "@mediapipe/hands", files: LEGACY_FILES, create: (options) => new LegacyHandsContender(options) },
    ];
}

/** Why a contender can't run here; null where it can. */
export async function whyUnavailableAsync({ files }: ContenderEntry): Promise<string | null> {
    for (const file of files) {
        const { ok, headers } = await fetch(file, { method: "HEAD" });
        // Servers of single-page sites answer what they do not have with a page.
        if (!ok || headers.get("content-type")?.startsWith("text/html")) {
            return `${file} is not served here; npm run benchmark fetches MediaPipe's files`;
        }
    }
    return null;
}
