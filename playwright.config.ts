import { defineConfig } from "@playwright/test";

export default defineConfig({
    testDir: "tests/browser",
    testMatch: "*.spec.ts",
    // Networks and SwiftShader share a few cores: one test at a time, and patience.
    workers: 1,
    timeout: 240_000,
    reporter: [["list"], ["json", { outputFile: "out/playwright.json" }]],
    outputDir: "out/playwright",
});
