// Builds the scenes and serves them.

import { build, preview } from "vite";
import { writeRuntimeAsync } from "../runtime/writeRuntime";

const CONFIG = "vite.scenes.config.ts";

/** Builds the scenes into dist-scenes. */
export async function buildScenesAsync(): Promise<void> {
    await writeRuntimeAsync();
    await build({ configFile: CONFIG, logLevel: "error" });
}

/** Serves dist-scenes on a free port. */
export async function serveScenesAsync(): Promise<{ url: string; close: () => Promise<void> }> {
    const server = await preview({
        configFile: CONFIG,
        logLevel: "error",
        preview: { port: 0, host: "127.0.0.1", strictPort: false },
    });
    const address = server.httpServer.address();
    if (address === null || typeof address === "string") {
        throw new Error("The scenes' server has no port.");
    }
    return {
        url: `http://127.0.0.1:${address.port}`,
        close: () => new Promise((resolve) => server.httpServer.close(() => resolve())),
    };
}
