// Finds palms in a whole image.

import { createCropWindow } from "../camera/cropWindow";
import { decodePalms, type Palm } from "../tracking/palmDecoder";
import type { Picture } from "./picture";
import type { PictureNetwork } from "./pictureNetwork";

const OUTPUTS = ["boxes", "scores"];

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

    public constructor(private readonly _network: PictureNetwork) {}

    /** @param minScore 0..1 */
    public async detectAsync(picture: Picture, minScore?: number): Promise<PalmDetections> {
        const square = Math.max(picture.width, picture.height);
        const window = this._window;
        window.cx = picture.width / 2;
        window.cy = picture.height / 2;
        window.side = square;
        await this._network.startAsync(picture, window, 0, 1, OUTPUTS);
        await this._network.finishAsync();
        const { boxes, scores } = this._network.outputs(0);
        return {
            palms: decodePalms(boxes, scores, minScore),
            originX: (picture.width - square) / 2,
            originY: (picture.height - square) / 2,
            square,
        };
    }
}
