import { defineConfig } from "@playwright/test";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "./tools/lib/chromium";

// Two runs on one machine do not meet; the workers of a run inherit the port of its first process.
const PORT = Number((process.env.HAND_TRACKING_TEST_PORT ??= String(4100 + (process.pid % 800))));

export default defineConfig({
    testDir: "tests/browser",
    testMatch: "*.spec.ts",
    // Networks and SwiftShader share a few cores: one test at a time, and patience.
    workers: 1,
    timeout: 240_000,
    reporter: [["list"], ["json", { outputFile: "out/playwright.json" }]],
    outputDir: "out/playwright",
    use: {
        // By this name: Babylon takes no other http address for a secure one when it offers WebXR.
        baseURL: `http://localhost:${PORT}`,
        viewport: { width: 480, height: 270 },
        launchOptions: { executablePath: findOrInstallChromium(), args: CHROMIUM_ARGUMENTS },
    },
    webServer: {
        command: `npx vite preview -c vite.scenes.config.ts --host 127.0.0.1 --port ${PORT} --strictPort`,
        url: `http://127.0.0.1:${PORT}/`,
        reuseExistingServer: false,
    },
});
