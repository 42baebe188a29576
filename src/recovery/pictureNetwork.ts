// A network that looks at windows of pictures, wherever it runs.

import type { CropWindow } from "../camera/cropWindow";
import type { Picture } from "./picture";

/** A network's outputs by name, and what it saw. */
export type Outputs = Readonly<Record<string, Float32Array>>;

/**
 * Of each frame: `startAsync` for every window, `finishAsync` once, then `outputs`. So a GPU gets the work of all hands before
 * anybody waits for it, and is waited for once.
 */
export interface PictureNetwork {
    /**
     * Starts on a window of a picture.
     * @param picture as the `PictureReader` beside the network makes them
     * @param slot which of the frame's windows it is: 0 and up
     * @param isCoarse whether a coarser look will do, for less time (`PictureInput.coarseSize`)
     * @param wanted names of the outputs that will be looked at, others may be missing; and that of the input, where the crop is
     * (3 x S x S planes red, green, blue, 0..1; S may hang on `isCoarse`)
     */
    startAsync(
        picture: Picture,
        window: CropWindow,
        slot: number,
        isCoarse: boolean,
        wanted: readonly string[]
    ): Promise<void>;
    /** Waits for all that was started. */
    finishAsync(): Promise<void>;
    /** What it said of a slot's window; valid until that slot is started anew. */
    outputs(slot: number): Outputs;
    /** Runs once more on what it saw last and waits for all outputs, for timing and to be ready for the first frame. */
    repeatAsync(): Promise<void>;
    disposeAsync(): Promise<void>;
}
