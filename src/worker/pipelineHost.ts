// The pipeline with its networks, wherever it runs: in the worker, or inline.

import { HandTrackingError } from "../errors";
import { MESH_LENGTH, packMesh } from "../hand/recoveredMesh";
import { HandPipeline } from "../recovery/handPipeline";
import { createModelCache } from "../recovery/modelCache";
import {
    fetchBytesFrom,
    loadModelsAsync,
    loadTextureModelAsync,
    startLoading,
    type Model,
    type ProgressCallback,
} from "../recovery/modelStore";
import type { Picture } from "../recovery/picture";
import { PalmDetector } from "../recovery/palmDetector";
import { Recoverer } from "../recovery/recoverer";
import { TEXTURE_NETWORK, TextureNetwork } from "../recovery/textureNetwork";
import type { SourceFrame } from "../sources/frameSource";
import { packTexture, TEXTURE_LENGTH } from "../texture/packedTexture";
import { OBSERVATION_LENGTH, packObservation } from "../tracking/handObservation";
import { asError } from "./asError";
import {
    createHandNetworkAsync,
    createNetworksAsync,
    createTextureSessionAsync,
    disposeNetworksAsync,
    type Networks,
} from "./backendChoice";
import type { BackendReport, FrameTimes, PipelineOptions } from "./protocol";
import { TextureLoader } from "./textureLoader";

/** How long the news of a lost device may take after the GPU has worked off what it was given, ms. */
const LOSS_NEWS_MS = 500;

export class PipelineHost {
    /** Non-fatal problems. */
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** The backend changed while running. */
    public onBackend: ((report: BackendReport) => void) | null = null;
    /** ms of the last frame's stages. */
    public readonly times: FrameTimes = { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 };
    /** Crops that the recoverer looked at in the last frame. */
    public crops = 0;

    private readonly _textures = new TextureLoader((error) => this.onError?.(error));
    private _options: PipelineOptions | null = null;
    private _models: [Model, Model] | null = null;
    private _networks: Networks | null = null;
    private _pipeline: HandPipeline | null = null;
    private _recovery: Promise<void> | null = null;
    /** What runs on the networks now; sessions must not be made while others run. */
    private _turn: Promise<unknown> = Promise.resolve();
    /** Ends what runs on them now, with an error. */
    private _giveUp: (cause: Error) => void = () => undefined;
    /** Name of the recoverer of which it was reported that it has no vertices. */
    private _meshless: string | null = null;
    private _isDisposed = false;

    /** @throws HandTrackingError of the model and backend codes */
    public async startAsync(options: PipelineOptions, onProgress: ProgressCallback): Promise<BackendReport> {
        this._options = options;
        const [palm, hand] = startLoading(
            ["palm", options.recoverer],
            fetchBytesFrom(options.modelBaseUrl),
            onProgress,
            createModelCache(options.modelBaseUrl)
        );
        const networks = await createNetworksAsync(options.backend, [palm, hand], options);
        this._models = [await palm, await hand];
        await this._useAsync(networks);
        return this._networks!.report;
    }

