// Compiles src/recovery/assembly/sampleCrop.ts into src/recovery/cropKernel.generated.ts. The compiler (100 MB) is fetched for it, as
// nothing else needs it.
// Usage: node tools/build-kernel.mjs

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMPILER = "assemblyscript@0.28.20";
const SOURCE = "src/recovery/assembly/sampleCrop.ts";
const TARGET = "src/recovery/cropKernel.generated.ts";

const folder = mkdtempSync(join(tmpdir(), "kernel-"));
try {
    const wasm = join(folder, "kernel.wasm");
    const options = ["-O3", "--converge", "--runtime", "stub", "--enable", "simd", "--outFile", wasm];
    execFileSync("npx", ["--yes", "--package", COMPILER, "asc", SOURCE, ...options], { stdio: "inherit" });
    const source = createHash("sha256").update(readFileSync(SOURCE)).digest("hex");
    writeFileSync(
        TARGET,
        [
            `// Made by tools/build-kernel.mjs from ${SOURCE} (sha256 ${source}) with ${COMPILER}.`,
            "",
            `/** WebAssembly, base64. */`,
            `export const CROP_KERNEL =`,
            `    "${readFileSync(wasm).toString("base64")}";`,
            "",
        ].join("\n")
    );
} finally {
    rmSync(folder, { recursive: true });
}
