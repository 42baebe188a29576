// Where the page runs, in words.

import type { Machine } from "./report";

export async function describeMachineAsync(): Promise<Machine> {
    const adapter = await navigator.gpu?.requestAdapter();
    const { vendor, architecture, description } = adapter?.info ?? {};
    const names = [vendor, architecture, description].filter(Boolean).join(" ");
    return {
        userAgent: navigator.userAgent,
        cores: navigator.hardwareConcurrency,
        gpuAdapter: adapter ? names || "unnamed" : null,
        webglRenderer: webglRenderer(),
        crossOriginIsolated: globalThis.crossOriginIsolated,
    };
}

function webglRenderer(): string {
    const context = document.createElement("canvas").getContext("webgl2");
    if (!context) {
        return "none";
    }
    const name = String(context.getParameter(context.RENDERER));
    // Browsers keep few contexts alive.
    context.getExtension("WEBGL_lose_context")?.loseContext();
    return name;
}
