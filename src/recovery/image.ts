// Pixels on the CPU.

/** An image as rows of red, green, blue, alpha bytes. */
export interface RgbaImage {
    /** width x height x 4 */
    data: Uint8Array | Uint8ClampedArray;
    width: number;
    height: number;
}
