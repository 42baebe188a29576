// Finds palms in a square of an image.

import type { CropWindow } from "../camera/cropWindow";
import { decodePalms, palmAnchors, type Palm, type PalmInput } from "../tracking/palmDecoder";
import type { PictureInput } from "./manifest";
import type { Picture } from "./picture";
import type { PictureNetwork } from "./pictureNetwork";

const OUTPUTS = ["boxes", "scores"];

export class PalmDetector {
    private readonly _full: PalmInput;
    private readonly _coarse: PalmInput;

    public constructor(
        private readonly _network: PictureNetwork,
        { size, coarseSize = size }: PictureInput
    ) {
        this._full = { size, anchors: palmAnchors(size) };
        this._coarse = { size: coarseSize, anchors: palmAnchors(coarseSize) };
    }

    /**
     * @param view the square that palms are looked for in; black where it is beyond the picture
     * @param isCoarse whether palms that are small in the square may be missed, for less time
     * @param minScore 0..1
     * @returns in fractions of the square
     */
    public async detectAsync(picture: Picture, view: CropWindow, isCoarse = false, minScore?: number): Promise<Palm[]> {
        await this._network.startAsync(picture, view, 0, isCoarse, OUTPUTS);
        await this._network.finishAsync();
        const { boxes, scores } = this._network.outputs(0);
        return decodePalms(boxes, scores, isCoarse ? this._coarse : this._full, minScore);
    }
}
