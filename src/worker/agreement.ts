// Whether a network says the same on the GPU as on WASM: drivers are many, and not all of them compute what they are asked to.

import { createCropWindow } from "../camera/cropWindow";
import { KEYPOINT_COUNT } from "../hand/joints";
import type { RgbaImage } from "../recovery/image";
import type { ModelManifest, StateLayout } from "../recovery/manifest";
import type { PictureReader } from "../recovery/picture";
import type { PictureNetwork } from "../recovery/pictureNetwork";

/** Side of the picture that both look at, px. */
const SIDE = 64;
const TEXEL = 4; // bytes
/** Keypoints farther apart than these are another answer: metres, and fractions of the crop's side. */
const KEYPOINT_TOLERANCE = 0.005;
const CROP_TOLERANCE = 0.02;

/** Soft spots on a slope: what networks make of it hangs on all of their layers. */
function paint(): ImageData {
    const image = new ImageData(SIDE, SIDE);
    for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) {
            const spot = 60 * Math.sin(x / 5) * Math.cos(y / 7);
            image.data.set([90 + x + spot, 60 + 1.5 * y + spot, 140 - x + spot, 255], (y * SIDE + x) * TEXEL);
        }
    }
    return image;
}

async function lookAsync(
    network: PictureNetwork,
    picture: Parameters<PictureNetwork["startAsync"]>[0]
): Promise<Float32Array> {
    const window = Object.assign(createCropWindow(), { cx: SIDE / 2, cy: SIDE / 2, side: SIDE });
    await network.startAsync(picture, window, 0, false, ["state"]);
    await network.finishAsync();
    return network.outputs(0).state.slice();
}

/** Largest difference of so many numbers; infinite where one is none. */
function worstOf(a: Float32Array, b: Float32Array, start: number, count: number): number {
    let worst = 0;
    for (let i = start; i < start + count; i++) {
        const difference = Math.abs(a[i] - b[i]);
        worst = Number.isFinite(difference) ? Math.max(worst, difference) : Infinity;
    }
    return worst;
}

/**
 * Has a recoverer's network on the GPU and on WASM look at one picture.
 * @param reader of the GPU's pictures
 * @returns what they differ by; null where they agree
 */
export async function disagreementAsync(
    onGpu: PictureNetwork,
    reader: PictureReader,
    onWasm: PictureNetwork,
    { layout }: ModelManifest
): Promise<string | null> {
    const image = paint();
    const bitmap = await createImageBitmap(image);
    try {
        const seen = await lookAsync(onGpu, reader.open(bitmap, SIDE, SIDE));
        const expected = await lookAsync(onWasm, image as RgbaImage);
        const { keypoints, crop } = layout as StateLayout;
        const metres = worstOf(seen, expected, keypoints, KEYPOINT_COUNT * 3);
        const sides = worstOf(seen, expected, crop, KEYPOINT_COUNT * 2);
        if (metres <= KEYPOINT_TOLERANCE && sides <= CROP_TOLERANCE) {
            return null;
        }
        return `${(1000 * metres).toFixed(1)} mm and ${(100 * sides).toFixed(1)} % of the crop`;
    } finally {
        bitmap.close();
    }
}
