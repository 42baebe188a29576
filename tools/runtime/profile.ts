// npm run profile:runtime: goes through all that hands need of onnxruntime's WASM, and notes which of its functions ran.

import { readFileSync, readdirSync } from "node:fs";
import * as ort from "onnxruntime-web/wasm";
import { SHARED, TABLE, wrapForTable } from "../../src/recovery/splitRuntime";
import { loadRuntimeAsync } from "../../src/recovery/session";
import { writeKeptFunctions } from "./keptFunctions";
import { traceWasm } from "./splitWasm";
import { startedWasmAsync } from "./startedWasm";
import { readWasm, type WasmModule } from "./wasmModule";
import { WHOLE } from "./writeRuntime";

const MODELS = new URL("../../models/", import.meta.url);

interface Described {
    file: string;
    input?: { name: string; size: number; coarseSize?: number };
    inputs?: Record<string, number[]>;
}

const wasm = readFileSync(WHOLE);
const module = await startedWasmAsync(readWasm(wasm));
const kept = indispensable(module);
const trace = traceWasm(module, kept);
const stopTracing = useTrace();
try {
    await loadRuntimeAsync("wasm", { threads: 1 });
    for (const file of readdirSync(MODELS).filter((name) => name.endsWith(".json"))) {
        await runAsync(JSON.parse(readFileSync(new URL(file, MODELS), "utf8")) as Described);
        console.log(`${file}: ${kept.size} functions so far`);
    }
    await refuseAsync();
} finally {
    stopTracing();
}
writeKeptFunctions(ort.env.versions.web!, wasm, kept);
const bytes = [...kept].reduce((sum, index) => sum + module.bodies[index].length, 0);
console.log(`${kept.size} of ${module.bodies.length} functions, ${bytes} bytes of code`);

/** The functions without which the rest is no valid module, as they name data segments; the one that runs first is among them. */
function indispensable(whole: WasmModule): Set<number> {
    const found = new Set<number>(whole.start < 0 ? [] : [whole.start - whole.importedFunctions]);
    for (;;) {
        try {
            new WebAssembly.Module(traceWasm(whole, found).rest as Uint8Array<ArrayBuffer>);
            return found;
        } catch (error) {
            // V8 says which; in the rest of a trace every function has a stand-in before it.
            const index = /function #(\d+) failed: invalid data segment/.exec(String(error))?.[1];
            if (!index) {
                throw error;
            }
            found.add((Number(index) - whole.importedFunctions) % whole.bodies.length);
        }
    }
}

/** Has onnxruntime start with the traced module; what it returns undoes that. */
function useTrace(): () => void {
    const { instantiate } = WebAssembly;
    ort.env.wasm.wasmBinary = trace.core as Uint8Array<ArrayBuffer>;
    WebAssembly.instantiate = (async (source: BufferSource, imports: WebAssembly.Imports) => {
        const result = await instantiate(source, imports);
        const shared = result.instance.exports as WebAssembly.ModuleImports;
        const table = shared[TABLE] as WebAssembly.Table;
        new WebAssembly.Instance(new WebAssembly.Module(trace.rest as Uint8Array<ArrayBuffer>), {
            ...imports,
            [SHARED]: shared,
        });
        const note = (slot: number): void => {
            kept.add(slot - trace.slots.functions);
            table.set(slot, table.get(slot + trace.offset));
        };
        table.set(trace.slots.loader, wrapForTable(note));
        return result;
    }) as typeof WebAssembly.instantiate;
    return () => {
        WebAssembly.instantiate = instantiate;
    };
}

/** A network with pictures of all sizes that it is given, and all of its outputs. */
async function runAsync({ file, input, inputs }: Described): Promise<void> {
    const session = await ort.InferenceSession.create(readFileSync(new URL(file, MODELS)));
    const sizes = input ? [input.size, ...(input.coarseSize ? [input.coarseSize] : [])] : [0];
    for (const size of sizes) {
        const shapes = input ? { [input.name]: [1, 3, size, size] } : inputs!;
        const feeds = Object.entries(shapes).map(([name, shape]) => {
            const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, Math.random);
            return [name, new ort.Tensor("float32", values, shape)] as const;
        });
        await session.run(Object.fromEntries(feeds));
    }
    await session.release();
}

/** What onnxruntime says of a file that is no network. */
async function refuseAsync(): Promise<void> {
    const refused = await ort.InferenceSession.create(new Uint8Array(64)).then(
        () => false,
        () => true
    );
    if (!refused) {
        throw new Error("onnxruntime took a file of zeros for a network.");
    }
}
