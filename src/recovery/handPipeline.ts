// From an image to observations of hands: detector while a hand is missing, recoverer on every track, solver behind it.

import type { Intrinsics } from "../camera/intrinsics";
import { createCropWindow } from "../camera/cropWindow";
import { HandTrackingError } from "../errors";
import type { HandSide } from "../hand/joints";
import { createRecoveredHand } from "../hand/recoveredHand";
import type { HandObservation } from "../tracking/handObservation";
import { HandSolver } from "../tracking/handSolver";
import { ENTER_PRESENCE, HandTrack, isSameHand, KEEP_PRESENCE } from "../tracking/handTrack";
import { windowFromPalm, windowOverlap } from "../tracking/windows";
import type { RgbaImage } from "./image";
import type { PalmDetector } from "./palmDetector";
import type { Recoverer } from "./recoverer";

/** Once one hand is tracked, a second is looked for this seldom, frames: the detector costs as much as a hand. */
const SECOND_HAND_INTERVAL = 6;
/** A new window that overlaps a tracked one by more than this is the same hand. */
const SAME_WINDOW_IOU = 0.5;

/** ms of the last frame's stages. */
export interface StageTimes {
    detectMs: number;
    recoverMs: number;
    solveMs: number;
}

export interface HandPipelineOptions {
    /** @default 2 */
    maxHands?: number;
    /** Size of the hands relative to the rig. @default 1 */
    handSize?: number;
}

/** What a frame showed. */
export interface PipelineResult {
    /** Valid until the next frame. */
    hands: readonly HandObservation[];
    times: Readonly<StageTimes>;
}

/** Keeps the tracks of one video; `processAsync` must not be called again before it settled. */
export class HandPipeline {
    /** Problems that cost a hand or a frame but do not stop the pipeline. */
    public onError: ((error: HandTrackingError) => void) | null = null;

    private readonly _tracks: HandTrack[] = [];
    private readonly _hands: HandObservation[] = [];
    private readonly _times: StageTimes = { detectMs: 0, recoverMs: 0, solveMs: 0 };
    private readonly _recovered = createRecoveredHand();
    private readonly _candidate = createCropWindow();
    // Solvers keep what was learnt of a person's hand: a lost hand that comes back finds it again.
    private readonly _idleSolvers: Record<HandSide, HandSolver[]> = { left: [], right: [] };
    private readonly _maxHands: number;
    private _nextId = 1;
    private _framesSinceDetection = 0;
    private _width = 0;
    private _height = 0;

    public constructor(
        private readonly _detector: PalmDetector,
        private readonly _recoverer: Recoverer,
        private readonly _options: HandPipelineOptions = {}
    ) {
        this._maxHands = _options.maxHands ?? 2;
    }

    /** Tracks of the last frame, for tools that look inside. */
    public get tracks(): readonly HandTrack[] {
        return this._tracks;
    }

    /** Forgets all tracks: the next frame has nothing to do with the last. */
    public reset(): void {
        for (const track of this._tracks.splice(0)) {
            this._retire(track);
        }
        this._framesSinceDetection = SECOND_HAND_INTERVAL;
    }

    /**
     * @param timeMs capture time; must grow from frame to frame
     * @throws HandTrackingError `frame-invalid` (not fatal) for an empty image or intrinsics that are no numbers
     */
    public async processAsync(image: RgbaImage, timeMs: number, intrinsics: Intrinsics): Promise<PipelineResult> {
        checkFrame(image, timeMs, intrinsics);
        if (image.width !== this._width || image.height !== this._height) {
            // A turned phone or another resolution: pixel positions of the last frame mean nothing any more.
            this.reset();
            this._width = image.width;
            this._height = image.height;
        }
        const times = this._times;
        times.detectMs = times.recoverMs = times.solveMs = 0;
        this._hands.length = 0;
        for (let i = this._tracks.length - 1; i >= 0; i--) {
            const track = this._tracks[i];
            track.predict(timeMs);
            if (
                !(await this._recoverAsync(track, image, timeMs, intrinsics, KEEP_PRESENCE)) ||
                track.vote.isContradicted
            ) {
                this._drop(track);
            }
        }
        this._dropDuplicates();
        await this._detectAsync(image, timeMs, intrinsics);
        for (const track of this._tracks) {
            if (track.isSolved) {
                this._hands.push(track.observation);
            }
        }
        return { hands: this._hands, times };
    }

