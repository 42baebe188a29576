// Runs the pipeline over an evaluation set as the plugin would run it over a video.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCropWindow } from "../../src/camera/cropWindow";
import { registerPoints } from "../../src/camera/registration";
import { HandTrackingError } from "../../src/errors";
import { KEYPOINT_COUNT } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import { CpuPictureNetwork } from "../../src/recovery/cpuPictureNetwork";
import { HandPipeline } from "../../src/recovery/handPipeline";
import type { RgbaImage } from "../../src/recovery/image";
import { loadModelsAsync, type FetchBytes } from "../../src/recovery/modelStore";
import { PalmDetector } from "../../src/recovery/palmDetector";
import { Recoverer } from "../../src/recovery/recoverer";
import { loadRuntimeAsync, NetworkSession } from "../../src/recovery/session";
import { createHandObservation, type HandObservation } from "../../src/tracking/handObservation";
import { HandSolver } from "../../src/tracking/handSolver";
import { SEARCH_LOOKS } from "../../src/tracking/searchViews";
import { windowFromKeypoints } from "../../src/tracking/windows";
import { coverHand } from "./cover";
import type { EvaluationFrame } from "./evaluationSet";
import { extentAlong } from "./metrics";
import type { Prediction } from "./report";

/** Between the looks at a photo: so much that no filter holds on to what the look before saw. */
const PHOTO_LOOKS_APART_MS = 1000;

export interface EvaluateOptions {
    modelFolder: string;
    recoverer: string;
    /** Window from the truth's 2D keypoints (judges recoverer and solver alone), or from detector and tracker. */
    roi: "truth" | "detector";
    /** Leave out fit and filter: the network and framewise registration alone. */
    raw: boolean;
    /** Cover part of the hand every other half second (`coverHand`). */
    cover: boolean;
    readImage: (path: string) => RgbaImage;
}

/** Reads models from a folder. */
export function fetchBytesFromDisk(folder: string): FetchBytes {
    return async (name, onBytes) => {
        const data = await readFile(join(folder, name)).catch((cause: unknown) => {
            throw new HandTrackingError(
                "model-missing",
                `${join(folder, name)} could not be read: ${String(cause)}`,
                true,
                { cause }
            );
        });
        onBytes?.(data.byteLength);
        return new Uint8Array(data);
    };
}

/** Networks on one thread of WASM. */
export async function loadNetworksAsync(
    modelFolder: string,
    recoverer: string
): Promise<{ detector: PalmDetector; recoverer: Recoverer }> {
    const [palm, hand] = await loadModelsAsync(["palm", recoverer], fetchBytesFromDisk(modelFolder));
    const ort = await loadRuntimeAsync("wasm", { threads: 1 });
    return {
        detector: new PalmDetector(
            new CpuPictureNetwork(await NetworkSession.createAsync(ort, palm, "wasm"), palm.manifest.input),
            palm.manifest.input
        ),
        recoverer: new Recoverer(
            new CpuPictureNetwork(await NetworkSession.createAsync(ort, hand, "wasm"), hand.manifest.input),
            hand.manifest
        ),
    };
}

/** Predictions for all frames; null where no hand of the truth's place was found. */
export async function evaluateAsync(
    frames: readonly EvaluationFrame[],
    options: EvaluateOptions
): Promise<{ predictions: (Prediction | null)[]; msPerFrame: number }> {
    const networks = await loadNetworksAsync(options.modelFolder, options.recoverer);
    // What a video or a photo begins with: it may be another person's hand, so nothing holds that was learnt of the last one's bones.
    const begin = () => ({
        pipeline: new HandPipeline(networks.detector, networks.recoverer, { maxHands: 2 }),
        solvers: {
            left: new HandSolver({ noise: networks.recoverer.noise }),
            right: new HandSolver({ noise: networks.recoverer.noise }),
        },
    });
    let state = begin();
    const predictions: (Prediction | null)[] = [];
    let sequence: string | null = null;
    let ms = 0;
    for (const frame of frames) {
        const image = options.readImage(frame.path);
        if (options.cover && frame.keypoints2d) {
            coverHand(image, frame.keypoints2d, frame.timeMs);
        }
        if (frame.sequence === null || frame.sequence !== sequence) {
            state = begin();
        }
        sequence = frame.sequence;
        const start = performance.now();
        predictions.push(
            options.roi === "truth"
                ? await fromTruthWindow(frame, image, networks.recoverer, state.solvers[frame.side], options.raw)
                : await fromDetector(frame, image, state.pipeline, options.raw)
        );
        ms += performance.now() - start;
    }
    return { predictions, msPerFrame: ms / frames.length };
}

