// onnxruntime's WASM in two parts, beside the whole of it, on the networks that are shipped.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { loadCoreAsync, startOnCoreAsync } from "../../src/recovery/coreRuntime";
import type { OrtModule } from "../../src/recovery/session";
import { hookConvolutions, SPLIT_VERSION, splitFile } from "../../src/recovery/splitRuntime";
import { readKeptFunctions } from "../../tools/runtime/keptFunctions";
import { splitWasm, type SplitWasm } from "../../tools/runtime/splitWasm";
import { startedWasmAsync } from "../../tools/runtime/startedWasm";
import { readWasm, SECTION, type WasmModule } from "../../tools/runtime/wasmModule";
import { WHOLE } from "../../tools/runtime/writeRuntime";
import { seededRandom } from "../helpers/random";

const BUILD = WHOLE.replace("ort-wasm-simd-threaded.wasm", "ort.wasm.min.js");
const require = createRequire(import.meta.url);
const BASE = "https://example.org/models/";
/** Networks of every kind, with the sides of the pictures that they are given. */
const NETWORKS = {
    palm: [192, 128],
    fast: [224, 192],
    mini: [128, 96],
    mediapipe: [224],
    ahrnet: [224],
    amvur: [224],
    jar: [224],
};
/** y = sin(x) of four numbers, in ONNX: no network for hands has a sine. */
const SINE = "CAgSADoyCgsKAXgSAXkiA1NpbhIBZ1oPCgF4EgoKCAgBEgQKAggEYg8KAXkSCgoICAESBAoCCARCBAoAEBE=";

let parts: SplitWasm;
let started: WasmModule;
/** Addresses that were read for the rest. */
const reads: string[] = [];
let status = 200;

/** What a worker has of it: the rest, at once. */
class ServedRest {
    public responseType = "";
    public readonly response = parts.rest.slice().buffer;
    public get status(): number {
        return status;
    }
    public open(_method: string, url: URL): void {
        reads.push(url.href);
    }
    public send(): void {}
}

beforeAll(async () => {
    const wasm = readFileSync(WHOLE);
    started = await startedWasmAsync(readWasm(wasm));
    parts = splitWasm(started, readKeptFunctions(wasm));
    const [whole, core, rest] = [wasm, parts.core, parts.rest].map((bytes) => [bytes.length, gzipSync(bytes).length]);
    console.log(`whole ${whole.join(", gzip ")}; core ${core.join(", gzip ")}; rest ${rest.join(", gzip ")} bytes`);
    expect(core[1]).toBeLessThan(0.6 * whole[1]);
});

afterEach(() => {
    vi.unstubAllGlobals();
    reads.length = 0;
    status = 200;
});

function serve(core: Response): void {
    vi.stubGlobal("XMLHttpRequest", ServedRest);
    vi.stubGlobal("fetch", (url: URL) => {
        expect(url.href).toBe(BASE + splitFile("core"));
        return Promise.resolve(core);
    });
}

const served = (): Response =>
    new Response(parts.core as Uint8Array<ArrayBuffer>, { headers: { "Content-Type": "application/wasm" } });

/** Another onnxruntime: each is started once. */
function freshOrt(): OrtModule {
    delete require.cache[BUILD];
    const ort = require(BUILD) as OrtModule;
    ort.env.wasm.numThreads = 1;
    return ort;
}

/** The numbers that a network answers for some pictures of noise. */
async function answersAsync(ort: OrtModule, name: string, sizes: readonly number[]): Promise<number[]> {
    const session = await ort.InferenceSession.create(readFileSync(`models/${name}.onnx`), {
        executionProviders: ["wasm"],
    });
    const answers: number[] = [];
    for (const size of sizes) {
        const random = seededRandom(size);
        const image = Float32Array.from({ length: 3 * size * size }, random);
        const results = await session.run({
            [session.inputNames[0]]: new ort.Tensor("float32", image, [1, 3, size, size]),
        });
        for (const output of Object.values(results)) {
            answers.push(...(output.data as Float32Array));
        }
    }
    await session.release();
    return answers;
}

async function sineAsync(ort: OrtModule): Promise<number[]> {
    const session = await ort.InferenceSession.create(Buffer.from(SINE, "base64"), { executionProviders: ["wasm"] });
    const { y } = await session.run({ x: new ort.Tensor("float32", Float32Array.of(0, 1, 2, 3), [4]) });
    return [...(y.data as Float32Array)];
}