    /** Runs the detector if a hand is missing and its turn has come; a palm that recovers as a hand becomes a track. */
    private async _detectAsync(image: RgbaImage, timeMs: number, intrinsics: Intrinsics): Promise<void> {
        this._framesSinceDetection++;
        const due = this._tracks.length === 0 || this._framesSinceDetection >= SECOND_HAND_INTERVAL;
        if (this._tracks.length >= this._maxHands || !due) {
            return;
        }
        this._framesSinceDetection = 0;
        const start = performance.now();
        const { palms, originX, originY, square } = await this._detector.detectAsync(image);
        this._times.detectMs += performance.now() - start;
        for (const palm of palms) {
            if (this._tracks.length >= this._maxHands) {
                break;
            }
            windowFromPalm(palm, originX, originY, square, this._candidate);
            if (this._tracks.some((track) => windowOverlap(track.window, this._candidate) > SAME_WINDOW_IOU)) {
                continue;
            }
            const track = new HandTrack(this._nextId++);
            Object.assign(track.window, this._candidate, { mirrored: false });
            this._tracks.push(track);
            if (!(await this._recoverAsync(track, image, timeMs, intrinsics, ENTER_PRESENCE))) {
                this._drop(track);
            }
            this._dropDuplicates();
        }
    }

    /** Recovers and solves one track; false where there is no hand in its window. */
    private async _recoverAsync(
        track: HandTrack,
        image: RgbaImage,
        timeMs: number,
        intrinsics: Intrinsics,
        minPresence: number
    ): Promise<boolean> {
        const recovered = this._recovered;
        const start = performance.now();
        track.isSolved = false;
        try {
            await this._recoverer.recoverAsync(image, track.window, recovered);
        } catch (error) {
            if (error instanceof HandTrackingError && !error.fatal) {
                this.onError?.(error);
                return false;
            }
            throw error;
        } finally {
            this._times.recoverMs += performance.now() - start;
        }
        if (recovered.presence < minPresence) {
            return false;
        }
        const solveStart = performance.now();
        track.vote.add(recovered.rightness, track.window.mirrored);
        if (!track.solver && track.vote.side) {
            this._decideSide(track, track.vote.side);
        }
        // The solver takes right hands, or left ones in a mirrored crop: the frame that decides on `left` was not yet.
        const mirrored = track.observation.side === "left";
        if (track.solver && track.window.mirrored === mirrored) {
            // It takes the window that the crop was taken in, so it comes before the track moves on.
            track.isSolved = track.solver.solve(recovered, track.window, intrinsics, timeMs, track.observation);
        }
        track.follow(recovered.crop, timeMs);
        track.window.mirrored = track.solver !== null && mirrored;
        this._times.solveMs += performance.now() - solveStart;
        return true;
    }

    private _decideSide(track: HandTrack, side: HandSide): void {
        track.solver = this._idleSolvers[side].pop() ?? new HandSolver({ size: this._options.handSize });
        track.solver.reset();
        track.observation.id = track.id;
        track.observation.side = side;
    }

    private _dropDuplicates(): void {
        for (let i = this._tracks.length - 1; i > 0; i--) {
            for (let j = 0; j < i; j++) {
                if (isSameHand(this._tracks[j], this._tracks[i])) {
                    this._drop(this._tracks[i]);
                    break;
                }
            }
        }
    }

    private _drop(track: HandTrack): void {
        this._tracks.splice(this._tracks.indexOf(track), 1);
        this._retire(track);
        // The hand may have jumped rather than gone: look for it in this very frame.
        this._framesSinceDetection = SECOND_HAND_INTERVAL;
    }

    private _retire(track: HandTrack): void {
        if (track.solver) {
            this._idleSolvers[track.observation.side].push(track.solver);
            track.solver = null;
        }
        track.isSolved = false;
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
