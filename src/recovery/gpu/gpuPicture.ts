// Frames as textures of the networks' device, without a copy through the CPU.

import type { Picture, PictureReader } from "../picture";

/** A frame's picture on the GPU. */
export interface GpuPicture extends Picture {
    /** The frame itself, or the texture that it was copied to. */
    readonly texture: GPUExternalTexture | GPUTextureView;
    readonly isExternal: boolean;
}

/** Owns the one texture that frames are copied to where they can't be taken as they are; it goes with the device. */
export class GpuPictureReader implements PictureReader {
    /**
     * Whether VideoFrames are taken as they are. Not every browser with WebGPU can (Firefox on Linux and Android; others on some
     * drivers): it is for `provePicturesAsync` to find out.
     */
    public importsFrames = true;

    private _copy: GPUTexture | null = null;
    private _view: GPUTextureView | null = null;
    private _canvas: OffscreenCanvas | null = null;
    private _context: OffscreenCanvasRenderingContext2D | null = null;

    public constructor(private readonly _device: GPUDevice) {}

    public open(image: VideoFrame | ImageBitmap, width: number, height: number): GpuPicture {
        if (typeof VideoFrame === "undefined" || !(image instanceof VideoFrame)) {
            const bitmap = image as ImageBitmap;
            return { texture: this._take(bitmap, bitmap.width, bitmap.height), isExternal: false, width, height };
        }
        if (this.importsFrames) {
            try {
                const texture = this._device.importExternalTexture({ source: image });
                return { texture, isExternal: true, width, height };
            } catch {
                // Not there, or not of what this decoder gives.
                this.importsFrames = false;
            }
        }
        return {
            texture: this._take(this._draw(image, width, height), width, height),
            isExternal: false,
            width,
            height,
        };
    }

    private _take(source: ImageBitmap | OffscreenCanvas, width: number, height: number): GPUTextureView {
        if (!this._copy || !this._view || this._copy.width !== width || this._copy.height !== height) {
            this._copy?.destroy();
            this._copy = this._device.createTexture({
                label: "hand tracking frame",
                size: [width, height],
                format: "rgba8unorm",
                // Copying from images renders where formats differ.
                usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
            });
            this._view = this._copy.createView();
        }
        this._device.queue.copyExternalImageToTexture({ source }, { texture: this._copy }, [width, height]);
        return this._view;
    }

    /** Firefox copies from canvases, not from VideoFrames. */
    private _draw(frame: VideoFrame, width: number, height: number): OffscreenCanvas {
        if (!this._canvas || this._canvas.width !== width || this._canvas.height !== height) {
            this._canvas = new OffscreenCanvas(width, height);
            this._context = this._canvas.getContext("2d");
        }
        this._context!.drawImage(frame, 0, 0, width, height);
        return this._canvas;
    }
}
