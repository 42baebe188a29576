// What networks look at.

import type { Region } from "../camera/region";

/** A frame's picture where the networks are: bytes for WASM (`RgbaImage`), a texture for WebGPU (`GpuPicture`). */
export interface Picture {
    /** px */
    readonly width: number;
    readonly height: number;
    /**
     * Brings a part of it to where the networks are: they see black elsewhere. Missing where all is there.
     * @param region null is the whole
     */
    needAsync?(region: Readonly<Region> | null): Promise<void>;
}

/** Brings a frame's picture to where the networks are. */
export interface PictureReader {
    /**
     * @param image stays open until the next picture is opened
     * @param width, height of the frame, px
     * @returns valid until the next call, or until `image` is closed
     */
    open(image: VideoFrame | ImageBitmap, width: number, height: number): Picture;
}
