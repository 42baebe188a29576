// onnxruntime's WASM as it is once it has started: what its memory holds then is written into the module, so that no page makes again
// what is the same in all of them. Tables of operators, their types and kernels, take most of a start's time.

import { createRequire } from "node:module";
import { decodeBase64 } from "../../src/base64";
import type { OrtModule } from "../../src/recovery/session";
import { WARM_UP_NETWORK, WARM_UP_SIZE } from "../../src/recovery/warmUpNetwork";
import { globalName, splitWasm } from "./splitWasm";
import { constant, listed, OP, SECTION, sized, unsigned, type Bytes, type WasmModule } from "./wasmModule";

/** So many zeros do not end a segment of data: what begins another is more once all is compressed. */
const LONGEST_GAP = 64;
/** What onnxruntime's JavaScript calls first, by turns: constructors of globals, and OrtInit(threads, log level), which returns 0. */
const CALLS = [
    { parameters: 0, body: [0, ...OP.end] },
    { parameters: 2, body: [0, ...constant(0), ...OP.end] },
] as const;

interface Started {
    memory: Uint8Array;
    /** Values of all globals. */
    globals: readonly number[];
    /** Exports that were called: those of CALLS. */
    called: readonly string[];
}

/**
 * The module as it is with one thread and the log level that is set here, after a network's session and run: instantiated it goes on
 * from there, and what had started it does nothing.
 * @throws Error where onnxruntime starts otherwise than is known here
 */
export async function startedWasmAsync(module: WasmModule): Promise<WasmModule> {
    const { memory, globals, called } = await startAsync(module);
    const bodies = [...module.bodies];
    for (const [i, name] of called.entries()) {
        const index = module.exports.get(name)! - module.importedFunctions;
        if (module.types[module.functionTypes[index]].parameters.length !== CALLS[i].parameters) {
            throw new Error(
                `onnxruntime calls ${called.join(", ")} when it starts: startedWasm.ts must learn this version.`
            );
        }
        bodies[index] = Uint8Array.from(CALLS[i].body);
    }
    const segments = segmentsOf(memory);
    const replaced: Readonly<Record<number, Uint8Array>> = {
        [SECTION.global]: listed(
            module.globals.map(({ type, isMutable }, i) => [type, isMutable, ...constant(globals[i]), ...OP.end])
        ),
        [SECTION.dataCount]: Uint8Array.from(unsigned(segments.length)),
        [SECTION.data]: listed(segments),
    };
    return {
        ...module,
        // What ran first copied the data.
        sections: module.sections
            .filter(({ id }) => id !== SECTION.start)
            .map(({ id, data }) => ({ id, data: replaced[id] ?? data })),
        bodies,
        start: -1,
    };
}

async function startAsync(module: WasmModule): Promise<Started> {
    const everything = new Set(module.bodies.keys());
    const ort = freshOnnxruntime();
    ort.env.logLevel = "error";
    ort.env.wasm.numThreads = 1;
    const wasm = splitWasm(module, everything).core.slice().buffer;
    ort.env.wasm.wasmBinary = wasm;
    const called: string[] = [];
    let instance: WebAssembly.Instance | undefined;
    let memory: WebAssembly.Memory | undefined;
    const { instantiate } = WebAssembly;
    const restore = nowhereAndNever();
    WebAssembly.instantiate = (async (source: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports) => {
        if (source.buffer !== wasm) {
            return instantiate(source, imports);
        }
        const made = await instantiate(source, imports);
        instance = made.instance;
        memory = Object.values(imports)
            .flatMap((one) => Object.values(one))
            .find((value) => value instanceof WebAssembly.Memory);
        return { ...made, instance: { exports: noting(instance.exports, called) } };
    }) as typeof instantiate;
    try {
        await runAsync(ort);
    } finally {
        WebAssembly.instantiate = instantiate;
        restore();
    }
    return {
        memory: new Uint8Array(memory!.buffer).slice(),
        globals: module.globals.map((_, i) => (instance!.exports[globalName(i)] as WebAssembly.Global<"i32">).value),
        called: called.slice(0, CALLS.length),
    };
}

/** Hides from onnxruntime where and when it starts: every build writes the same file, without paths of the machine. */
function nowhereAndNever(): () => void {
    const { argv } = process;
    const { now } = Date;
    process.argv = argv.slice(0, 1);
    Date.now = () => 0;
    const values = { now: () => 0, timeOrigin: 0 };
    Object.entries(values).forEach(([name, value]) =>
        Object.defineProperty(performance, name, { value, configurable: true })
    );
    return () => {
        process.argv = argv;
        Date.now = now;
        Object.keys(values).forEach((name) => Reflect.deleteProperty(performance, name));
    };
}

/** One that has not started. */
function freshOnnxruntime(): OrtModule {
    const require = createRequire(import.meta.url);
    const build = "onnxruntime-web/wasm";
    delete require.cache[require.resolve(build)];
    return require(build) as OrtModule;
}

/** The exports, of which the functions write their names into `called` when JavaScript calls them that no WASM called. */
function noting(exports: WebAssembly.Exports, called: string[]): WebAssembly.Exports {
    let depth = 0;
    return Object.fromEntries(
        Object.entries(exports).map(([name, value]) => [
            name,
            typeof value === "function"
                ? (...parameters: unknown[]): unknown => {
                      if (depth === 0) {
                          called.push(name);
                      }
                      depth++;
                      try {
                          return (value as (...all: unknown[]) => unknown)(...parameters);
                      } finally {
                          depth--;
                      }
                  }
                : value,
        ])
    );
}

async function runAsync(ort: OrtModule): Promise<void> {
    const session = await ort.InferenceSession.create(decodeBase64(WARM_UP_NETWORK), { executionProviders: ["wasm"] });
    const shape = [1, 3, WARM_UP_SIZE, WARM_UP_SIZE];
    const x = new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)), shape);
    const results = await session.run({ x });
    Object.values(results).forEach((one) => one.dispose());
    await session.release();
}

/** Segments of data that make an empty memory this one. */
function segmentsOf(memory: Uint8Array): Bytes[] {
    const segments: Bytes[] = [];
    let from = memory.findIndex(Boolean);
    while (from >= 0 && from < memory.length) {
        let to = from + 1;
        let next = to;
        for (; next < memory.length && next - to <= LONGEST_GAP; next++) {
            if (memory[next]) {
                to = next + 1;
            }
        }
        segments.push(segment(from, memory.subarray(from, to)));
        while (next < memory.length && !memory[next]) {
            next++;
        }
        from = next;
    }
    return segments;
}

function segment(at: number, data: Uint8Array): Uint8Array {
    return Buffer.concat([Uint8Array.of(0, ...constant(at), ...OP.end), sized(data)]);
}
