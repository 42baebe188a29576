// Where onnxruntime's MLAS looks for another implementation of convolutions: MlasConvOverride of its platform, a function's slot in the
// table, 0 if there is none (onnxruntime/core/mlas/lib/convolve.cpp).

import { I32, OP, readUnsigned, unsigned, type WasmModule } from "./wasmModule";

const PARAMETERS = 7;
const LOAD_I32 = [0x28, 0x02, 0x00];
/** Bytes of a LEB128 number of 32 bits. */
const LONGEST_ADDRESS = 5;

/**
 * The address that holds the slot: in MlasConv, which returns nothing, what is read there is called with all parameters handed on.
 * @throws Error where there is no such call, or more than one
 */
export function findConvolutionHook({ bodies, types, functionTypes }: WasmModule): number {
    const handedOn = Array.from({ length: PARAMETERS }, (_, i) => [OP.localGet, i]).flat();
    const before = Buffer.from([...handedOn, OP.i32Const]);
    const type = types.findIndex(
        ({ parameters, results }) =>
            parameters.length === PARAMETERS && parameters.every((one) => one === I32) && results[0] === I32
    );
    const after = Buffer.from([...LOAD_I32, OP.callIndirect, ...unsigned(type)]);
    const found: number[] = [];
    for (const [index, body] of bodies.entries()) {
        const { parameters, results } = types[functionTypes[index]];
        if (parameters.length !== PARAMETERS || results.length > 0) {
            continue;
        }
        const code = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
        for (let at = code.indexOf(before); at >= 0; at = code.indexOf(before, at + 1)) {
            const start = at + before.length;
            const end = code.indexOf(after, start);
            if (end > start && end - start <= LONGEST_ADDRESS) {
                found.push(readUnsigned(code.subarray(start, end)));
            }
        }
    }
    if (found.length !== 1) {
        throw new Error(
            `MLAS's hook for convolutions was found ${found.length} times: convolutionHook.ts must learn this version.`
        );
    }
    return found[0];
}
