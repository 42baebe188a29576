// MediaPipe's hand landmarker for comparison: runtime from npm, networks from the PyPI wheel, packed as it wants them.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";

const FOLDER = ".cache/mediapipe";
const WHEEL = "mediapipe==0.10.14";
/** Names inside the .task file, and where the wheel has them. */
const NETWORKS = {
    "hand_detector.tflite": "mediapipe/modules/palm_detection/palm_detection_full.tflite",
    "hand_landmarks_detector.tflite": "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
};

/**
 * Makes .cache/mediapipe with the runtime and hand_landmarker.task.
 * @throws Error that says what to do where the wheel cannot be had
 */
export function fetchMediaPipe(): void {
    cpSync("node_modules/@mediapipe/tasks-vision/wasm", join(FOLDER, "wasm"), { recursive: true });
    const task = join(FOLDER, "hand_landmarker.task");
    if (existsSync(task)) {
        return;
    }
    const wheel = unzipSync(readWheel(), { filter: ({ name }) => Object.values(NETWORKS).includes(name) });
    const files = Object.fromEntries(Object.entries(NETWORKS).map(([name, path]) => [name, wheel[path]]));
    // MediaPipe maps the networks in place: they must not be compressed.
    writeFileSync(task, zipSync(files, { level: 0 }));
}

function readWheel(): Uint8Array {
    if (process.env.MEDIAPIPE_WHEEL) {
        return readFileSync(process.env.MEDIAPIPE_WHEEL);
    }
    const folder = join(FOLDER, "wheel");
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
