// What a page can choose about the XRHand bridge.

import { DEFAULT_FACING_DISTANCE } from "../camera/facingView";
import { HandTrackingError } from "../errors";
import type { FrameSource } from "../sources/frameSource";
import type { HandSource } from "../sources/handSource";
import { checkPalmLength } from "../worker/clientOptions";

/** Where the physical camera looks, seen from the emulated viewer: how camera space is laid before it. */
export type BridgeView =
    /** A webcam faces the user, who reaches into the scene: hands are turned by half about the vertical and show their backs. */
    | "facing"
    /** The camera looks where the viewer looks (worn on the head). A mirror is no choice: it would turn left hands to right ones. */
    | "camera";

/** Options of `XRHandBridge`; those that `HandTrackingOptions` has too mean the same. All have defaults. */
export interface XRHandBridgeOptions {
    /**
     * Where frames come from: the default webcam, or a source of your own, which stays yours to dispose of. A `HandSource`
     * gives hands themselves (a recording): no network is loaded for it. It runs while the application has a session with hands.
     * @default "webcam"
     */
    source?: "webcam" | FrameSource | HandSource;
    /**
     * Name of the recoverer, `<modelBaseUrl>/<name>.json` is its manifest; or `"auto"`, which keeps to the best that takes no more
     * than `frameBudgetMs`.
     * @default "ahrnet"
     */
    recoverer?: string;
    /** What `"auto"` allows the networks to take of a frame, ms. @default 25 */
    frameBudgetMs?: number;
    /** @default 2 */
    maxHands?: 1 | 2;
    /** @default "auto" */
    backend?: "auto" | "webgpu" | "wasm";
    /** Folder of the models, with a slash at its end. @default the `models` folder of this package */
    modelBaseUrl?: string;
    /** Folder of onnxruntime-web's .wasm files, with a slash at its end. @default where the bundler put them */
    wasmBaseUrl?: string;
    /** Run detection and recovery in a worker. @default true */
    worker?: boolean;
    /** @default "facing" */
    view?: BridgeView;
    /**
     * In the `facing` view, the distance before the viewer at which the physical camera is imagined, metres.
     * @default 0.9
     */
    facingDistance?: number;
    /** Length of the person's palm, wrist to middle knuckle, metres. @default 0.092, an average adult */
    palmLength?: number;
    /**
     * Take the place of a headset too, where the browser has one.
     * @default false
     */
    force?: boolean;
}

/** @throws HandTrackingError `invalid-argument` for values that nothing could be placed with */
export function checkBridgeOptions({ palmLength, facingDistance, view }: XRHandBridgeOptions): void {
    checkPalmLength(palmLength);
    if (facingDistance !== undefined && !(facingDistance > 0 && Number.isFinite(facingDistance))) {
        throw new HandTrackingError(
            "invalid-argument",
            `facingDistance is ${facingDistance}; give metres before the viewer, ${DEFAULT_FACING_DISTANCE} by default`
        );
    }
    if (view !== undefined && view !== "facing" && view !== "camera") {
        throw new HandTrackingError(
            "invalid-argument",
            `view is ${JSON.stringify(view)}; the bridge knows "facing" and "camera"`
        );
    }
}
