// What is published: packed, installed into a fresh folder, imported, type-checked and bundled there as a user would.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_RECOVERER, RECOVERER_NAMES } from "../../src/recovery/recovererNames";
import { splitFile } from "../../src/recovery/splitRuntime";

const ROOT = resolve(import.meta.dirname, "../..");
const PEERS = ["@babylonjs/core", "@babylonjs/havok"];

let folder: string;
let files: string[];

/** Runs a program in the fresh folder; its output. */
function run(command: string, ...args: string[]): string {
    return execFileSync(command, args, { cwd: folder, encoding: "utf8" });
}

beforeAll(() => {
    if (!existsSync(join(ROOT, "dist/index.js"))) {
        throw new Error("dist is missing: run npm run build first, or npm run test:package.");
    }
    folder = mkdtempSync(join(tmpdir(), "hand-tracking-package-"));
    cpSync(join(import.meta.dirname, "consumer"), folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const packed = JSON.parse(
        execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
            cwd: ROOT,
            encoding: "utf8",
        })
    ) as [{ filename: string; files: { path: string }[] }];
    files = packed[0].files.map(({ path }) => path);
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
        devDependencies: Record<string, string>;
    };
    const peers = PEERS.map((name) => `${name}@${devDependencies[name]}`);
    // npm ci or npm install has just put the same versions into npm's cache.
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
    run("npm", "install", ...flags, `./${packed[0].filename}`, ...peers);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the package holds the build, the models, the licences, and nothing else", () => {
    const wanted = [
        "LICENSE",
        "NOTICE",
        "README.md",
        "dist/index.js",
        "dist/handWorker.js",
        "dist/types/index.d.ts",
        "dist/webxr-bridge.js",
        "dist/types/bridge/index.d.ts",
        ...["webxr-bridge.auto.js", "handWorker.js", "ort-wasm-simd-threaded.wasm"].map(
            (file) => `dist/webxr-bridge/${file}`
        ),
        ...["palm", "amvur-texture", ...RECOVERER_NAMES].flatMap((name) => {
            const { file } = JSON.parse(readFileSync(`models/${name}.json`, "utf8")) as { file: string };
            return [`models/${name}.json`, `models/${file}`];
        }),
        `models/${splitFile("core")}`,
        `models/${splitFile("rest")}`,
        "models/MODEL_CARD.md",
    ];
    expect(files).toEqual(expect.arrayContaining(wanted));
    expect(files.filter((file) => !/^(dist|models)\/|^(package\.json|LICENSE|NOTICE|README\.md)$/.test(file))).toEqual(
        []
    );
    expect(files.filter((file) => file.startsWith("models/training"))).toEqual([]);
});

test("Node imports it in a fresh folder", () => {
    const names = run("node", "-e", 'import("babylon-hand-tracking").then((m) => console.log(Object.keys(m).join()))');
    console.log(`exports: ${names.trim()}`);
    expect(names).toContain("HandTrackingBehavior");
});

test("the WebXR bridge is imported by itself, and nothing that it imports is Babylon's", () => {
    const names = run(
        "node",
        "-e",
        'import("babylon-hand-tracking/webxr-bridge").then((m) => console.log(Object.keys(m).join()))'
    );
    const dist = join(folder, "node_modules/babylon-hand-tracking/dist");
    const reached = new Set(["webxr-bridge.js"]);
    for (const file of reached) {
        const code = readFileSync(join(dist, file), "utf8");
        expect(code).not.toMatch(/from "@babylonjs/);
        for (const [, chunk] of code.matchAll(/from "\.\/([^"]+)"/g)) {
            reached.add(chunk);
        }
    }
    console.log(`exports: ${names.trim()}; files: ${[...reached].join(", ")}`);
    expect(names).toContain("XRHandBridge");
});

test("a user's TypeScript accepts its types", () => {
    expect(run("node", join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".")).toBe("");
});

test("its models lie where its code looks for them by default", () => {
    const installed = join(folder, "node_modules/babylon-hand-tracking");
    const code = readFileSync(join(installed, "dist/index.js"), "utf8");
    const relative = /"([./]+models\/)"/.exec(code)?.[1];
    expect(relative).toBeDefined();
    expect(existsSync(join(installed, "dist", relative!, `${DEFAULT_RECOVERER}.json`))).toBe(true);
});

test("a user's Vite bundles the worker and onnxruntime's WASM, and leaves models alone", async () => {
    await build({ root: folder, configFile: false, logLevel: "error" });
    const built = readdirSync(join(folder, "dist/assets"));
    const page = built
        .filter((file) => file.startsWith("index-") && file.endsWith(".js"))
        .map((file) => readFileSync(join(folder, "dist/assets", file), "utf8"))
        .join("");
    const shipped = built.filter((file) => file.endsWith(".wasm") || file.startsWith("handWorker"));
    console.log(`a user's build holds ${shipped.join(", ")}`);
    expect(page).toMatch(/new Worker\(new URL\(.{1,80}handWorker-/);
    expect(shipped.some((file) => /^handWorker-.*\.js$/.test(file))).toBe(true);
    expect(shipped.some((file) => /^ort-wasm-simd-threaded-.*\.wasm$/.test(file))).toBe(true);
    expect(shipped.some((file) => /asyncify.*\.wasm$/.test(file))).toBe(true);
    expect(built.some((file) => file.endsWith(".onnx"))).toBe(false);
});
