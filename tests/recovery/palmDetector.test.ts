import { describe, expect, it } from "vitest";
import { createCropWindow } from "../../src/camera/cropWindow";
import { PalmDetector } from "../../src/recovery/palmDetector";
import type { PictureInput } from "../../src/recovery/manifest";
import type { Outputs, PictureNetwork } from "../../src/recovery/pictureNetwork";
import { PALM_BOX_LENGTH, palmAnchors } from "../../src/tracking/palmDecoder";

const INPUT: PictureInput = { name: "image", size: 192, coarseSize: 128 };
const BLACK = { data: new Uint8Array(4), width: 1, height: 1 };
const PLACE = [0.3, 0.7] as const;

/** A network that sees a palm at `PLACE`, in a picture of the size that `sizeOf` chooses. */
class OnePalm implements PictureNetwork {
    private _size = 0;

    public constructor(private readonly _sizeOf: (isCoarse: boolean) => number) {}

    public startAsync(...[, , , isCoarse]: Parameters<PictureNetwork["startAsync"]>): Promise<void> {
        this._size = this._sizeOf(isCoarse);
        return Promise.resolve();
    }

    public finishAsync = () => Promise.resolve();
    public repeatAsync = () => Promise.resolve();
    public disposeAsync = () => Promise.resolve();

    public outputs(): Outputs {
        const anchors = palmAnchors(this._size);
        const count = anchors.length / 2;
        const boxes = new Float32Array(count * PALM_BOX_LENGTH);
        const scores = new Float32Array(count).fill(-10);
        const anchor = count >> 1;
        scores[anchor] = 3;
        for (const axis of [0, 1]) {
            boxes[anchor * PALM_BOX_LENGTH + axis] = (PLACE[axis] - anchors[anchor * 2 + axis]) * this._size;
            boxes[anchor * PALM_BOX_LENGTH + 2 + axis] = 0.2 * this._size;
        }
        return { boxes, scores };
    }
}

describe("the palm detector", () => {
    it.each([
        ["of two sizes", INPUT],
        ["of one size", { name: "image", size: 192 } satisfies PictureInput],
    ])("reads a network %s in full and in coarse looks", async (_, input) => {
        const network = new OnePalm((isCoarse) => (isCoarse ? (input.coarseSize ?? input.size) : input.size));
        const detector = new PalmDetector(network, input);
        for (const isCoarse of [false, true]) {
            const palms = await detector.detectAsync(BLACK, createCropWindow(), isCoarse);
            const places = palms.map(({ cx, cy, width }) => [cx, cy, width].map((value) => +value.toFixed(4)));
            console.log(`${isCoarse ? "coarse" : "full"} look: centre and width ${places.join("; ")}`);
            expect(places).toEqual([[...PLACE, 0.2]]);
        }
    });
});
