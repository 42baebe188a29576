// A Chromium to run: one that is there, or one that is fetched.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";

const KNOWN = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** WebGL and WebGPU by SwiftShader, and timers that do not slow down: a browser on a machine without a GPU. */
export const CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
    "--use-angle=swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-timer-throttling",
    "--autoplay-policy=no-user-gesture-required",
];

/**
 * Arguments with which Chromium has a webcam that shows a file and that it lets every page use.
 *
 * @param file absolute path of a .mjpeg or .y4m
 */
export function webcamArguments(file: string): string[] {
    return [
        ...CHROMIUM_ARGUMENTS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-video-capture=${file}`,
    ];
}

function find(): string | null {
    if (process.env.CHROME_PATH) {
        return process.env.CHROME_PATH;
    }
    for (const name of KNOWN) {
        try {
            return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
        } catch {
            // Not this one.
        }
    }
    const own = chromium.executablePath();
    return existsSync(own) ? own : null;
}

/** Runs a command; false where it fails. */
function attempt(command: string, args: string[]): boolean {
    try {
        execFileSync(command, args, { stdio: "inherit" });
        return true;
    } catch {
        return false;
    }
}

/**
 * Path of a Chromium. Looks at CHROME_PATH, the usual names and Playwright's own; then installs Playwright's, or on Debian
 * the distribution's.
 * @throws Error that says what to install
 */
export function findOrInstallChromium(): string {
    let path = find();
    if (path) {
        return path;
    }
    console.log("No Chromium found: installing one.");
    attempt("npx", ["playwright", "install", "--with-deps", "chromium"]);
    path = find();
    if (!path) {
        const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
        const [first, ...rest] = [...sudo, "sh", "-c", "apt-get update -qq && apt-get install -y -qq chromium"];
        attempt(first, rest);
        path = find();
    }
    if (!path) {
        throw new Error(
            "No Chromium could be found or installed. Install Chromium or Chrome and set CHROME_PATH to its executable."
        );
    }
    return path;
}
