// Finds palms in a whole image.

import { createCropWindow } from "../camera/cropWindow";
import { decodePalms, PALM_INPUT_SIZE, type Palm } from "../tracking/palmDecoder";
import type { RgbaImage } from "./image";
import { sampleCrop } from "./sampleCrop";
import type { NetworkSession } from "./session";

/** Palms of one image, with the square of the image that their fractions refer to. */
export interface PalmDetections {
    palms: Palm[];
    /** Corner and side of the square, image px: the image is centred in it. */
    originX: number;
    originY: number;
    square: number;
}

export class PalmDetector {
    private readonly _window = createCropWindow();

    public constructor(private readonly _session: NetworkSession) {}

    /** @param minScore 0..1 */
    public async detectAsync(image: RgbaImage, minScore?: number): Promise<PalmDetections> {
        const square = Math.max(image.width, image.height);
        const window = this._window;
        window.cx = image.width / 2;
        window.cy = image.height / 2;
        window.side = square;
        sampleCrop(image, window, PALM_INPUT_SIZE, this._session.input);
        const { boxes, scores } = await this._session.runAsync();
        return {
            palms: decodePalms(boxes, scores, minScore),
            originX: (image.width - square) / 2,
            originY: (image.height - square) / 2,
            square,
        };
    }
}
