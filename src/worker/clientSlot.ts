// The one pipeline client of a behaviour: made and started when it is first needed, gone with everything that it made.

import type { HandTrackingError } from "../errors";
import type { SourceFrame } from "../sources/frameSource";
import { createClient, pipelineOptions, type ClientOptions } from "./clientOptions";
import type { PipelineClient, PipelineClientResult, PipelineStats } from "./protocol";

/** What its owner hears; nothing is heard of a client after `dispose`. */
export interface ClientSlotEvents {
    onResult: (result: PipelineClientResult) => void;
    onProgress: (loadedBytes: number, totalBytes: number) => void;
    onError: (error: HandTrackingError) => void;
}

export class ClientSlot {
    private _client: PipelineClient | null = null;
    private _start: Promise<void> | null = null;
    private _wantsVertices = false;
    private _wantsTextures = false;

    public constructor(private readonly _events: ClientSlotEvents) {}

    /** The client's start, shared by all who wait for it: the source may be changed while models load. Null before. */
    public get start(): Promise<void> | null {
        return this._start;
    }

    /** Null before the start. */
    public get stats(): PipelineStats | null {
        return this._client?.stats ?? null;
    }

    /** See `PipelineClient`; kept from one client to the next. */
    public set wantsVertices(isWanted: boolean) {
        this._wantsVertices = isWanted;
        if (this._client) {
            this._client.wantsVertices = isWanted;
        }
    }

    /** Likewise. */
    public set wantsTextures(isWanted: boolean) {
        this._wantsTextures = isWanted;
        if (this._client) {
            this._client.wantsTextures = isWanted;
        }
    }

    /**
     * Starts a client, or waits for the one that was started.
     * @throws HandTrackingError of the model and backend codes; the next call tries again
     */
    public startAsync(options: ClientOptions): Promise<void> {
        return (this._start ??= this._startAsync(options));
    }

    /** Hands a frame over, or closes it where there is no client. */
    public submit(frame: SourceFrame): void {
        if (this._client) {
            this._client.submit(frame);
        } else {
            frame.image.close();
        }
    }

    /** See `PipelineClient`; nothing where there is none. */
    public async setRecovererAsync(name: string): Promise<void> {
        await this._client?.setRecovererAsync(name);
    }

    /** Frees the client; another may be started. */
    public dispose(): void {
        this._client?.dispose();
        this._client = null;
        this._start = null;
    }

    private async _startAsync(options: ClientOptions): Promise<void> {
        const client = createClient(options);
        this._client = client;
        client.wantsVertices = this._wantsVertices;
        client.wantsTextures = this._wantsTextures;
        client.onResult = this._events.onResult;
        client.onError = (error) => {
            if (this._client === client) {
                this._events.onError(error);
            }
        };
        try {
            await client.startAsync(pipelineOptions(options), (loadedBytes, totalBytes) => {
                if (this._client === client) {
                    this._events.onProgress(loadedBytes, totalBytes);
                }
            });
        } catch (error) {
            client.dispose();
            if (this._client === client) {
                this._client = null;
                this._start = null;
            }
            throw error;
        }
    }
}
