// Whether a browser's WebGPU sees in a VideoFrame what it shows: found out on one, before networks look at any.

import { createCropWindow } from "../../camera/cropWindow";
import type { GpuCropper } from "./gpuCropper";
import type { GpuPictureReader } from "./gpuPicture";

/** Side of the frame and of the crop that shows the whole of it, px. */
const SIDE = 16;
const TEXEL = 4; // bytes
const CHANNELS = 3;
/** A byte is off by less than this on the way to a crop, of 255: colours may be converted to and fro. */
const TOLERANCE = 8;

/** Smooth, and different in all corners and channels. */
function probeBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(SIDE * SIDE * TEXEL);
    for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) {
            const [right, down] = [x / (SIDE - 1), y / (SIDE - 1)];
            bytes.set([255 * right, 255 * down, 255 * (1 - right * down), 255], (y * SIDE + x) * TEXEL);
        }
    }
    return bytes;
}

/** Largest difference of a crop of the whole frame from its bytes, of 255. */
function differenceOf(crop: Float32Array, bytes: Uint8Array): number {
    let worst = 0;
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
        for (let channel = 0; channel < CHANNELS; channel++) {
            const seen = 255 * crop[channel * SIDE * SIDE + pixel];
            // Not the other way round: what is no number is different.
            const difference = Math.abs(seen - bytes[pixel * TEXEL + channel]);
            worst = difference <= worst ? worst : difference;
        }
    }
    return worst;
}

async function seesFramesAsync(device: GPUDevice, reader: GpuPictureReader, cropper: GpuCropper): Promise<boolean> {
    const bytes = probeBytes();
    const frame = new VideoFrame(bytes, { format: "RGBA", codedWidth: SIDE, codedHeight: SIDE, timestamp: 0 });
    // A pixel's value lies at its integer position.
    const window = Object.assign(createCropWindow(), { cx: SIDE / 2, cy: SIDE / 2, side: SIDE });
    device.pushErrorScope("validation");
    let crop: Float32Array | null = null;
    try {
        crop = await cropper.readAsync(reader.open(frame, SIDE, SIDE), window, SIDE);
    } catch {
        // Missing functions and refusals are thrown, the rest is in the scope.
    } finally {
        frame.close();
    }
    const error = await device.popErrorScope();
    return crop !== null && error === null && differenceOf(crop, bytes) <= TOLERANCE;
}

/**
 * Has the reader take VideoFrames as they are where that gives what they show, by a copy where only that does.
 * @throws Error where neither does
 */
export async function provePicturesAsync(
    device: GPUDevice,
    reader: GpuPictureReader,
    cropper: GpuCropper
): Promise<void> {
    if (typeof VideoFrame === "undefined") {
        return;
    }
    for (const importsFrames of [true, false]) {
        reader.importsFrames = importsFrames;
        if (await seesFramesAsync(device, reader, cropper)) {
            return;
        }
    }
    throw new Error("WebGPU does not see what is in VideoFrames");
}
