// Chromium before a webcam that shows the sample clip.

import { resolve } from "node:path";
import { chromium, type Browser } from "@playwright/test";
import { CHROMIUM_ARGUMENTS, findOrInstallChromium } from "../../tools/lib/chromium";

/** The caller closes it. */
export function launchWithClipAsWebcam(): Promise<Browser> {
    return chromium.launch({
        executablePath: findOrInstallChromium(),
        args: [
            ...CHROMIUM_ARGUMENTS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            `--use-file-for-fake-video-capture=${resolve("assets/clip/hand.mjpeg")}`,
        ],
    });
}
