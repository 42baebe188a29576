// The emulated headset: what a laptop with a webcam can honestly say of itself.

import { metaQuest3, XRDevice } from "iwer";

/** What works without a room to look at. Planes, meshes, hit tests and depth need one, so they are not offered. */
const FEATURES = ["viewer", "local", "local-floor", "bounded-floor", "unbounded", "hand-tracking"] as const;

/**
 * A headset with hands for input and the page as its display, seen by one eye. iwer is the only emulation that it can be
 * made of: webxr-polyfill 2.0.3 has no hands and no immersive-ar.
 */
export function createEmulatedDevice(): XRDevice {
    const device = new XRDevice(
        {
            ...metaQuest3,
            name: "Webcam hands",
            controllerConfig: undefined,
            supportedFeatures: [...FEATURES],
            // iwer shows applications the headset's own; they would take a laptop for a phone-like browser.
            userAgent: navigator.userAgent,
        },
        { stereoEnabled: false }
    );
    device.primaryInputMode = "hand";
    return device;
}

/** Puts a device before the page; what is returned takes it away again. */
export function installDevice(device: XRDevice): () => void {
    const hadUserAgent = Object.hasOwn(navigator, "userAgent");
    device.installRuntime({ forceInstall: true });
    return () => {
        device.uninstallRuntime();
        if (!hadUserAgent) {
            // iwer leaves the property that it has put over the prototype's.
            delete (navigator as { userAgent?: string }).userAgent;
        }
    };
}

/** Whether the browser's own WebXR can show something immersive: a headset, or a phone's augmented reality. */
export async function hasHeadsetAsync(native: NativeXR | undefined): Promise<boolean> {
    for (const mode of ["immersive-vr", "immersive-ar"]) {
        try {
            if (await native?.isSessionSupported(mode)) {
                return true;
            }
        } catch {
            // A permissions policy forbids it: there is none for this page.
        }
    }
    return false;
}

/** The part of the browser's `navigator.xr` that is asked. */
export interface NativeXR {
    isSessionSupported(mode: string): Promise<boolean>;
}

/** The browser's `navigator.xr`; undefined where there is none. */
export function nativeXR(): NativeXR | undefined {
    return (navigator as { xr?: NativeXR }).xr;
}
