// Convolutions by WebAssembly of our own (assembly/convolution.ts) inside onnxruntime's, in half of its time.

import { decodeBase64 } from "../base64";
import { CONVOLUTION_KERNEL } from "./convolutionKernel.generated";

/** `convolve` of assembly/convolution.ts, by address; callable from a table. */
export type Convolve = (
    parameters: number,
    input: number,
    filter: number,
    bias: number,
    scratch: number,
    output: number,
    threads: number
) => number;

/**
 * The kernel, working in this memory.
 * @param stack pointer of a stack that grows downward: 64 kB below it are used
 */
export function instantiateConvolution(memory: WebAssembly.Memory, stack: WebAssembly.Global): Convolve {
    const code = new WebAssembly.Module(decodeBase64(CONVOLUTION_KERNEL));
    return new WebAssembly.Instance(code, { env: { memory }, convolution: { stack } }).exports.convolve as Convolve;
}
