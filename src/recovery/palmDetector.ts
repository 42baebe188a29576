// Finds palms in a square of an image.

import type { CropWindow } from "../camera/cropWindow";
import { decodePalms, palmAnchors, type Palm, type PalmInput } from "../tracking/palmDecoder";
import type { Picture } from "./picture";
import type { PictureNetwork } from "./pictureNetwork";

const OUTPUTS = ["boxes", "scores"];

export class PalmDetector {
    private readonly _input: PalmInput;

    /** @param size side of what the network sees, px */
    public constructor(
        private readonly _network: PictureNetwork,
        size: number
    ) {
        this._input = { size, anchors: palmAnchors(size) };
    }

    /**
     * @param view the square that palms are looked for in; black where it is beyond the picture
     * @param minScore 0..1
     * @returns in fractions of the square
     */
    public async detectAsync(picture: Picture, view: CropWindow, minScore?: number): Promise<Palm[]> {
        await this._network.startAsync(picture, view, 0, 1, OUTPUTS);
        await this._network.finishAsync();
        const { boxes, scores } = this._network.outputs(0);
        return decodePalms(boxes, scores, this._input, minScore);
    }
}
