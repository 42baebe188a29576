// Compiles src/recovery/assembly into src/recovery/*.generated.ts. The compiler (100 MB) is fetched for it, as nothing else needs it.
// Usage: node tools/build-kernel.mjs

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMPILER = "assemblyscript@0.28.20";
const OPTIONS = ["-O3", "--converge", "--runtime", "stub", "--enable", "simd"];
const KERNELS = [
    { source: "sampleCrop.ts", target: "cropKernel", constant: "CROP_KERNEL", options: [] },
    {
        source: "depthwise.ts",
        target: "depthwiseKernel",
        constant: "DEPTHWISE_KERNEL",
        // It works in onnxruntime's memory, which threads may share.
        options: [
            ...["--enable", "threads", "--importMemory", "--sharedMemory"],
            ...["--initialMemory", "1", "--maximumMemory", "65536"],
        ],
    },
];

const folder = mkdtempSync(join(tmpdir(), "kernel-"));
try {
    for (const { source, target, constant, options } of KERNELS) {
        const file = `src/recovery/assembly/${source}`;
        const wasm = join(folder, `${target}.wasm`);
        const all = [...OPTIONS, ...options, "--outFile", wasm];
        execFileSync("npx", ["--yes", "--package", COMPILER, "asc", file, ...all], { stdio: "inherit" });
        const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
        writeFileSync(
            `src/recovery/${target}.generated.ts`,
            [
                `// Made by tools/build-kernel.mjs from ${file} (sha256 ${hash}) with ${COMPILER}.`,
                "",
                `/** WebAssembly, base64. */`,
                `export const ${constant} =`,
                `    "${readFileSync(wasm).toString("base64")}";`,
                "",
            ].join("\n")
        );
    }
} finally {
    rmSync(folder, { recursive: true });
}
