import { defineConfig } from "vitest/config";

const TIMEOUT_MS = 120_000;

export default defineConfig({
    test: {
        testTimeout: TIMEOUT_MS,
        hookTimeout: TIMEOUT_MS,
        projects: [
            {
                extends: true,
                test: { name: "unit", include: ["tests/**/*.test.ts"], exclude: ["tests/package/**"] },
            },
            // What is published: needs the library build.
            { extends: true, test: { name: "package", include: ["tests/package/*.test.ts"] } },
        ],
    },
    // onnxruntime-web finds its .wasm beside itself; bundled for the tests it would not.
    ssr: { external: ["onnxruntime-web"] },
});
