// Convolutions of depth one by WebAssembly of our own (assembly/depthwise.ts), inside onnxruntime's: it writes every tap of them out
// as a row of a matrix, which takes a third of the time of networks for hands.

import { DEPTHWISE_KERNEL } from "./depthwiseKernel.generated";

/** `convolve` of assembly/depthwise.ts, by address; callable from a table. */
export type Convolve = (
    parameters: number,
    input: number,
    filter: number,
    bias: number,
    scratch: number,
    output: number,
    threads: number
) => number;

/** The kernel, working in this memory. */
export function instantiateDepthwise(memory: WebAssembly.Memory): Convolve {
    const code = Uint8Array.from(atob(DEPTHWISE_KERNEL), (character) => character.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports.convolve as Convolve;
}
