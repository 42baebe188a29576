// A picture's bytes: what sampling on the CPU needs, and no more of them.

import type { Region } from "../camera/region";
import type { RgbaImage } from "../recovery/image";
import type { PictureReader } from "../recovery/picture";

/** How often each way of reading VideoFrames is timed before the faster one is kept; the first time counts for nothing. */
const TRIALS = 4;

type Way = "copy" | "draw";

/** A frame of which only what is asked for is read. */
export interface FramePicture extends RgbaImage {
    region: Readonly<Region>;
    needAsync(region: Readonly<Region> | null): Promise<void>;
}

/**
 * Reads VideoFrames and ImageBitmaps into one reused buffer. VideoFrames can be copied with conversion or drawn on a canvas that
 * stays on the CPU; which is faster differs between browsers and kinds of frames, so it is found out on the first ones.
 */
export class FrameReader implements PictureReader {
    private readonly _region: Region = { left: 0, top: 0, width: 0, height: 0 };
    private readonly _picture: FramePicture = {
        data: new Uint8Array(0),
        width: 0,
        height: 0,
        region: this._region,
        needAsync: (region) => this._needAsync(region),
    };
    private _frame: VideoFrame | ImageBitmap | null = null;
    private _buffer = new Uint8Array(0);
    private _canvas: OffscreenCanvas | null = null;
    private _context: OffscreenCanvasRenderingContext2D | null = null;
    private _way: Way | null = null;
    /** ms of the timed readings. */
    private readonly _trials: Record<Way, number[]> = { copy: [], draw: [] };

    /** How VideoFrames are read; null while that is being found out. */
    public get way(): Way | null {
        return this._way;
    }

    public open(frame: VideoFrame | ImageBitmap, width: number, height: number): FramePicture {
        this._frame = frame;
        const { _picture: picture, _region: region } = this;
        picture.width = width;
        picture.height = height;
        region.width = region.height = 0;
        return picture;
    }

    private async _needAsync(part: Readonly<Region> | null): Promise<void> {
        const { _picture: picture, _region: region, _frame: frame } = this;
        region.left = part?.left ?? 0;
        region.top = part?.top ?? 0;
        region.width = part?.width ?? picture.width;
        region.height = part?.height ?? picture.height;
        if (!frame || region.width === 0 || region.height === 0) {
            return;
        }
        if (typeof VideoFrame === "undefined" || !(frame instanceof VideoFrame) || this._way === "draw") {
            this._draw(frame);
            return;
        }
        const { copy, draw } = this._trials;
        const way = this._way ?? (copy.length <= draw.length ? "copy" : "draw");
        const start = performance.now();
        try {
            if (way === "copy") {
                await this._copyAsync(frame);
            } else {
                this._draw(frame);
            }
        } catch {
            // Conversion to RGBA is not everywhere.
            this._way = "draw";
            this._draw(frame);
            return;
        }
        if (!this._way) {
            this._trials[way].push(performance.now() - start);
            if (draw.length === TRIALS) {
                this._way = fastest(copy) <= fastest(draw) ? "copy" : "draw";
            }
        }
    }

    private async _copyAsync(frame: VideoFrame): Promise<void> {
        const { displayWidth, displayHeight, visibleRect } = frame;
        if (visibleRect?.width !== displayWidth || visibleRect.height !== displayHeight || isTurned(frame)) {
            throw new Error("frames that are turned or have other than square pixels are drawn, not copied");
        }
        const { left, top, width, height } = this._region;
        const bytes = width * height * 4;
        if (this._buffer.byteLength < bytes) {
            this._buffer = new Uint8Array(bytes);
        }
        this._picture.data = this._buffer;
        await frame.copyTo(this._buffer, {
            format: "RGBA",
            rect: { x: visibleRect.x + left, y: visibleRect.y + top, width, height },
            layout: [{ offset: 0, stride: width * 4 }],
        });
    }

    private _draw(frame: VideoFrame | ImageBitmap): void {
        const { width, height } = this._picture;
        if (!this._canvas || !this._context || this._canvas.width !== width || this._canvas.height !== height) {
            this._canvas = new OffscreenCanvas(width, height);
            this._context = this._canvas.getContext("2d", { willReadFrequently: true });
        }
        const { left, top, width: w, height: h } = this._region;
        // Sources may be larger than the frame is said to be.
        const size = sizeOf(frame);
        const [sx, sy] = [size.width / width, size.height / height];
        this._context!.drawImage(frame, left * sx, top * sy, w * sx, h * sy, left, top, w, h);
        this._picture.data = this._context!.getImageData(left, top, w, h).data;
    }
}

function sizeOf(frame: VideoFrame | ImageBitmap): { width: number; height: number } {
    return "displayWidth" in frame ? { width: frame.displayWidth, height: frame.displayHeight } : frame;
}

/** Whether what is stored is shown otherwise: cameras of phones say so where they do not turn their pictures themselves. */
function isTurned(frame: VideoFrame): boolean {
    const { rotation, flip } = frame as { rotation?: number; flip?: boolean };
    return (rotation ?? 0) !== 0 || flip === true;
}

/** Of all but the first, in which buffers are taken. */
function fastest(trials: readonly number[]): number {
    return Math.min(...trials.slice(1));
}