it("networks answer on the core what they answer on the whole, bit by bit, without the rest; others load it once", async () => {
    serve(served());
    const core = await loadCoreAsync(BASE, 1);
    const [onCore, onWhole] = [freshOrt(), freshOrt()];
    const { instantiate } = WebAssembly;
    let accelerate = (): void => undefined;
    await startOnCoreAsync(
        onCore,
        core!,
        BASE,
        () => answersAsync(onCore, "fast", [96]),
        (instance, memory) => {
            accelerate = () => hookConvolutions(instance, memory);
        }
    );
    expect(WebAssembly.instantiate).toBe(instantiate);
    let compared = 0;
    for (const [name, sizes] of Object.entries(NETWORKS)) {
        const answers = await answersAsync(onCore, name, sizes);
        expect(answers).toEqual(await answersAsync(onWhole, name, sizes));
        compared += answers.length;
    }
    console.log(`${compared} numbers are the same; the rest was read ${reads.length} times`);
    expect(compared).toBeGreaterThan(10_000);
    expect(reads).toEqual([]);
    const sine = await sineAsync(onCore);
    expect(sine).toEqual(await sineAsync(onWhole));
    expect(sine.map((y) => Number(y.toFixed(4)))).toEqual([0, 0.8415, 0.9093, 0.1411]);
    await sineAsync(onCore);
    expect(reads).toEqual([BASE + splitFile("rest")]);
    // Sums of the same products in another order, so within what is left of 24 bits after some hundred layers.
    accelerate();
    const differences: Record<string, number> = {};
    for (const [name, sizes] of Object.entries(NETWORKS)) {
        const [ours, theirs] = [await answersAsync(onCore, name, sizes), await answersAsync(onWhole, name, sizes)];
        const largest = Math.max(...theirs.map(Math.abs));
        differences[name] = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]))) / largest;
    }
    console.log("with our convolutions they differ by, of their largest number,", differences);
    expect(Math.max(...Object.values(differences))).toBeLessThan(1e-5);
    expect(differences.fast).toBeGreaterThan(0);
    expect(differences.mediapipe).toBeGreaterThan(0);
});

it("says what is missing where the rest is needed and not served", async () => {
    serve(served());
    status = 404;
    const ort = freshOrt();
    const core = (await loadCoreAsync(BASE, 1))!;
    const before = await startOnCoreAsync(ort, core, BASE, () => answersAsync(ort, "fast", [96]));
    await expect(sineAsync(ort)).rejects.toThrow(
        `${BASE}${splitFile("rest")}, could not be read: the server answered 404`
    );
    // What runs goes on.
    expect(await answersAsync(ort, "fast", [96])).toEqual(before);
});

it("takes onnxruntime's own file where the core is not served, is no WASM, or cannot be used", async () => {
    serve(new Response("Not found", { status: 404 }));
    expect(await loadCoreAsync(BASE, 1)).toBeNull();
    serve(new Response("<html>", { headers: { "Content-Type": "text/html" } }));
    expect(await loadCoreAsync(BASE, 1)).toBeNull();
    serve(served());
    expect(await loadCoreAsync(BASE, 2)).not.toBeNull();
    expect(await loadCoreAsync(BASE, 3)).toBeNull();
    vi.stubGlobal("document", {});
    expect(await loadCoreAsync(BASE, 1)).toBeNull();
});

it("another version of onnxruntime starts with its own file", async () => {
    const ort = { env: { versions: { web: "0.0.1" }, wasm: {} } } as OrtModule;
    const { instantiate } = WebAssembly;
    const core = await WebAssembly.compile(parts.core as Uint8Array<ArrayBuffer>);
    const during = await startOnCoreAsync(ort, core, BASE, () => Promise.resolve(WebAssembly.instantiate));
    expect(during).toBe(instantiate);
    expect(ort.env.wasm.wasmBinary).toBeUndefined();
});

it("the parts are of the version that is installed, and another file than the profiled one is refused", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: object };
    expect(dependencies).toMatchObject({ "onnxruntime-web": SPLIT_VERSION });
    expect(() => readKeptFunctions(Uint8Array.of(1, 2, 3))).toThrow("run npm run profile:runtime");
});

it("every build writes the same started onnxruntime, which knows nothing of the machine", async () => {
    const again = await startedWasmAsync(readWasm(readFileSync(WHOLE)));
    const [first, second] = [started, again].map(
        ({ sections }) => sections.find(({ id }) => id === SECTION.data)!.data
    );
    console.log(`${first.length} bytes of memory`);
    expect(first.length).toBeGreaterThan(1e6);
    expect(Buffer.compare(first, second)).toBe(0);
    expect(Buffer.from(first).includes(process.cwd())).toBe(false);
    expect(started.start).toBe(-1);
});
