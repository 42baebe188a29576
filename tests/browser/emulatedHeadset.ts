// A Quest 3 of the Immersive Web Emulation Runtime in a page, with hands that a test moves.

import type { Page } from "@playwright/test";
import type * as IWER from "iwer";
import type { XRDevice } from "iwer";

declare global {
    interface Window {
        /** The emulated headset. */
        __device: XRDevice;
        /** Of the session's clock. */
        __framesPerSecond: number;
    }
}

/**
 * Call before the page is opened.
 * @param features that sessions are granted besides a Quest 3's, or are not granted
 */
export async function emulateHeadset(
    page: Page,
    { extra = [], without = [] }: { extra?: string[]; without?: string[] } = {}
): Promise<void> {
    await page.addInitScript({ path: "node_modules/iwer/build/iwer.min.js" });
    await page.addInitScript(
        ({ added, removed }) => {
            const { XRDevice: Device, metaQuest3 } = (globalThis as unknown as { IWER: typeof IWER }).IWER;
            const supportedFeatures = [...metaQuest3.supportedFeatures, ...added].filter(
                (feature) => !removed.includes(feature)
            ) as typeof metaQuest3.supportedFeatures;
            const device = new Device({ ...metaQuest3, supportedFeatures }, { stereoEnabled: true });
            device.installRuntime({ forceInstall: true });
            device.primaryInputMode = "hand";
            window.__device = device;
            // Frames come when they can on a machine without a GPU; their times are a headset's.
            window.__framesPerSecond = 72;
            const { requestAnimationFrame: request } = XRSession.prototype;
            let frames = 0;
            XRSession.prototype.requestAnimationFrame = function (callback) {
                return request.call(this, (_, frame) => callback((1000 * ++frames) / window.__framesPerSecond, frame));
            };
            // iwer 2.5.0 takes the offset for a matrix, and moves nothing.
            const { prototype } = XRReferenceSpace;
            const original = prototype.getOffsetReferenceSpace as unknown as (matrix: Float32Array) => XRReferenceSpace;
            prototype.getOffsetReferenceSpace = function (offset) {
                return original.call(this, offset.matrix);
            };
        },
        { added: extra, removed: without }
    );
}
