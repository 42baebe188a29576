// From an image to observations of hands: detector while a hand is missing, recoverer on every track, solver behind it.

import { createCropWindow } from "../camera/cropWindow";
import type { Intrinsics } from "../camera/intrinsics";
import { HandTrackingError } from "../errors";
import { createRecoveredHand } from "../hand/recoveredHand";
import type { HandObservation } from "../tracking/handObservation";
import type { HandTrack } from "../tracking/handTrack";
import { HandTracker, type HandTrackerOptions } from "../tracking/handTracker";
import { windowFromPalm } from "../tracking/windows";
import type { HandTextures } from "./handTextures";
import type { RgbaImage } from "./image";
import type { PalmDetector } from "./palmDetector";
import type { Recoverer } from "./recoverer";

/** ms of the last frame's stages. */
export interface StageTimes {
    detectMs: number;
    recoverMs: number;
    solveMs: number;
    /** Of the hands' textures, in the few frames that have any. */
    textureMs: number;
}

/** What a frame showed. */
export interface PipelineResult {
    /** Valid until the next frame. */
    hands: readonly HandObservation[];
    /** How many crops the recoverer looked at, of which `times.recoverMs` is the sum. */
    crops: number;
    times: Readonly<StageTimes>;
}

/** Keeps the tracks of one video; `processAsync` must not be called again before it settled. */
export class HandPipeline {
    /** Problems that cost a hand or a frame but do not stop the pipeline. */
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** The texture of a hand could not be found in this frame: a HandTrackingError, or what onnxruntime threw. */
    public onTextureError: ((cause: unknown) => void) | null = null;
    /** Whether observations get the recovered mesh, where the recoverer has one; may be changed between two frames. */
    public wantsVertices = false;
    /** What gathers the hands' own colours, where the recoverer has vertices; may be changed between two frames. */
    public textures: HandTextures | null = null;

    private readonly _tracker: HandTracker;
    private readonly _hands: HandObservation[] = [];
    private readonly _times: StageTimes = { detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 };
    private readonly _recovered = createRecoveredHand();
    private readonly _candidate = createCropWindow();
    private _crops = 0;

    public constructor(
        private readonly _detector: PalmDetector,
        private _recoverer: Recoverer,
        options: HandTrackerOptions = {}
    ) {
        this._tracker = new HandTracker({ noise: _recoverer.noise, ...options });
    }

    /** Tracks of the last frame, for tools that look inside. */
    public get tracks(): readonly HandTrack[] {
        return this._tracker.tracks;
    }

    /** The recoverer that looks at crops. */
    public get recoverer(): Recoverer {
        return this._recoverer;
    }
    /** Another recoverer takes the tracks over; not while a frame is processed. */
    public set recoverer(recoverer: Recoverer) {
        this._recoverer = recoverer;
        this._tracker.changeNoise(recoverer.noise);
    }

    /** Forgets all tracks: the next frame has nothing to do with the last. */
    public reset(): void {
        this._tracker.reset();
    }

    /**
     * @param timeMs capture time; must grow from frame to frame
     * @throws HandTrackingError `frame-invalid` (not fatal) for an empty image or intrinsics that are no numbers
     */
    public async processAsync(image: RgbaImage, timeMs: number, intrinsics: Intrinsics): Promise<PipelineResult> {
        checkFrame(image, timeMs, intrinsics);
        const times = this._times;
        times.detectMs = times.recoverMs = times.solveMs = times.textureMs = 0;
        this._crops = 0;
        const tracker = this._tracker;
        tracker.beginFrame(image.width, image.height, timeMs);
        for (let i = tracker.tracks.length - 1; i >= 0; i--) {
            await this._followAsync(tracker.tracks[i], image, timeMs, intrinsics);
        }
        tracker.dropStrays();
        if (tracker.isDetectionDue()) {
            await this._detectAsync(image, timeMs, intrinsics);
        }
        tracker.observe(this._hands);
        return { hands: this._hands, crops: this._crops, times };
    }

    /** A palm that recovers as a hand becomes a track. */
    private async _detectAsync(image: RgbaImage, timeMs: number, intrinsics: Intrinsics): Promise<void> {
        const start = performance.now();
        const { palms, originX, originY, square } = await this._detector.detectAsync(image);
        this._times.detectMs += performance.now() - start;
        for (const palm of palms) {
            windowFromPalm(palm, originX, originY, square, this._candidate);
            const track = this._tracker.propose(this._candidate);
            if (track) {
                await this._followAsync(track, image, timeMs, intrinsics);
                this._tracker.dropStrays();
            }
        }
    }

    /** Recovers and solves one track; drops it where there is no hand in its window. */
    private async _followAsync(
        track: HandTrack,
        image: RgbaImage,
        timeMs: number,
        intrinsics: Intrinsics
    ): Promise<void> {
        const start = performance.now();
        this._crops++;
        const isTextureDue = track.solver !== null && this.textures?.isDue(track.id, timeMs) === true;
        try {
            const wantsVertices = this.wantsVertices || isTextureDue;
            await this._recoverer.recoverAsync(image, track.window, this._recovered, wantsVertices);
        } catch (error) {
            if (error instanceof HandTrackingError && !error.fatal) {
                this._tracker.drop(track);
                this.onError?.(error);
                return;
            }
            throw error;
        } finally {
            this._times.recoverMs += performance.now() - start;
        }
        const solveStart = performance.now();
        if (!this._tracker.take(track, this._recovered, intrinsics, timeMs)) {
            this._tracker.drop(track);
        }
        this._times.solveMs += performance.now() - solveStart;
        if (this.textures && track.isSolved) {
            await this._textureAsync(track, this.textures, timeMs);
        }
    }

    /** Takes the colours of the crop that was just recovered from; a failure costs nothing but them. */
    private async _textureAsync({ id, observation }: HandTrack, textures: HandTextures, timeMs: number): Promise<void> {
        const start = performance.now();
        const { crop, cropSize } = this._recoverer;
        try {
            const { tracks } = this._tracker;
            await textures.lookAsync(id, observation.side, tracks, this._recovered, crop, cropSize, timeMs);
        } catch (cause) {
            this.onTextureError?.(cause);
        }
        this._times.textureMs += performance.now() - start;
    }
}

function checkFrame(image: RgbaImage, timeMs: number, { fx, fy, cx, cy }: Intrinsics): void {
    const { width, height, data } = image;
    if (!(width > 0 && height > 0) || data.length < width * height * 4) {
        throw new HandTrackingError(
            "frame-invalid",
            `A frame of ${width} x ${height} px with ${data.length} bytes was given; it is skipped. Wait until the source has a size.`,
            false
        );
    }
    if (!(fx > 0 && fy > 0) || !Number.isFinite(cx + cy) || !Number.isFinite(timeMs)) {
        throw new HandTrackingError(
            "frame-invalid",
            `Frame at ${timeMs} ms with intrinsics fx ${fx}, fy ${fy}, cx ${cx}, cy ${cy}; it is skipped. Focal lengths must be positive px.`,
            false
        );
    }
}
