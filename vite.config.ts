// Library build: one ES module for the page, one for the worker; Babylon and onnxruntime stay outside.

import { defineConfig, type Plugin } from "vite";

/** Stands for the worker's address while Vite builds: a user's bundler, not this build, is to bundle the worker. */
const WORKER_PLACEHOLDER = "__HAND_WORKER_URL__";

/** Addresses relative to a source file that are others in dist, which has no folders below it. */
const MOVED = [
    { file: "workerClient.ts", from: 'new URL("./handWorker.ts", import.meta.url)', to: WORKER_PLACEHOLDER },
    { file: "handTrackingBehavior.ts", from: '"../../models/"', to: '"../models/"' },
    { file: "xrHandBridge.ts", from: '"../../models/"', to: '"../models/"' },
];

function moveAddresses(): Plugin {
    return {
        name: "move-addresses",
        enforce: "pre",
        transform(code, id) {
            const moved = MOVED.find(({ file }) => id.endsWith(file));
            if (!moved) {
                return null;
            }
            if (!code.includes(moved.from)) {
                throw new Error(`${moved.file} no longer has ${moved.from}: vite.config.ts must follow it.`);
            }
            // The lines stay where they are, and so does the source map.
            return { code: code.replace(moved.from, moved.to), map: null };
        },
        generateBundle(_options, bundle) {
            for (const chunk of Object.values(bundle)) {
                if (chunk.type === "chunk") {
                    chunk.code = chunk.code.replace(WORKER_PLACEHOLDER, 'new URL("./handWorker.js", import.meta.url)');
                }
            }
        },
    };
}

/** Deep imports of Babylon need their file extension where Node itself resolves them. */
function withExtension(id: string): string {
    return id.startsWith("@babylonjs/core/") && !id.endsWith(".js") ? `${id}.js` : id;
}

export default defineConfig({
    publicDir: false,
    plugins: [moveAddresses()],
    build: {
        target: "es2022",
        outDir: "dist",
        minify: false,
        sourcemap: true,
        lib: {
            entry: {
                index: "src/index.ts",
                "webxr-bridge": "src/bridge/index.ts",
                handWorker: "src/worker/handWorker.ts",
            },
            formats: ["es"],
        },
        rollupOptions: {
            external: [/^@babylonjs\//, /^onnxruntime-/, "iwer"],
            output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", paths: withExtension },
        },
    },
});
