// Frames that say they are to be shown turned, as cameras of phones do, in both readers: window.__readTurned.

import { FrameReader } from "../../src/worker/frameReader";
import { createCropWindow } from "../../src/camera/cropWindow";
import { GpuCropper } from "../../src/recovery/gpu/gpuCropper";
import { GpuPictureReader } from "../../src/recovery/gpu/gpuPicture";
import { sampleCrop } from "../../src/recovery/sampleCrop";

/** What was compared, for one turn. */
export interface TurnedFigures {
    /** Degrees, clockwise. */
    rotation: number;
    /** Largest difference of a byte from the picture that was turned by hand. */
    worst: number;
    /** The same of the picture as it is stored: what a reader that does not mind the turn is off by. */
    stored: number;
    /** Largest difference of crops on the GPU and on the CPU, of 255. */
    worstOnGpu: number;
}

declare global {
    interface Window {
        /** Null where the browser does not know turned frames. */
        __readTurned: (width: number, height: number) => Promise<TurnedFigures[] | null>;
    }
}

const TEXEL = 4; // bytes
const CHANNELS = 3;
const CROP_SIZE = 64; // px
const ROTATIONS = [0, 90, 180, 270] as const;
/** More readings than the reader needs to choose between copying and drawing. */
const READINGS = 12;

/** Smooth, and different in all four corners. */
function paint(width: number, height: number): OffscreenCanvas {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    const image = context.createImageData(width, height);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            image.data.set(
                [(255 * x) / width, (255 * y) / height, 127 + 90 * Math.sin(x / 37 + y / 53), 255],
                (y * width + x) * TEXEL
            );
        }
    }
    context.putImageData(image, 0, 0);
    return canvas;
}

/** The picture as it is to be shown. */
function turn(picture: ImageData, rotation: number): ImageData {
    const { width, height, data } = picture;
    const isUpright = rotation % 180 === 0;
    const turned = new ImageData(isUpright ? width : height, isUpright ? height : width);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const [u, v] =
                rotation === 90
                    ? [height - 1 - y, x]
                    : rotation === 180
                      ? [width - 1 - x, height - 1 - y]
                      : rotation === 270
                        ? [y, width - 1 - x]
                        : [x, y];
            const at = (y * width + x) * TEXEL;
            turned.data.set(data.subarray(at, at + TEXEL), (v * turned.width + u) * TEXEL);
        }
    }
    return turned;
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
    let worst = 0;
    for (let i = 0; i < b.length; i++) {
        worst = Math.max(worst, Math.abs(a[i] - b[i]));
    }
    return worst;
}

/** Off the middle, smaller than the picture. */
function windowOf(width: number, height: number): ReturnType<typeof createCropWindow> {
    return Object.assign(createCropWindow(), {
        cx: 0.4 * width,
        cy: 0.55 * height,
        side: 0.5 * Math.min(width, height),
        rotation: 0.3,
    });
}

/** See `window.__readTurned`. */
export const readTurnedAsync: Window["__readTurned"] = async (width, height) => {
    const canvas = paint(width, height);
    const painted = canvas.getContext("2d")!.getImageData(0, 0, width, height);
    const plain = new VideoFrame(canvas, { timestamp: 0 });
    if (!("rotation" in plain)) {
        plain.close();
        return null;
    }
    const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
    const figures: TurnedFigures[] = [];
    for (const rotation of ROTATIONS) {
        const expected = turn(painted, rotation);
        const reader = new FrameReader();
        let worst = 0;
        const crop = new Float32Array(CHANNELS * CROP_SIZE * CROP_SIZE);
        for (let reading = 0; reading < READINGS; reading++) {
            const frame = new VideoFrame(plain, { rotation } as VideoFrameInit);
            const picture = reader.open(frame, expected.width, expected.height);
            await picture.needAsync(null);
            worst = Math.max(worst, difference(picture.data, expected.data));
            sampleCrop(picture, windowOf(expected.width, expected.height), CROP_SIZE, crop);
            frame.close();
        }
        const frame = new VideoFrame(plain, { rotation } as VideoFrameInit);
        const opened = new GpuPictureReader(device).open(frame, expected.width, expected.height);
        const window = windowOf(expected.width, expected.height);
        const onGpu = await new GpuCropper(device).readAsync(opened, window, CROP_SIZE);
        frame.close();
        const stored = difference(painted.data, expected.data);
        figures.push({ rotation, worst, stored, worstOnGpu: 255 * difference(onGpu, crop) });
    }
    plain.close();
    device.destroy();
    return figures;
};
