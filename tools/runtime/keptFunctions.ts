// Which functions of onnxruntime's WASM the core has: those that ran when profile.ts went through all that hands need.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("keptFunctions.json", import.meta.url));

interface Written {
    /** Of onnxruntime-web. */
    version: string;
    /** Of its .wasm file. */
    sha256: string;
    /** Ranges of indices, without the imported functions. */
    functions: string;
}

/** @throws Error where `wasm` is not the file that was profiled */
export function readKeptFunctions(wasm: Uint8Array): Set<number> {
    const { version, sha256, functions } = JSON.parse(readFileSync(FILE, "utf8")) as Written;
    const found = sha256Of(wasm);
    if (found !== sha256) {
        throw new Error(
            `onnxruntime's WASM has sha256 ${found}, that of ${version} had ${sha256}: run npm run profile:runtime, and set SPLIT_VERSION.`
        );
    }
    const kept = new Set<number>();
    for (const range of functions.split(" ")) {
        const [first, last = first] = range.split("-").map(Number);
        for (let index = first; index <= last; index++) {
            kept.add(index);
        }
    }
    return kept;
}

export function writeKeptFunctions(version: string, wasm: Uint8Array, kept: ReadonlySet<number>): void {
    const ranges: [number, number][] = [];
    for (const index of [...kept].sort((a, b) => a - b)) {
        const last = ranges.at(-1);
        if (last?.[1] === index - 1) {
            last[1] = index;
        } else {
            ranges.push([index, index]);
        }
    }
    const functions = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(" ");
    const written: Written = { version, sha256: sha256Of(wasm), functions };
    writeFileSync(FILE, `${JSON.stringify(written, null, 2)}\n`);
}

function sha256Of(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}
