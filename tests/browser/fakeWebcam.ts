// Chromium before a webcam that shows the sample clip.

import { resolve } from "node:path";
import { chromium, type Browser } from "@playwright/test";
import { findOrInstallChromium, webcamArguments } from "../../tools/lib/chromium";

/** The caller closes it. */
export function launchWithClipAsWebcam(): Promise<Browser> {
    return chromium.launch({
        executablePath: findOrInstallChromium(),
        args: webcamArguments(resolve("assets/clip/hand.mjpeg")),
    });
}
