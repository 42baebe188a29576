// What applications choose of the pipeline, with its defaults, as the pipeline takes it.

import { HandTrackingError } from "../errors";
import { REFERENCE_PALM } from "../hand/genericHand";
import { DEFAULT_RECOVERER } from "../recovery/recovererNames";
import { InlineClient } from "./inlineClient";
import type { PipelineClient, PipelineOptions } from "./protocol";
import { WorkerClient } from "./workerClient";

/** See `HandTrackingOptions`, which has the same. */
export interface ClientOptions {
    recoverer?: string;
    frameBudgetMs?: number;
    maxHands?: 1 | 2;
    backend?: PipelineOptions["backend"];
    modelBaseUrl: string;
    wasmBaseUrl?: string;
    worker?: boolean;
    palmLength?: number;
}

/** Shorter and longer palms than any hand's, metres. */
const PALM_RANGE = [0.04, 0.2] as const;

/** @throws HandTrackingError `invalid-argument` for a palm that is no hand's */
export function checkPalmLength(palmLength: number | undefined): void {
    if (palmLength !== undefined && !(palmLength > PALM_RANGE[0] && palmLength < PALM_RANGE[1])) {
        throw new HandTrackingError(
            "invalid-argument",
            `palmLength is ${palmLength}; give the distance from wrist to middle knuckle in metres, about 0.09`
        );
    }
}

/** A worker has another base than the page, so addresses are made absolute here. */
function absoluteUrl(url: string): string {
    return new URL(url, globalThis.location?.href).href;
}

/** In a worker, or in the page's own thread; not started. */
export function createClient({ worker = true }: ClientOptions): PipelineClient {
    return worker ? new WorkerClient() : new InlineClient();
}

/** What a client is started with. */
export function pipelineOptions(options: ClientOptions): PipelineOptions {
    const { recoverer = DEFAULT_RECOVERER, maxHands = 2, backend = "auto", modelBaseUrl, wasmBaseUrl } = options;
    return {
        recoverer,
        maxHands,
        backend,
        modelBaseUrl: absoluteUrl(modelBaseUrl),
        wasmBaseUrl: wasmBaseUrl && absoluteUrl(wasmBaseUrl),
        handSize: (options.palmLength ?? REFERENCE_PALM) / REFERENCE_PALM,
    };
}
