// onnxruntime's WASM in two parts (tools/runtime): a core with what hands need, of less than half the bytes, and the rest, which is
// fetched when something in it is called.

import { instantiateConvolution } from "./convolutionKernel";

/** What the core exports: its table; the number of the slot in which the loader lies, the next one being free; and an address, below. */
export const TABLE = "split.table";
export const LOADER = "split.loader";
/** Address at which onnxruntime looks for the slot of another implementation of convolutions. */
export const HOOK = "split.hook";
/** One of its globals, of which it exports all: the pointer of its stack. */
const STACK = "split.global0";
/** The module that the rest imports these from. */
export const SHARED = "split";

/** The version of onnxruntime-web that the parts were made of; others have functions of other numbers. */
export const SPLIT_VERSION = "1.30.0";

/** Files of the parts, beside the models. */
export function splitFile(part: "core" | "rest"): string {
    return `onnxruntime-${SPLIT_VERSION}-${part}.wasm`;
}

/** A module that exports the function that it imports: only such functions can be put into a table. */
const WRAPPER = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x01, 0x7f, 0x00], // type (i32) -> ()
    ...[0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x00], // import "m" "f"
    ...[0x07, 0x05, 0x01, 0x01, 0x65, 0x00, 0x00] // export "e"
);

/** The function, callable from a table; it takes one i32. */
export function wrapForTable(f: (index: number) => void): WebAssembly.ExportValue {
    return new WebAssembly.Instance(new WebAssembly.Module(WRAPPER), { m: { f } }).exports.e;
}

/**
 * Has onnxruntime try our convolutions first.
 * @param memory that it was instantiated with
 */
export function hookConvolutions({ exports }: WebAssembly.Instance, memory: WebAssembly.Memory): void {
    const slot = numberOf(exports[LOADER]) + 1;
    const convolve = instantiateConvolution(memory, exports[STACK] as WebAssembly.Global);
    (exports[TABLE] as WebAssembly.Table).set(slot, convolve);
    new Int32Array(memory.buffer)[numberOf(exports[HOOK]) / Int32Array.BYTES_PER_ELEMENT] = slot;
}

function numberOf(global: WebAssembly.ExportValue): number {
    return (global as WebAssembly.Global<"i32">).value;
}

/**
 * Instantiates the core.
 * @param readRest gives the other part, at once, as WASM code waits for it; what it throws comes out of the call that needed it
 */
export async function instantiateCoreAsync(
    core: WebAssembly.Module,
    imports: WebAssembly.Imports,
    readRest: () => Uint8Array<ArrayBuffer>
): Promise<WebAssembly.Instance> {
    const instance = await WebAssembly.instantiate(core, imports);
    const table = instance.exports[TABLE] as WebAssembly.Table;
    table.set(
        numberOf(instance.exports[LOADER]),
        wrapForTable(() => {
            const shared = instance.exports as WebAssembly.ModuleImports;
            // It puts its functions into the table.
            new WebAssembly.Instance(new WebAssembly.Module(readRest()), { ...imports, [SHARED]: shared });
        })
    );
    return instance;
}
