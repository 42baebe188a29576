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
    { sources: ["sampleCrop.ts"], target: "cropKernel", constant: "CROP_KERNEL", options: [] },
    {
        // The first is compiled, the others are what it imports.
        sources: [
            "convolution.ts",
            "depthwise.ts",
            "pointwise.ts",
            "dense.ts",
            "threeByThree.ts",
            "everyOther.ts",
            "fiveByFive.ts",
            "panel.ts",
            "rows.ts",
            "mlas.ts",
        ],
        target: "convolutionKernel",
        constant: "CONVOLUTION_KERNEL",
        // It works in onnxruntime's memory, which threads may share.
        options: [
            // Vectors are handed on between its own functions only.
            ...["--disableWarning", "112"],
            ...["--enable", "threads", "--importMemory", "--sharedMemory"],
            ...["--initialMemory", "1", "--maximumMemory", "65536"],
        ],
    },
];

const folder = mkdtempSync(join(tmpdir(), "kernel-"));
try {
    for (const { sources, target, constant, options } of KERNELS) {
        const files = sources.map((source) => `src/recovery/assembly/${source}`);
        const wasm = join(folder, `${target}.wasm`);
        const all = [...OPTIONS, ...options, "--outFile", wasm];
        execFileSync("npx", ["--yes", "--package", COMPILER, "asc", files[0], ...all], { stdio: "inherit" });
        const hash = createHash("sha256")
            .update(Buffer.concat(files.map((file) => readFileSync(file))))
            .digest("hex");
        writeFileSync(
            `src/recovery/${target}.generated.ts`,
            [
                `// Made by tools/build-kernel.mjs from ${files.join(", ")} (sha256 ${hash}) with ${COMPILER}.`,
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
