// MediaPipe's hand trackers for comparison: runtimes from npm, networks of tasks-vision from the PyPI wheel, packed as it wants them.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";

/** Where it all lies; the scenes' server serves it as /mediapipe/. */
export const MEDIAPIPE_FOLDER = ".cache/mediapipe";
const PACKAGES = "node_modules/@mediapipe";
const WHEEL = "mediapipe==0.10.14";

const PALM_DETECTION = "mediapipe/modules/palm_detection/palm_detection_full.tflite";
const landmarks = (variant: "full" | "lite"): string =>
    `mediapipe/modules/hand_landmark/hand_landmark_${variant}.tflite`;
/** For each .task file: names inside it, and where the wheel has them. */
const TASKS: Record<string, Record<string, string>> = {
    "hand_landmarker.task": {
        "hand_detector.tflite": PALM_DETECTION,
        "hand_landmarks_detector.tflite": landmarks("full"),
    },
    "hand_landmarker_lite.task": {
        "hand_detector.tflite": PALM_DETECTION,
        "hand_landmarks_detector.tflite": landmarks("lite"),
    },
};

/**
 * Makes .cache/mediapipe with both runtimes (`wasm` of tasks-vision, `hands` the older package) and the .task files.
 * @throws Error that says what to do where the wheel cannot be had
 */
export function fetchMediaPipe(): void {
    cpSync(join(PACKAGES, "tasks-vision/wasm"), join(MEDIAPIPE_FOLDER, "wasm"), { recursive: true });
    cpSync(join(PACKAGES, "hands"), join(MEDIAPIPE_FOLDER, "hands"), { recursive: true });
    const missing = Object.keys(TASKS).filter((name) => !existsSync(join(MEDIAPIPE_FOLDER, name)));
    if (missing.length === 0) {
        return;
    }
    const wanted = new Set(missing.flatMap((task) => Object.values(TASKS[task])));
    const wheel = unzipSync(readWheel(), { filter: ({ name }) => wanted.has(name) });
    for (const task of missing) {
        const files = Object.fromEntries(Object.entries(TASKS[task]).map(([name, path]) => [name, wheel[path]]));
        // MediaPipe maps the networks in place: they must not be compressed.
        writeFileSync(join(MEDIAPIPE_FOLDER, task), zipSync(files, { level: 0 }));
    }
}

function readWheel(): Uint8Array {
    if (process.env.MEDIAPIPE_WHEEL) {
        return readFileSync(process.env.MEDIAPIPE_WHEEL);
    }
    const folder = join(MEDIAPIPE_FOLDER, "wheel");
    mkdirSync(folder, { recursive: true });
    try {
        execFileSync(
            "python3",
            [
                ...["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", WHEEL, "--dest", folder],
                ...["--platform", "manylinux_2_17_x86_64", "--python-version", "3.11"],
            ],
            { stdio: "inherit" }
        );
        return readFileSync(
            join(
                folder,
                readdirSync(folder).find((name) => name.endsWith(".whl"))!
            )
        );
    } catch (cause) {
        throw new Error(
            `The wheel ${WHEEL} could not be fetched with python3 -m pip. Download it from PyPI and set MEDIAPIPE_WHEEL to its path.`,
            { cause }
        );
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
