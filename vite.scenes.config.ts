// The scenes: a site of small pages on the public API, with models and the sample clip beside them.

import { cpSync, createReadStream, existsSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const ROOT = import.meta.dirname;
/** Folders of the repository that the site serves under their own names. */
const SERVED = ["models", "assets"];
const SERVED_FILES = /\.(onnx|json|webm|mjpeg|png|task)$/;
const TYPES: Record<string, string> = {
    ".json": "application/json",
    ".webm": "video/webm",
    ".onnx": "application/octet-stream",
    ".png": "image/png",
};
/** Cross-origin isolation: onnxruntime's threads need SharedArrayBuffer. */
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

function serveFolders(): Plugin {
    return {
        name: "serve-folders",
        configureServer(server) {
            server.middlewares.use((request, response, next) => {
                const path = decodeURIComponent((request.url ?? "").split("?")[0]);
                const folder = path.split("/")[1];
                const file = join(ROOT, path);
                if (
                    !SERVED.includes(folder) ||
                    !SERVED_FILES.test(path) ||
                    !file.startsWith(join(ROOT, folder)) ||
                    !existsSync(file)
                ) {
                    next();
                    return;
                }
                response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
                response.setHeader("Content-Length", statSync(file).size);
                createReadStream(file).pipe(response);
            });
        },
        closeBundle() {
            for (const folder of SERVED) {
                cpSync(join(ROOT, folder), join(ROOT, "dist-scenes", folder), {
                    recursive: true,
                    filter: (source) => statSync(source).isDirectory() || SERVED_FILES.test(source),
                });
            }
        },
    };
}

const page = (path: string): string => resolve(ROOT, "scenes", path, "index.html");

export default defineConfig({
    root: "scenes",
    publicDir: false,
    plugins: [serveFolders()],
    server: { headers: HEADERS },
    preview: { headers: HEADERS },
    // Their .wasm files are found relative to the modules, which pre-bundling would move.
    optimizeDeps: { exclude: ["onnxruntime-web", "@babylonjs/havok"] },
    worker: { format: "es" },
    build: {
        target: "es2022",
        outDir: "../dist-scenes",
        emptyOutDir: true,
        chunkSizeWarningLimit: 8000,
        rollupOptions: { input: { index: page("."), sandbox: page("sandbox"), minimal: page("minimal") } },
    },
});
