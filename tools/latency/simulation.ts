// The same networks, fit, filter and prediction in Node on a clock of its own: what the lag is where a frame takes a given time,
// whatever else the machine does.

import { ROOT_JOINT } from "../../src/hand/joints";
import { createHandState } from "../../src/hand/handState";
import { HandPipeline } from "../../src/recovery/handPipeline";
import {
    createHandObservation,
    packObservation,
    OBSERVATION_LENGTH,
    unpackObservation,
} from "../../src/tracking/handObservation";
import { predictHandState } from "../../src/tracking/prediction";
import { FRAMES_PER_SECOND, HEIGHT, LOOP_FRAMES, LOOP_SECONDS, WIDTH } from "../../scenes/latency/path";
import type { LatencyRecords } from "../../scenes/latency/records";
import { loadNetworksAsync } from "../evaluation/evaluatePipeline";
import type { LatencyClip } from "./clip";

/** From capture to the page, as Chromium does it with a fake webcam, ms. */
const DELIVERY_MS = 17;
/** Rendered frames are this far apart, ms: a little off the camera's rate, so that all phases of the two come about. */
const DRAW_MS = 16.683;
/** Before the measurement, frames: bones are learnt. */
const WARM_UP_FRAMES = 60;

export interface SimulationOptions {
    recoverer: string;
    /** From a frame's dispatch to its result, ms. */
    processingMs: number;
    /** Of the clip; with prediction and without in turn. */
    loops: number;
    /** px */
    focal: number;
}

/** What a frame gave, and when. */
interface Result {
    captureMs: number;
    readyMs: number;
    /** Packed; null where no hand was found. */
    observation: Float32Array | null;
}

export async function simulateAsync(clip: LatencyClip, options: SimulationOptions): Promise<LatencyRecords> {
    const { recoverer, processingMs, loops, focal } = options;
    const frames = LOOP_FRAMES * loops;
    const results = await processAsync(clip, options, frames);
    const state = createHandState("right");
    const observation = createHandObservation();
    const records: LatencyRecords = {
        done: true,
        errors: [],
        focal,
        backend: `no browser, a frame takes ${processingMs} ms`,
        recoverer,
        pipelineMs: processingMs,
        frames: Array.from({ length: frames }, (_, frame) => ({
            captureMs: captureMs(frame),
            deliveredMs: captureMs(frame) + DELIVERY_MS,
            code: frame % LOOP_FRAMES,
        })),
        draws: [],
        renders: [],
    };
    let next = 0;
    let latest: Result | null = null;
    for (let drawMs = DRAW_MS; drawMs < captureMs(frames); drawMs += DRAW_MS) {
        records.renders.push(drawMs);
        while (next < results.length && results[next].readyMs <= drawMs) {
            latest = results[next++];
        }
        if (!latest?.observation || latest.captureMs < 0) {
            continue;
        }
        const predicted = Math.floor(drawMs / 1000 / LOOP_SECONDS) % 2 === 0;
        unpackObservation(latest.observation, 0, latest.captureMs, observation);
        predictHandState(observation, latest.captureMs, state);
        const capturedX = (focal * state.joints[ROOT_JOINT * 3]) / state.joints[ROOT_JOINT * 3 + 2];
        predictHandState(observation, predicted ? drawMs : latest.captureMs, state);
        const [x, y, depth] = state.joints.subarray(ROOT_JOINT * 3);
        const place = { x: (focal * x) / depth, y: (focal * y) / depth, depth, capturedX };
        records.draws.push({ drawMs, predicted, captureMs: latest.captureMs, ...place });
    }
    return records;
}

const captureMs = (frame: number): number => (1000 * frame) / FRAMES_PER_SECOND;

/** As the page has it: one frame in the worker, of those that wait the newest. */
async function processAsync(clip: LatencyClip, options: SimulationOptions, frames: number): Promise<Result[]> {
    const networks = await loadNetworksAsync("models", options.recoverer);
    const pipeline = new HandPipeline(networks.detector, networks.recoverer, { maxHands: 1 });
    const { focal, processingMs } = options;
    const intrinsics = { fx: focal, fy: focal, cx: WIDTH / 2, cy: HEIGHT / 2 };
    const results: Result[] = [];
    let freeMs = -Infinity;
    for (let frame = -WARM_UP_FRAMES; frame < frames;) {
        const image = clip.image((frame + LOOP_FRAMES) % LOOP_FRAMES);
        const { hands } = await pipeline.processAsync(image, captureMs(frame), intrinsics);
        const packed = hands.length > 0 ? new Float32Array(OBSERVATION_LENGTH) : null;
        if (packed) {
            packObservation(hands[0], packed, 0);
        }
        freeMs = Math.max(freeMs, captureMs(frame) + DELIVERY_MS) + processingMs;
        results.push({ captureMs: captureMs(frame), readyMs: freeMs, observation: packed });
        // The newest frame that has come by then, or the next one that comes.
        const newest = Math.floor(((freeMs - DELIVERY_MS) * FRAMES_PER_SECOND) / 1000);
        frame = Math.max(frame + 1, newest);
    }
    return results;
}
