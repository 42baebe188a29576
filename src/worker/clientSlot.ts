// The one pipeline client of a behaviour or a bridge: made and started when it is first needed, gone with everything that it made.

import { HandTrackingError } from "../errors";
import type { SourceFrame } from "../sources/frameSource";
import { AUTO_RECOVERER, DEFAULT_RECOVERER, QUICK_RECOVERER } from "../recovery/recovererNames";
import { createClient, pipelineOptions, type ClientOptions } from "./clientOptions";
import type { PipelineClient, PipelineClientResult, PipelineStats } from "./protocol";
import { RecovererLadder } from "./recovererLadder";

/** What its owner hears; nothing is heard of a client after `dispose`. */
export interface ClientSlotEvents {
    onResult: (result: PipelineClientResult) => void;
    onProgress: (loadedBytes: number, totalBytes: number) => void;
    onError: (error: HandTrackingError) => void;
    /** With `AUTO_RECOVERER` another recoverer suits the machine better: to be called to go over to it (`setRecovererAsync`). */
    onProposal: (goOverAsync: () => Promise<void>) => void;
}

/** Networks may take this much of a frame where nothing else is said, ms: a camera's 33 less what the picture costs. */
const FRAME_BUDGET_MS = 25;

export class ClientSlot {
    private _client: PipelineClient | null = null;
    private _start: Promise<void> | null = null;
    private _recoverer: string | null = null;
    // What `AUTO_RECOVERER` chooses by; null too while another one is loading.
    private _ladder: RecovererLadder | null = null;
    /** Settles when the changes of recoverer that were asked for are over. */
    private _change: Promise<void> = Promise.resolve();
    // Raised by every choice of the owner's: what the ladder began under another number is out of date.
    private _choices = 0;
    private _frameBudgetMs = FRAME_BUDGET_MS;
    private _wantsVertices = false;
    private _wantsTextures = false;

    public constructor(private readonly _events: ClientSlotEvents) {}

    /** The client's start, shared by all who wait for it: the source may be changed while models load. Null before. */
    public get start(): Promise<void> | null {
        return this._start;
    }

    /** The recoverer that runs, or starts. Null before. */
    public get recoverer(): string | null {
        return this._recoverer;
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

    /**
     * See `PipelineClient`; nothing where there is no client.
     * @throws HandTrackingError of the model and backend codes, not fatal: the one before goes on
     */
    public async setRecovererAsync(name: string): Promise<void> {
        const choices = ++this._choices;
        this._ladder = null;
        await this._goOverAsync(nameOf(name));
        if (choices === this._choices) {
            this._ladder = this._ladderFor(name);
        }
    }

    /** Frees the client; another may be started. */
    public dispose(): void {
        this._client?.dispose();
        this._client = null;
        this._start = null;
        this._recoverer = null;
        this._ladder = null;
        this._choices++;
        this._change = Promise.resolve();
    }

    private _ladderFor(recoverer: string): RecovererLadder | null {
        return recoverer === AUTO_RECOVERER ? new RecovererLadder(this._frameBudgetMs) : null;
    }

    /** One change after the other: what was asked for last is what stays, however long the files take. */
    private _goOverAsync(name: string): Promise<void> {
        const client = this._client;
        const change = this._change.then(async () => {
            if (!client || this._client !== client) {
                return;
            }
            try {
                await client.setRecovererAsync(name);
            } catch (cause) {
                const { code, message } = cause as HandTrackingError;
                throw new HandTrackingError(code, message, false, { cause });
            }
            if (this._client === client) {
                this._recoverer = name;
            }
        });
        this._change = change.catch(() => undefined);
        return change;
    }

    /** Proposes what the ladder says, and goes on with it afterwards; after a failure the recoverer stays as it is. */
    private _climb(ladder: RecovererLadder, name: string): void {
        const choices = this._choices;
        this._ladder = null;
        this._events.onProposal(async () => {
            await this._goOverAsync(name);
            if (choices === this._choices) {
                this._ladder = ladder;
            }
        });
    }

    private async _startAsync(options: ClientOptions): Promise<void> {
        const client = createClient(options);
        const { recoverer = DEFAULT_RECOVERER, frameBudgetMs = FRAME_BUDGET_MS } = options;
        this._client = client;
        this._frameBudgetMs = frameBudgetMs;
        this._recoverer = nameOf(recoverer);
        this._ladder = this._ladderFor(recoverer);
        client.wantsVertices = this._wantsVertices;
        client.wantsTextures = this._wantsTextures;
        client.onResult = (result) => {
            this._events.onResult(result);
            const ladder = this._ladder;
            const next = ladder?.next(result);
            if (ladder && next) {
                this._climb(ladder, next);
            }
        };
        client.onError = (error) => {
            if (this._client === client) {
                this._events.onError(error);
            }
        };
        try {
            await client.startAsync(
                pipelineOptions({ ...options, recoverer: nameOf(recoverer) }),
                (loadedBytes, totalBytes) => {
                    if (this._client === client) {
                        this._events.onProgress(loadedBytes, totalBytes);
                    }
                }
            );
        } catch (error) {
            if (this._client === client) {
                this.dispose();
            } else {
                client.dispose();
            }
            throw error;
        }
    }
}

/** Of the recoverer to begin with. */
function nameOf(recoverer: string): string {
    return recoverer === AUTO_RECOVERER ? QUICK_RECOVERER : recoverer;
}
