// From a picture to observations of hands: detector while a hand is missing, recoverer on every track, solver behind it.

import { createCropWindow } from "../camera/cropWindow";
import type { Intrinsics } from "../camera/intrinsics";
import { createRegion, regionOfWindows, type Region } from "../camera/region";
import { HandTrackingError } from "../errors";
import { createRecoveredHand } from "../hand/recoveredHand";
import type { HandObservation } from "../tracking/handObservation";
import type { HandTrack } from "../tracking/handTrack";
import { HandTracker, type HandTrackerOptions } from "../tracking/handTracker";
import { SearchViews } from "../tracking/searchViews";
import { windowFromPalm } from "../tracking/windows";
import type { HandTextures } from "./handTextures";
import type { RgbaImage } from "./image";
import type { PalmDetector } from "./palmDetector";
import type { Picture } from "./picture";
import type { Recoverer, RecovererExtras } from "./recoverer";

/** ms of the last frame's stages. */
export interface StageTimes {
    /** Of reading what is needed of the picture. */
    pixelsMs: number;
    /** Of looking for hands where none is tracked; looking for another comes after the frame, and is not in it. */
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

/** Keeps the tracks of one video; neither of its methods must be called again before the last call settled. */
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
    private readonly _times: StageTimes = { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 };
    private readonly _recovered = createRecoveredHand();
    private readonly _candidate = createCropWindow();
    private readonly _region = createRegion();
    private readonly _views = new SearchViews();
    /** What is fetched of each of the frame's windows. */
    private readonly _extras: RecovererExtras[] = [];
    private _crops = 0;
    private _isLookDue = false;

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

    /**
     * Follows the hands that are tracked, and looks for hands where there is none.
     * @param timeMs capture time; must grow from frame to frame
     * @throws HandTrackingError `frame-invalid` (not fatal) for an empty picture or intrinsics that are no numbers
     */
    public async processAsync(picture: Picture, timeMs: number, intrinsics: Intrinsics): Promise<PipelineResult> {
        checkFrame(picture, timeMs, intrinsics);
        const times = this._times;
        times.pixelsMs = times.detectMs = times.recoverMs = times.solveMs = times.textureMs = 0;
        this._crops = 0;
        const tracker = this._tracker;
        tracker.beginFrame(picture.width, picture.height, timeMs);
        await this._followAsync(picture, timeMs, intrinsics);
        this._isLookDue = tracker.isDetectionDue();
        if (this._isLookDue && tracker.tracks.length === 0) {
            // There is nothing that could be slowed down by it.
            await this.lookAsync(picture);
            await this._followAsync(picture, timeMs, intrinsics);
        }
        tracker.observe(this._hands);
        if (this._hands.length > 0) {
            this._views.startAnew();
        }
        return { hands: this._hands, crops: this._crops, times };
    }

    /** Whether another hand should be looked for in the picture that was just processed. */
    public get isLookDue(): boolean {
        return this._isLookDue;
    }

    /**
     * Looks for hands beside those that are tracked. To be called after the frame's hands were handed on, so that nobody waits
     * for two networks: a hand that is found is followed from the next frame on.
     * @param picture the last one
     */
    public async lookAsync(picture: Picture): Promise<void> {
        this._isLookDue = false;
        await this._needAsync(picture, null);
        const start = performance.now();
        const views = this._views;
        views.next(picture.width, picture.height, largestWindow(this._tracker.tracks));
        const palms = await this._detector.detectAsync(picture, views.window, views.isCoarse, views.minScore);
        this._times.detectMs += performance.now() - start;
        for (const palm of palms) {
            windowFromPalm(palm, views.window, this._candidate);
            this._tracker.propose(this._candidate, views.minPresence);
        }
    }

    /** Recovers and solves the tracks; drops those in whose windows there is no hand. */
    private async _followAsync(picture: Picture, timeMs: number, intrinsics: Intrinsics): Promise<void> {
        const { tracks } = this._tracker;
        if (tracks.length === 0) {
            return;
        }
        regionOfWindows(tracks, picture.width, picture.height, this._region);
        await this._needAsync(picture, this._region);
        const start = performance.now();
        // Where something is only looked at, the hand beside it still has the whole time.
        const count = Math.max(1, countSolved(tracks));
        for (let slot = 0; slot < tracks.length; slot++) {
            const { id, solver, window } = tracks[slot];
            const extras = (this._extras[slot] ??= { vertices: false, crop: false });
            extras.crop = solver !== null && this.textures?.isDue(id, timeMs) === true;
            extras.vertices = this.wantsVertices || extras.crop;
            await this._recoverer.startAsync(picture, window, slot, count, extras);
            this._crops++;
        }
        await this._recoverer.finishAsync();
        this._times.recoverMs += performance.now() - start;
        // Backwards: tracks may be dropped on the way.
        for (let slot = tracks.length - 1; slot >= 0; slot--) {
            const track = tracks[slot];
            const solveStart = performance.now();
            this._takeHand(track, slot, timeMs, intrinsics);
            this._times.solveMs += performance.now() - solveStart;
            if (this.textures && track.isSolved) {
                await this._textureAsync(track, slot, this.textures, timeMs);
            }
        }
        this._tracker.dropStrays();
    }

    private async _needAsync(picture: Picture, region: Readonly<Region> | null): Promise<void> {
        if (picture.needAsync) {
            const start = performance.now();
            await picture.needAsync(region);
            this._times.pixelsMs += performance.now() - start;
        }
    }

    private _takeHand(track: HandTrack, slot: number, timeMs: number, intrinsics: Intrinsics): void {
        try {
            this._recoverer.take(slot, this._recovered, this._extras[slot].vertices);
        } catch (error) {
            if (error instanceof HandTrackingError && !error.fatal) {
                this._tracker.drop(track);
                this.onError?.(error);
                return;
            }
            throw error;
        }
        if (!this._tracker.take(track, this._recovered, intrinsics, timeMs)) {
            this._tracker.drop(track);
        }
    }

    /** Takes the colours of the crop that was just recovered from; a failure costs nothing but them. */
    private async _textureAsync(
        { id, observation }: HandTrack,
        slot: number,
        textures: HandTextures,
        timeMs: number
    ): Promise<void> {
        const start = performance.now();
        const recoverer = this._recoverer;
        try {
            const { tracks } = this._tracker;
            const crop = recoverer.cropOf(slot);
            await textures.lookAsync(id, observation.side, tracks, this._recovered, crop, timeMs);
        } catch (cause) {
            this.onTextureError?.(cause);
        }
        this._times.textureMs += performance.now() - start;
    }
}

function countSolved(tracks: readonly HandTrack[]): number {
    let count = 0;
    for (const { solver } of tracks) {
        count += solver ? 1 : 0;
    }
    return count;
}

/** Side of the largest window, px; 0 without tracks. */
function largestWindow(tracks: readonly HandTrack[]): number {
    let largest = 0;
    for (const { window } of tracks) {
        largest = Math.max(largest, window.side);
    }
    return largest;
}

function checkFrame(picture: Picture, timeMs: number, { fx, fy, cx, cy }: Intrinsics): void {
    const { width, height } = picture;
    // Of what is read when it is needed, there is nothing yet.
    const bytes = picture.needAsync ? undefined : (picture as Partial<RgbaImage>).data?.length;
    if (!(width > 0 && height > 0) || (bytes !== undefined && bytes < width * height * 4)) {
        throw new HandTrackingError(
            "frame-invalid",
            `A frame of ${width} x ${height} px with ${bytes ?? "no"} bytes was given; it is skipped. Wait until the source has a size.`,
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
