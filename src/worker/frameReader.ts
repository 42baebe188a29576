// A picture's bytes: what sampling on the CPU needs.

import type { RgbaImage } from "../recovery/image";
import type { PictureReader } from "../recovery/picture";

/** Reads VideoFrames and ImageBitmaps into one reused buffer. */
export class FrameReader implements PictureReader {
    private readonly _image: RgbaImage = { data: new Uint8Array(0), width: 0, height: 0 };
    private _canvas: OffscreenCanvas | null = null;
    private _context: OffscreenCanvasRenderingContext2D | null = null;
    // copyTo with conversion to RGBA is not everywhere; found out once.
    private _copiesRgba = true;

    /** The result is valid until the next call; the picture stays open. */
    public async readAsync(picture: VideoFrame | ImageBitmap, width: number, height: number): Promise<RgbaImage> {
        if (typeof VideoFrame !== "undefined" && picture instanceof VideoFrame && this._copiesRgba) {
            try {
                return await this._copyAsync(picture);
            } catch {
                this._copiesRgba = false;
            }
        }
        return this._draw(picture, width, height);
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