    /**
     * Processes a frame and closes its image.
     * @param buffer receives the packed observations
     * @param meshes receives the packed meshes; null asks for none
     * @param textures receives the packed textures that have changed; null asks for none
     * @param handOn is called with the number of hands as soon as they are known; -1 where the frame could not be processed (and
     * `onError` has said why). Looking for another hand may go on after it, until the returned promise resolves.
     */
    public async processAsync(
        frame: SourceFrame,
        buffer: Float32Array,
        meshes: Float32Array | null,
        textures: Float32Array | null,
        handOn: (count: number) => void
    ): Promise<void> {
        const { image, timeMs, intrinsics } = frame;
        let isHandedOn = false;
        let networks: Networks | null = null;
        try {
            let picture: Picture | null = null;
            const result = await this._takeTurn(async () => {
                networks = this._networks;
                const pipeline = this._pipeline;
                if (!networks || !pipeline) {
                    return null;
                }
                this._askForVertices(pipeline, meshes !== null, textures !== null);
                // Now, not before: the last frame's picture may have been looked at until now.
                picture = networks.reader.open(image, frame.width, frame.height);
                return pipeline.processAsync(picture, timeMs, intrinsics);
            });
            const pipeline = this._pipeline;
            if (!result || !pipeline) {
                handOn(-1);
                return;
            }
            Object.assign(this.times, result.times);
            this.crops = result.crops;
            result.hands.forEach((hand, i) => {
                packObservation(hand, buffer, i * OBSERVATION_LENGTH);
                if (meshes) {
                    packMesh(hand.mesh, meshes, i * MESH_LENGTH);
                }
                if (textures) {
                    packTexture(pipeline.textures?.takeNew(hand.id) ?? null, textures, i * TEXTURE_LENGTH);
                }
            });
            // Its turn comes before that of a frame that the news of this one brings.
            const look = pipeline.isLookDue ? this._takeTurn(() => this._lookAsync(pipeline, picture!)) : null;
            isHandedOn = true;
            handOn(result.hands.length);
            await look;
        } catch (cause) {
            if (!(await this._isLostAsync(networks)) && !this._isDisposed) {
                this.onError?.(
                    asError(
                        cause,
                        `The frame of ${frame.width} x ${frame.height} px at ${timeMs.toFixed(0)} ms was skipped`
                    )
                );
            }
            if (!isHandedOn) {
                handOn(-1);
            }
        } finally {
            image.close();
        }
    }

    /**
     * Loads another recoverer while the one before goes on; it takes over at the next frame, tracks stay.
     * @throws HandTrackingError of the model and backend codes; the one before goes on then
     */
    public async setRecovererAsync(name: string, onProgress: ProgressCallback): Promise<void> {
        const { modelBaseUrl } = this._options!;
        const [model] = await loadModelsAsync(
            [name],
            fetchBytesFrom(modelBaseUrl),
            onProgress,
            createModelCache(modelBaseUrl)
        );
        await this._takeTurn(() => this._changeAsync(model));
    }

    public async disposeAsync(): Promise<void> {
        this._isDisposed = true;
        const networks = this._networks;
        this._networks = null;
        this._pipeline = null;
        await this._textures.disposeAsync();
        if (networks) {
            await disposeNetworksAsync(networks);
        }
    }

    /** Unless the pipeline was replaced meanwhile: its networks are gone then. */
    private async _lookAsync(pipeline: HandPipeline, picture: Picture): Promise<void> {
        if (pipeline === this._pipeline) {
            await pipeline.lookAsync(picture);
        }
    }

    private async _changeAsync(model: Model): Promise<void> {
        const networks = this._networks;
        if (!networks || !this._pipeline) {
            throw stoppedWhile(`${model.manifest.name} was loading`);
        }
        const network = await createHandNetworkAsync(networks, model);
        if (this._networks !== networks) {
            await network.disposeAsync();
            throw stoppedWhile(`${model.manifest.name} was loading`);
        }
        const before = networks.hand;
        networks.hand = network;
        this._models = [this._models![0], model];
        this._pipeline.recoverer = new Recoverer(network, model.manifest);
        await before.disposeAsync();
    }

    /** Where they are wanted of a recoverer that has none, says so once. */
    private _askForVertices(pipeline: HandPipeline, wantsMeshes: boolean, wantsTextures: boolean): void {
        pipeline.wantsVertices = wantsMeshes;
        const { name, hasVertices } = pipeline.recoverer;
        const isMissing = (wantsMeshes || wantsTextures) && !hasVertices;
        if (!wantsTextures) {
            this._textures.rest();
        } else if (hasVertices) {
            this._textures.want(this._options!.maxHands, () => this._loadTextureNetworkAsync());
        }
        pipeline.textures = wantsTextures ? this._textures.textures : null;
        if (isMissing && this._meshless !== name) {
            this.onError?.(
                new HandTrackingError(
                    "vertices-missing",
                    `The recoverer ${name} recovers no mesh; hands are drawn by the rig, in its own skin. Choose a recoverer whose manifest has vertices among its outputs, or handMesh "rig" and no handTexture.`,
                    false
                )
            );
        }
        this._meshless = isMissing ? name : null;
    }