async function fromTruthWindow(
    frame: EvaluationFrame,
    image: RgbaImage,
    recoverer: Recoverer,
    solver: HandSolver,
    raw: boolean
): Promise<Prediction | null> {
    if (!frame.keypoints2d) {
        return null;
    }
    const window = createCropWindow();
    windowFromKeypoints(frame.keypoints2d, window);
    window.mirrored = frame.side === "left";
    const recovered = createRecoveredHand();
    const observation = createHandObservation();
    await recoverer.recoverAsync(image, window, recovered);
    const side = window.side;
    if (!solver.solve(recovered, window, frame.intrinsics, frame.timeMs, observation)) {
        return null;
    }
    observation.side = frame.side;
    return predictionOf(observation, solver, side, raw);
}

async function fromDetector(
    frame: EvaluationFrame,
    image: RgbaImage,
    pipeline: HandPipeline,
    raw: boolean
): Promise<Prediction | null> {
    const lookAsync = async (afterMs: number): Promise<HandObservation[]> => {
        const { hands } = await pipeline.processAsync(image, frame.timeMs + afterMs, frame.intrinsics);
        if (pipeline.isLookDue) {
            await pipeline.lookAsync(image);
        }
        return hands.filter((hand) => isAtTruth(hand, frame));
    };
    let found = await lookAsync(0);
    if (frame.sequence === null) {
        // A photo stands for a camera that is held still: its hand is searched for in every square and is tracked then, and the
        // last look is in the window that the one before gave.
        let look = 1;
        while (found.length === 0 && look < SEARCH_LOOKS) {
            found = await lookAsync(PHOTO_LOOKS_APART_MS * look++);
        }
        found = await lookAsync(PHOTO_LOOKS_APART_MS * look);
    }
    const track =
        found.length > 0 ? pipeline.tracks.find((candidate) => candidate.observation === found[0]) : undefined;
    return track?.solver ? predictionOf(found[0], track.solver, track.window.side, raw) : null;
}

/** Whether a hand is the one that the truth is about: its 2D centre lies within the truth's extent. Without truth, any is. */
function isAtTruth(hand: HandObservation, { keypoints2d }: EvaluationFrame): boolean {
    if (!keypoints2d) {
        return true;
    }
    const centre = (values: ArrayLike<number>, axis: number): number => {
        let sum = 0;
        for (let i = axis; i < values.length; i += 2) {
            sum += values[i];
        }
        return sum / KEYPOINT_COUNT;
    };
    const sides = [0, 1].map((axis) => {
        const [least, most] = extentAlong(keypoints2d, axis);
        return most - least;
    });
    const extent = Math.max(...sides);
    return Math.hypot(...[0, 1].map((axis) => centre(hand.keypointsPx, axis) - centre(keypoints2d, axis))) < extent / 2;
}

const ones = new Float64Array(KEYPOINT_COUNT).fill(1);

function predictionOf(
    observation: HandObservation,
    solver: HandSolver,
    windowSide: number,
    raw: boolean
): Prediction | null {
    const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
    if (raw) {
        const { networkKeypoints: relative, rays } = solver;
        const t = new Float64Array(3);
        if (!registerPoints(relative, rays, ones, t)) {
            return null;
        }
        const flip = observation.side === "left" ? -1 : 1;
        relative.forEach((value, i) => (keypoints[i] = (value + t[i % 3]) * (i % 3 === 0 ? flip : 1)));
    } else {
        poseKeypoints(observation.pose, observation.side, keypoints);
    }
    return { keypoints, keypointsPx: Float64Array.from(observation.keypointsPx), windowSide };
}
