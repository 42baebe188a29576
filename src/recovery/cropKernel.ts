// The WebAssembly that samples crops, and the memory that it works in.

import { decodeBase64 } from "../base64";
import { CROP_KERNEL } from "./cropKernel.generated";

const PAGE = 65536; // bytes

/** `sample` of assembly/sampleCrop.ts. */
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

export class CropKernel {
    public readonly sample: Sample;
    /** The whole memory; others after `reserve`. */
    public bytes = new Uint8Array(0);
    public floats = new Float32Array(0);
    private readonly _memory: WebAssembly.Memory;

    public constructor() {
        const code = new WebAssembly.Module(decodeBase64(CROP_KERNEL));
        const { memory, sample } = new WebAssembly.Instance(code).exports;
        this._memory = memory as WebAssembly.Memory;
        this.sample = sample as Sample;
    }

    /** Makes the memory at least this large; it never shrinks. */
    public reserve(bytes: number): void {
        const missing = bytes - this._memory.buffer.byteLength;
        if (missing > 0) {
            this._memory.grow(Math.ceil(missing / PAGE));
        }
        if (this.bytes.buffer !== this._memory.buffer) {
            this.bytes = new Uint8Array(this._memory.buffer);
            this.floats = new Float32Array(this._memory.buffer);
        }
    }
}
