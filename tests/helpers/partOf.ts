// A part of an image, as a reader that reads only what is needed gives it.

import type { Region } from "../../src/camera/region";
import type { RgbaImage } from "../../src/recovery/image";

export function partOf({ data, width, height }: RgbaImage, region: Region): RgbaImage & { region: Region } {
    const row = region.width * 4;
    const part = new Uint8Array(row * region.height);
    for (let y = 0; y < region.height; y++) {
        const from = ((region.top + y) * width + region.left) * 4;
        part.set(data.subarray(from, from + row), y * row);
    }
    return { data: part, width, height, region: { ...region } };
}
