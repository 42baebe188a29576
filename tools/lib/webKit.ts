// WebKitGTK's own browser by its WebDriver: the engine of Safari, for what has to run there too.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** Where distributions put it. */
const BROWSERS = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
];
const DRIVER = "/usr/bin/WebKitWebDriver";
const PORT = 4790;
const START_MS = 1500;
/** Of a script that waits for a promise. */
const SCRIPT_MS = 180_000;

export interface WebKit {
    version: string;
    openAsync(url: string): Promise<void>;
    /** @param expression of a promise of something that JSON can hold */
    evaluateAsync(expression: string): Promise<unknown>;
    closeAsync(): Promise<void>;
}

/** Null where there is none; it needs a display. */
export async function launchWebKitAsync(): Promise<WebKit | null> {
    const binary = BROWSERS.find(existsSync);
    if (!binary || !existsSync(DRIVER)) {
        return null;
    }
    const driver = spawn(DRIVER, [`--port=${PORT}`], { stdio: "ignore" });
    const callAsync = async (method: string, path: string, body?: unknown): Promise<unknown> => {
        const response = await fetch(`http://127.0.0.1:${PORT}${path}`, {
            method,
            body: body === undefined ? null : JSON.stringify(body),
        });
        const { value } = (await response.json()) as { value: unknown };
        if (!response.ok) {
            throw new Error(`WebKit's driver refused ${method} ${path}: ${JSON.stringify(value)}`);
        }
        return value;
    };
    try {
        await new Promise((resolve) => setTimeout(resolve, START_MS));
        const options = { "webkitgtk:browserOptions": { binary, args: ["--automation"] } };
        const { sessionId, capabilities } = (await callAsync("POST", "/session", {
            capabilities: { alwaysMatch: options },
        })) as { sessionId: string; capabilities: { browserVersion: string } };
        const session = `/session/${sessionId}`;
        await callAsync("POST", `${session}/timeouts`, { script: SCRIPT_MS });
        return {
            version: capabilities.browserVersion,
            openAsync: async (url) => void (await callAsync("POST", `${session}/url`, { url })),
            evaluateAsync: async (expression) => {
                const script = `const done = arguments[0];
                    (${expression}).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
                const { value, error } = (await callAsync("POST", `${session}/execute/async`, {
                    script,
                    args: [],
                })) as {
                    value?: unknown;
                    error?: string;
                };
                if (error !== undefined) {
                    throw new Error(error);
                }
                return value;
            },
            closeAsync: async () => {
                await callAsync("DELETE", session);
                driver.kill();
            },
        };
    } catch (error) {
        driver.kill();
        throw error;
    }
}