    private async _loadTextureNetworkAsync(): Promise<TextureNetwork> {
        const { modelBaseUrl } = this._options!;
        const model = await loadTextureModelAsync(
            TEXTURE_NETWORK,
            fetchBytesFrom(modelBaseUrl),
            createModelCache(modelBaseUrl)
        );
        const session = await this._takeTurn(() => createTextureSessionAsync(this._networks!, model));
        return new TextureNetwork(session);
    }

    /** Runs when what ran before has ended; one that a lost device leaves hanging is given up. */
    private _takeTurn<T>(run: () => Promise<T>): Promise<T> {
        const mine = this._turn.then(async () => {
            await this._recovery;
            return new Promise<T>((resolve, reject) => {
                this._giveUp = reject;
                run().then(resolve, reject);
            });
        });
        this._turn = mine.catch(() => undefined);
        return mine;
    }

    /** @throws HandTrackingError `worker-failed` (not fatal) where the host was disposed of meanwhile */
    private async _useAsync(networks: Networks): Promise<void> {
        if (this._isDisposed) {
            await disposeNetworksAsync(networks);
            throw stoppedWhile("it was loading");
        }
        this._networks = networks;
        const [palm, hand] = this._models!;
        this._pipeline = new HandPipeline(
            new PalmDetector(networks.palm, palm.manifest.input),
            new Recoverer(networks.hand, hand.manifest),
            {
                maxHands: this._options!.maxHands,
                handSize: this._options!.handSize,
            }
        );
        this._pipeline.onError = (error) => this.onError?.(error);
        this._pipeline.onTextureError = (cause) => this._textures.fail(cause);
        void networks.gpu?.device.lost.then((info) => this._fallBack(info.message));
    }

    /**
     * Whether a run failed as its networks' device is lost, which is reported by itself. A failed run may be the first sign of
     * it, so the news is waited for: it comes in line behind what the GPU was given before, which can take seconds.
     */
    private async _isLostAsync(networks: Networks | null): Promise<boolean> {
        const device = networks?.gpu?.device;
        if (!device) {
            return false;
        }
        const lost = device.lost.then(() => true);
        const worked = device.queue.onSubmittedWorkDone().catch(() => undefined);
        const silence = worked.then(() => new Promise<boolean>((resolve) => setTimeout(resolve, LOSS_NEWS_MS, false)));
        return Promise.race([lost, silence]);
    }

    /** The GPU is gone (driver reset, sleep): go on with WASM. */
    private _fallBack(message: string): void {
        if (this._isDisposed || this._networks?.report.backend !== "webgpu") {
            return;
        }
        this._pipeline = null;
        this._recovery = (async () => {
            this.onError?.(
                new HandTrackingError(
                    "device-lost",
                    `The WebGPU device was lost (${message || "no reason given"}); going on with WASM.`,
                    false
                )
            );
            const networks = await createNetworksAsync("wasm", this._models!, this._options!);
            networks.report.reason = "the WebGPU device was lost";
            await this._useAsync(networks);
            this.onBackend?.(networks.report);
        })()
            .catch((cause: unknown) =>
                this.onError?.(asError(cause, "WASM could not take over after the WebGPU device was lost", true))
            )
            .finally(() => (this._recovery = null));
        // onnxruntime may never return from a run on a lost device.
        this._giveUp(new Error("the device was lost"));
    }
}

function stoppedWhile(what: string): HandTrackingError {
    return new HandTrackingError("worker-failed", `Hand tracking was stopped while ${what}.`, false);
}
