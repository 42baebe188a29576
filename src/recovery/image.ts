// Pixels on the CPU.

import type { Picture } from "./picture";

/** An image as rows of red, green, blue, alpha bytes. */
export interface RgbaImage extends Picture {
    /** width x height x 4 */
    data: Uint8Array | Uint8ClampedArray;
    width: number;
    height: number;
}
