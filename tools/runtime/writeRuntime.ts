// Writes the parts of onnxruntime's WASM beside the models.

import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { splitFile } from "../../src/recovery/splitRuntime";
import { readKeptFunctions } from "./keptFunctions";
import { splitWasm } from "./splitWasm";
import { startedWasmAsync } from "./startedWasm";
import { readWasm } from "./wasmModule";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The file that is split: onnxruntime without WebGPU. */
export const WHOLE = join(ROOT, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");

/** @throws Error where another onnxruntime-web is installed than the one that was profiled */
export async function writeRuntimeAsync(folder = join(ROOT, "models")): Promise<void> {
    const wasm = readFileSync(WHOLE);
    const kept = readKeptFunctions(wasm);
    const parts = splitWasm(await startedWasmAsync(readWasm(wasm)), kept);
    // Another program that builds at the same time never sees half a file.
    const scratch = mkdtempSync(join(folder, ".runtime-"));
    try {
        for (const part of ["core", "rest"] as const) {
            writeFileSync(join(scratch, part), parts[part]);
            renameSync(join(scratch, part), join(folder, splitFile(part)));
        }
    } finally {
        rmSync(scratch, { recursive: true });
    }
}
