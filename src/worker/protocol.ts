// What the main thread and the worker say to each other, and the interface that hides which of them does the work.

import type { HandTrackingErrorCode, HandTrackingError } from "../errors";
import type { Backend } from "../recovery/session";
import type { SourceFrame } from "../sources/frameSource";

/** What the pipeline is started with. */
export interface PipelineOptions {
    recoverer: string;
    maxHands: number;
    backend: "auto" | Backend;
    /** Absolute URL of the folder of the models. */
    modelBaseUrl: string;
    /** Absolute URL of onnxruntime's .wasm folder; undefined leaves it to the bundler. */
    wasmBaseUrl?: string;
    /** Size of the hands relative to the rig. */
    handSize: number;
}

/** Where networks run, and why. */
export interface BackendReport {
    backend: Backend;
    /** A sentence for people. */
    reason: string;
    threads: number;
}

/** ms of each stage of one frame. */
export interface FrameTimes {
    /** Picture to bytes. */
    pixelsMs: number;
    /** Of looking for hands where none is tracked; looking for another comes after the frame, and is not in it. */
    detectMs: number;
    recoverMs: number;
    solveMs: number;
    /** The hands' own textures: 0 in most frames, which have none. */
    textureMs: number;
}

/** One processed frame. */
export interface PipelineClientResult {
    timeMs: number;
    width: number;
    height: number;
    /** Number of hands in `buffer`; -1 where the frame could not be processed. */
    count: number;
    /** `count` packed observations (`unpackObservation`); valid during the callback only. */
    buffer: Float32Array;
    /** `count` packed meshes (`unpackMesh`) where vertices were asked for; valid during the callback only. */
    meshes: Float32Array | null;
    /** `count` packed textures (`unpackTexture`) where they were asked for, empty where nothing changed; likewise. */
    textures: Float32Array | null;
    /** How many crops the recoverer looked at: `times.recoverMs` is the sum of theirs. */
    crops: number;
    times: FrameTimes;
}

/** Running figures of the pipeline. */
export interface PipelineStats extends BackendReport {
    /** Medians are not kept: these are exponential means over about 30 frames, ms. */
    times: FrameTimes;
    /** From capture to the result on the main thread, ms, the same mean. */
    latencyMs: number;
    processed: number;
    /** Frames that a newer one replaced before they were looked at. */
    dropped: number;
}

/** The pipeline as the main thread sees it, in a worker or inline. */
export interface PipelineClient {
    onResult: ((result: PipelineClientResult) => void) | null;
    onError: ((error: HandTrackingError) => void) | null;
    readonly stats: PipelineStats | null;
    /** Whether results hold meshes from the next frame on; a recoverer without is reported once, as `vertices-missing`. */
    wantsVertices: boolean;
    /**
     * Whether results hold what has changed of the hands' textures. Their network is loaded when they are first wanted; where
     * it can't be, or the recoverer has no vertices, an error that is not fatal says so once.
     */
    wantsTextures: boolean;
    /**
     * Loads models and starts.
     * @throws HandTrackingError of any of the model and backend codes
     */
    startAsync(
        options: PipelineOptions,
        onProgress: (loadedBytes: number, totalBytes: number) => void
    ): Promise<BackendReport>;
    /** Hands a frame over; the newest waiting frame replaces older ones. The image is closed in any case. */
    submit(frame: SourceFrame): void;
    /**
     * Loads another recoverer, which takes over at the next frame; frames go on meanwhile.
     * @throws HandTrackingError of the model and backend codes; the recoverer before goes on then
     */
    setRecovererAsync(name: string): Promise<void>;
    dispose(): void;
}

/** An error as it crosses the thread. */
export interface ErrorRecord {
    code: HandTrackingErrorCode;
    message: string;
    fatal: boolean;
}

export type ToWorker =
    | { type: "start"; options: PipelineOptions }
    | { type: "recoverer"; name: string }
    /** A buffer for meshes or textures asks for them. */
    | ({
          type: "frame";
          buffer: Float32Array;
          meshes: Float32Array | null;
          textures: Float32Array | null;
      } & SourceFrame);

export type FromWorker =
    | { type: "progress"; loadedBytes: number; totalBytes: number }
    | { type: "started"; report: BackendReport }
    | { type: "backend"; report: BackendReport }
    /** The recoverer that was asked for is ready, or `error` says why not. */
    | { type: "recoverer"; error: ErrorRecord | null }
    | { type: "error"; error: ErrorRecord }
    /** The frame at `timeMs` is done with. */
    | ({ type: "result" } & PipelineClientResult);
