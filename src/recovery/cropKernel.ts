// The WebAssembly that samples crops, and the memory that it works in.

import { CROP_KERNEL } from "./cropKernel.generated";
import type { RgbaImage } from "./image";

const TEXEL = 4; // bytes
const FLOAT = 4; // bytes
const SUM = 16; // bytes of a crop pixel's sums (assembly/sampleCrop.ts)
const LANES = 64; // bytes that the kernel keeps four samples in
const PAGE = 65536; // bytes
/** Rows beyond the first and the last sample's: its lower neighbour, and what rounding may reach. */
const MARGIN = 2;

type Sample = (
    data: number,
    stride: number,
    width: number,
    height: number,
    x: number,
    y: number,
    alongX: number,
    alongY: number,
    downX: number,
    downY: number,
    size: number,
    level: number,
    sums: number,
    out: number
) => void;

/** Its memory holds the sums of a row of crop pixels, the crop, and then the rows of the picture that the window reaches. */
export class CropKernel {
    private readonly _memory: WebAssembly.Memory;
    private readonly _sample: Sample;
    private _bytes = new Uint8Array(0);
    private _floats = new Float32Array(0);

    public constructor() {
        const code = Uint8Array.from(atob(CROP_KERNEL), (character) => character.charCodeAt(0));
        const { memory, sample } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports;
        this._memory = memory as WebAssembly.Memory;
        this._sample = sample as Sample;
    }

    /**
     * @param x, y of the first sample, image px; `along` and `down` the steps to the next of its row and to the next row
     * @param size, oversampling, out as for `sampleCrop`
     */
    public sample(
        image: RgbaImage,
        x: number,
        y: number,
        alongX: number,
        alongY: number,
        downX: number,
        downY: number,
        size: number,
        oversampling: number,
        out: Float32Array
    ): void {
        const level = Math.log2(oversampling);
        if (size % 4 !== 0 || !Number.isInteger(level)) {
            throw new RangeError(
                `A crop of ${size} px with ${oversampling} samples along a pixel's side can't be sampled: its side must be a multiple of 4, and the samples 1, 2, 4 and so on. See the model's manifest ("input").`
            );
        }
        const { data, width, height, region } = image;
        const stride = TEXEL * (region?.width ?? width);
        const firstRow = region?.top ?? 0;
        const endRow = firstRow + (region?.height ?? height);
        const across = size * oversampling * alongY;
        const down = size * oversampling * downY;
        const top = Math.floor(y + Math.min(0, across) + Math.min(0, down)) - MARGIN;
        const bottom = Math.ceil(y + Math.max(0, across) + Math.max(0, down)) + MARGIN;
        const begin = Math.max(firstRow, Math.min(top, endRow));
        const end = Math.max(begin, Math.min(bottom, endRow));
        if (!(end > begin)) {
            // Nothing of the image is in the window, or the window is not a number.
            out.fill(0);
            return;
        }
        const floats = 3 * size * size;
        const crop = size * SUM + LANES;
        const rows = crop + floats * FLOAT;
        this._reserve(rows + (end - begin) * stride);
        this._bytes.set(data.subarray((begin - firstRow) * stride, (end - firstRow) * stride), rows);
        const origin = rows - begin * stride - TEXEL * (region?.left ?? 0);
        this._sample(origin, stride, width, height, x, y, alongX, alongY, downX, downY, size, level, 0, crop);
        out.set(this._floats.subarray(crop / FLOAT, crop / FLOAT + floats));
    }

    private _reserve(bytes: number): void {
        const missing = bytes - this._memory.buffer.byteLength;
        if (missing > 0) {
            this._memory.grow(Math.ceil(missing / PAGE));
        }
        if (this._bytes.buffer !== this._memory.buffer) {
            this._bytes = new Uint8Array(this._memory.buffer);
            this._floats = new Float32Array(this._memory.buffer);
        }
    }
}
