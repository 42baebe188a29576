// From camera frames to the bridge's hands: the pipeline, which is loaded once, and the source, which runs during sessions.

import { HandTrackingError } from "../errors";
import { ActiveSource } from "../sources/activeSource";
import { isHandSource } from "../sources/handSource";
import { ClientSlot } from "../worker/clientSlot";
import type { PipelineClientResult, PipelineStats } from "../worker/protocol";
import { BridgedHands } from "./bridgedHands";
import type { XRHandBridgeOptions } from "./bridgeOptions";

/** Feeds `hands` from `start` until `stop`. */
export class HandFeed {
    public readonly hands = new BridgedHands();
    /** Hears of every error, those of loading too. */
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** Models are loading: bytes so far and in all. */
    public onProgress: ((loadedBytes: number, totalBytes: number) => void) | null = null;

    private readonly _source = new ActiveSource();
    private readonly _client = new ClientSlot({
        onResult: (result) => this._receive(result),
        onProgress: (loadedBytes, totalBytes) => this.onProgress?.(loadedBytes, totalBytes),
        onError: (error) => {
            if (error.fatal) {
                this.stop();
                // The next session tries again.
                this._client.dispose();
            }
            this._report(error);
        },
        onProposal: (goOverAsync) => void goOverAsync().catch((error) => this._report(error)),
    });
    // Raised by every start and stop: what was started under another number is out of date.
    private _generation = 0;
    private _isRunning = false;

    /** @param _options with `modelBaseUrl` */
    public constructor(private readonly _options: XRHandBridgeOptions & { modelBaseUrl: string }) {}

    public get stats(): PipelineStats | null {
        return this._client.stats;
    }

    /**
     * Loads the models, if the source needs any; once, until it has failed.
     * @throws HandTrackingError of the model and backend codes, which `onError` was told of
     */
    public loadAsync(): Promise<void> {
        if (isHandSource(this._options.source)) {
            return Promise.resolve();
        }
        if (this._client.start) {
            return this._client.start;
        }
        const start = this._client.startAsync(this._options);
        // Told once, however many wait for it.
        start.catch((error: unknown) => this._report(error));
        return start;
    }

    /** Starts the source, when the models are there; returns at once. */
    public start(): void {
        this.stop();
        this._isRunning = true;
        const generation = ++this._generation;
        this._startAsync(generation).catch((error: unknown) => {
            if (generation === this._generation) {
                this._report(error);
            }
        });
    }

    /** Stops the source: the camera is given back. */
    public stop(): void {
        this._generation++;
        this._isRunning = false;
        this._source.stop();
        this.hands.leave();
    }

    /** Carries the hands on to now; once a rendered frame. */
    public update(): void {
        this.hands.update(this._source.now());
    }

    public dispose(): void {
        this.onError = null;
        this.onProgress = null;
        this.stop();
        this._client.dispose();
    }

    private async _startAsync(generation: number): Promise<void> {
        try {
            await this.loadAsync();
        } catch {
            // `loadAsync` has told it. The next session tries again.
            return;
        }
        const isCurrent = (): boolean => generation === this._generation;
        if (!isCurrent()) {
            return;
        }
        await this._source.startAsync(this._options.source ?? "webcam", {
            onFrame: (frame) => {
                if (isCurrent()) {
                    this._client.submit(frame);
                } else {
                    frame.image.close();
                }
            },
            onHands: (states) => {
                if (isCurrent()) {
                    this.hands.receiveStates(states);
                }
            },
            onError: (error) => {
                if (isCurrent()) {
                    this._report(error);
                }
            },
        });
    }

    private _receive(result: PipelineClientResult): void {
        if (result.count >= 0 && this._isRunning) {
            this.hands.receive(result);
        }
        this._source.tellProcessed(result.timeMs);
    }

    private _report(cause: unknown): void {
        this.onError?.(
            cause instanceof HandTrackingError
                ? cause
                : new HandTrackingError("worker-failed", `Hand tracking could not start: ${String(cause)}`, true, {
                      cause,
                  })
        );
    }
}
