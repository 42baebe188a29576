// What networks look at.

/** A frame's picture where the networks are: bytes for WASM (`RgbaImage`), a texture for WebGPU (`GpuPicture`). */
export interface Picture {
    /** px */
    readonly width: number;
    readonly height: number;
}

/** Brings a frame's picture to where the networks are. */
export interface PictureReader {
    /**
     * @param image stays open until the next picture is read
     * @param width, height of the frame, px
     * @returns valid until the next call, or until `image` is closed
     */
    readAsync(image: VideoFrame | ImageBitmap, width: number, height: number): Promise<Picture>;
}
