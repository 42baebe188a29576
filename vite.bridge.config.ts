// The bridge for one script tag: everything bundled, with the worker and onnxruntime's .wasm files beside it.

import { resolve } from "node:path";
import { defineConfig } from "vite";

/** The same for page and worker: what both may load, onnxruntime's .wasm files, lies there once. */
const FILE_NAMES = {
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    assetFileNames: "[name][extname]",
};

export default defineConfig({
    publicDir: false,
    // Files are found relative to the script, wherever it is served.
    base: "./",
    worker: {
        format: "es",
        rollupOptions: { output: FILE_NAMES },
    },
    build: {
        target: "es2022",
        outDir: "dist/webxr-bridge",
        assetsDir: "",
        modulePreload: false,
        chunkSizeWarningLimit: 1000,
        rollupOptions: {
            input: { "webxr-bridge.auto": resolve(import.meta.dirname, "src/bridge/auto.ts") },
            output: FILE_NAMES,
        },
    },
});
