// Pixels on the CPU.

import type { Region } from "../camera/region";
import type { Picture } from "./picture";

/** An image as rows of red, green, blue, alpha bytes. */
export interface RgbaImage extends Picture {
    /** width x height x 4, or the region's; may be longer */
    data: Uint8Array | Uint8ClampedArray;
    width: number;
    height: number;
    /** The part that `data` holds; the whole where none is said. */
    region?: Readonly<Region>;
}
