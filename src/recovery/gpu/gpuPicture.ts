// Frames as textures of the networks' device, without a copy through the CPU.

import type { Picture, PictureReader } from "../picture";

/** A frame's picture on the GPU. */
export interface GpuPicture extends Picture {
    /** The frame itself, or the texture that an ImageBitmap was copied to. */
    readonly texture: GPUExternalTexture | GPUTextureView;
    readonly isExternal: boolean;
}

/** Owns the one texture that ImageBitmaps are copied to; it goes with the device. */
export class GpuPictureReader implements PictureReader {
    private _copy: GPUTexture | null = null;
    private _view: GPUTextureView | null = null;

    public constructor(private readonly _device: GPUDevice) {}

    public open(image: VideoFrame | ImageBitmap, width: number, height: number): GpuPicture {
        if (typeof VideoFrame !== "undefined" && image instanceof VideoFrame) {
            const texture = this._device.importExternalTexture({ source: image });
            return { texture, isExternal: true, width, height };
        }
        const texture = this._take(image as ImageBitmap);
        return { texture, isExternal: false, width, height };
    }

    private _take(image: ImageBitmap): GPUTextureView {
        const { width, height } = image;
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
        this._device.queue.copyExternalImageToTexture({ source: image }, { texture: this._copy }, [width, height]);
        return this._view;
    }
}
