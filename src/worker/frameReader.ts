// A picture's bytes: what sampling on the CPU needs.

import type { RgbaImage } from "../recovery/image";
import type { PictureReader } from "../recovery/picture";

/** How often each way of reading VideoFrames is timed before the faster one is kept; the first time counts for nothing. */
const TRIALS = 4;

type Way = "copy" | "draw";

/**
 * Reads VideoFrames and ImageBitmaps into one reused buffer. VideoFrames can be copied with conversion or drawn on a canvas that
 * stays on the CPU; which is faster differs between browsers and kinds of frames, so it is found out on the first ones.
 */
export class FrameReader implements PictureReader {
    private readonly _image: RgbaImage = { data: new Uint8Array(0), width: 0, height: 0 };
    private _canvas: OffscreenCanvas | null = null;
    private _context: OffscreenCanvasRenderingContext2D | null = null;
    private _way: Way | null = null;
    /** ms of the timed readings. */
    private readonly _trials: Record<Way, number[]> = { copy: [], draw: [] };

    /** How VideoFrames are read; null while that is being found out. */
    public get way(): Way | null {
        return this._way;
    }

    /** The result is valid until the next call; the picture stays open. */
    public async readAsync(picture: VideoFrame | ImageBitmap, width: number, height: number): Promise<RgbaImage> {
        if (typeof VideoFrame === "undefined" || !(picture instanceof VideoFrame) || this._way === "draw") {
            return this._draw(picture, width, height);
        }
        const { copy, draw } = this._trials;
        const way = this._way ?? (copy.length <= draw.length ? "copy" : "draw");
        const start = performance.now();
        let image: RgbaImage;
        try {
            image = way === "copy" ? await this._copyAsync(picture) : this._draw(picture, width, height);
        } catch {
            // Conversion to RGBA is not everywhere.
            this._way = "draw";
            return this._draw(picture, width, height);
        }
        if (!this._way) {
            this._trials[way].push(performance.now() - start);
            if (draw.length === TRIALS) {
                this._way = fastest(copy) <= fastest(draw) ? "copy" : "draw";
            }
        }
        return image;
    }

    private async _copyAsync(frame: VideoFrame): Promise<RgbaImage> {
        const { displayWidth: width, displayHeight: height, visibleRect } = frame;
        if (visibleRect?.width !== width || visibleRect.height !== height) {
            throw new Error("frames with other than square pixels are drawn, not copied");
        }
        const bytes = width * height * 4;
        const image = this._image;
        if (image.data.byteLength !== bytes) {
            image.data = new Uint8Array(bytes);
        }
        await frame.copyTo(image.data as Uint8Array<ArrayBuffer>, {
            format: "RGBA",
            layout: [{ offset: 0, stride: width * 4 }],
        });
        image.width = width;
        image.height = height;
        return image;
    }

    private _draw(picture: VideoFrame | ImageBitmap, width: number, height: number): RgbaImage {
        if (!this._canvas || !this._context || this._canvas.width !== width || this._canvas.height !== height) {
            this._canvas = new OffscreenCanvas(width, height);
            this._context = this._canvas.getContext("2d", { willReadFrequently: true });
        }
        this._context!.drawImage(picture, 0, 0, width, height);
        return this._context!.getImageData(0, 0, width, height);
    }
}

/** Of all but the first, in which buffers are taken. */
function fastest(trials: readonly number[]): number {
    return Math.min(...trials.slice(1));
}
