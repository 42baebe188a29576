import { defineConfig } from "vitest/config";

export default defineConfig({
    test: { include: ["tests/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
    // onnxruntime-web finds its .wasm beside itself; bundled for the tests it would not.
    ssr: { external: ["onnxruntime-web"] },
});
