// The scenes: a site of small pages on the public API, with models and the sample clip beside them.

import { cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import sirv from "sirv";
import { defineConfig, type Connect, type Plugin } from "vite";

const ROOT = import.meta.dirname;
/** Folders of the repository that the site serves under their own names. */
const SERVED = ["models", "assets"];
/** Served under their own names, but not part of the site: what the benchmark compares with, fetched by its tool. */
const BORROWED: Record<string, string> = { mediapipe: ".cache/mediapipe" };
const SERVED_FILES = /\.(onnx|wasm|json|webm|mjpeg|png)$/;
const BORROWED_FILES = /\.(task|wasm|js|data|tflite|binarypb)$/;
/** Cross-origin isolation: onnxruntime's threads need SharedArrayBuffer. */
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Answers requests for such files of the given folders (by the first part of the path); in parts too, as Safari asks for videos. */
function serve(folders: Record<string, string>, files: RegExp): Connect.NextHandleFunction {
    const handlers = Object.fromEntries(
        Object.entries(folders).map(([name, folder]) => [name, sirv(resolve(ROOT, folder), { dev: true })])
    );
    return (request, response, next) => {
        const { url = "" } = request;
        const [path] = url.split("?");
        const [, name] = path.split("/");
        if (!(name in handlers) || !files.test(path)) {
            next();
            return;
        }
        request.url = path.slice(1 + name.length);
        handlers[name](request, response, () => {
            request.url = url;
            next();
        });
    };
}

/** three.js' own layout: pages beside `jsm`, and the library in `build`. */
const THREE: Record<string, string> = { build: "node_modules/three/build", examples: "node_modules/three/examples" };
const THREE_PAGES = "scenes/bridge/three";

/** Serves three.js and pages on it, as they are but for one script tag: that of the bridge. */
function serveThree(bridge: string): Connect.NextHandleFunction {
    const serveLibrary = serve(THREE, /\.js$/);
    return (request, response, next) => {
        const { pathname, search } = new URL(request.url ?? "", "http://localhost");
        const page = /^\/examples\/(\w+\.html)$/.exec(pathname)?.[1];
        const file = join(ROOT, THREE_PAGES, page ?? "");
        if (!page || !existsSync(file)) {
            serveLibrary(request, response, next);
            return;
        }
        const tag = `<script type="module" src="${bridge}${search.replaceAll('"', "%22")}"></script>`;
        response.setHeader("Content-Type", "text/html");
        response.end(readFileSync(file, "utf8").replace("<head>", `<head>${tag}`));
    };
}

/** With answers that a file has not changed, too: Safari starts no worker of one without them. */
const isolate: Connect.NextHandleFunction = (_request, response, next) => {
    for (const [name, value] of Object.entries(HEADERS)) {
        response.setHeader(name, value);
    }
    next();
};

function serveFolders(): Plugin {
    return {
        name: "serve-folders",
        configureServer(server) {
            server.middlewares.use(isolate);
            server.middlewares.use("/three", serveThree("/bridge/auto.ts"));
            server.middlewares.use("/webxr-bridge.js", (request, response) => {
                const { search } = new URL(request.url ?? "", "http://localhost");
                response.writeHead(302, { Location: `/bridge/auto.ts${search}` }).end();
            });
            server.middlewares.use(serve(Object.fromEntries(SERVED.map((name) => [name, name])), SERVED_FILES));
            server.middlewares.use(serve(BORROWED, BORROWED_FILES));
        },
        configurePreviewServer(server) {
            server.middlewares.use(isolate);
            server.middlewares.use("/three", serveThree("/webxr-bridge.js"));
            server.middlewares.use(serve(BORROWED, BORROWED_FILES));
        },
        closeBundle() {
            for (const folder of SERVED) {
                cpSync(join(ROOT, folder), join(ROOT, "dist-scenes", folder), {
                    recursive: true,
                    // Training is not part of the site.
                    filter: (source) =>
                        statSync(source).isDirectory() ? !source.endsWith("training") : SERVED_FILES.test(source),
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
    // Their .wasm files are found relative to the modules, which pre-bundling would move.
    optimizeDeps: { exclude: ["onnxruntime-web", "@babylonjs/havok"] },
    worker: { format: "es" },
    build: {
        target: "es2022",
        outDir: "../dist-scenes",
        emptyOutDir: true,
        chunkSizeWarningLimit: 8000,
        rollupOptions: {
            input: {
                index: page("."),
                sandbox: page("sandbox"),
                minimal: page("minimal"),
                benchmark: page("benchmark"),
                latency: page("latency"),
                "benchmark-start": page("benchmark/start"),
                parity: page("parity"),
                passthrough: page("passthrough"),
                webxr: page("webxr"),
                xrcamera: page("xrcamera"),
                "bridge-babylon": page("bridge/babylon"),
                // Scripts that pages name in a script tag.
                "webxr-bridge": resolve(ROOT, "scenes/bridge/auto.ts"),
                "clip-hands": resolve(ROOT, "scenes/bridge/clipHands.ts"),
            },
            output: {
                entryFileNames: ({ name }) =>
                    ["webxr-bridge", "clip-hands"].includes(name) ? "[name].js" : "assets/[name]-[hash].js",
            },
        },
    },
});
