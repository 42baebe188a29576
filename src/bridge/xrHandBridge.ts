// Camera-tracked hands as WebXR hand input: the way out, for applications that know nothing of this package.

import type { XRDevice } from "iwer";
import { DEFAULT_FACING_DISTANCE } from "../camera/facingView";
import { HandTrackingError } from "../errors";
import type { PipelineStats } from "../worker/protocol";
import { checkBridgeOptions, type BridgeView, type XRHandBridgeOptions } from "./bridgeOptions";
import { createEmulatedDevice, hasHeadsetAsync, installDevice, nativeXR, type NativeXR } from "./emulatedDevice";
import { EmulatedHand } from "./emulatedHand";
import { HandFeed } from "./handFeed";

/** The `models` folder of this package, where no bundler has moved this file away from it. */
const DEFAULT_MODEL_BASE_URL = new URL(/* @vite-ignore */ "../../models/", import.meta.url).href;

/** iwer's runtime changes the page's globals, so a page has one bridge at a time. */
let isAnyInstalled = false;

/**
 * Puts an emulated headset before the page whose hands are those that the camera sees. `install` before the application asks
 * `navigator.xr`; everything else waits: models load in the background, the camera is asked for when the application starts a
 * session with `hand-tracking`, and given back at its end.
 */
export class XRHandBridge {
    /** Hears of what goes wrong; written to the console if there is no listener. */
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** Models are loading: bytes so far and in all. */
    public onProgress: ((loadedBytes: number, totalBytes: number) => void) | null = null;
    /** Where the physical camera looks, see `XRHandBridgeOptions.view`. */
    public view: BridgeView;
    /** See `XRHandBridgeOptions.facingDistance`, metres. */
    public facingDistance: number;

    private readonly _options: XRHandBridgeOptions;
    private _feed: HandFeed | null = null;
    private _device: XRDevice | null = null;
    private _hands: EmulatedHand[] = [];
    private _uninstallDevice: (() => void) | null = null;
    private _stays: Promise<boolean> = Promise.resolve(false);
    /** The session that hands are found for. */
    private _session: XRDevice["activeSession"];
    private _frameRequest = 0;
    private _isDisposed = false;

    /**
     * @param options see `XRHandBridgeOptions`; none is needed
     * @throws HandTrackingError `invalid-argument`
     */
    public constructor(options: XRHandBridgeOptions = {}) {
        checkBridgeOptions(options);
        this._options = { ...options };
        this.view = options.view ?? "facing";
        this.facingDistance = options.facingDistance ?? DEFAULT_FACING_DISTANCE;
    }

    /**
     * The emulated headset (iwer's `XRDevice`): move `position` and `quaternion` and the viewer moves, hands with it; `fovy` is
     * the vertical field of view, radians. Null where the bridge is not installed.
     */
    public get device(): XRDevice | null {
        return this._device;
    }

    /** Whether hands can appear: it is installed and was not taken back for a headset. */
    public get isInstalled(): boolean {
        return this._device !== null;
    }

    /** Backend with the reason for its choice, ms a stage, frames processed and dropped; null before models are loaded. */
    public get stats(): PipelineStats | null {
        return this._feed?.stats ?? null;
    }

    /**
     * Installs at once: `navigator.xr` is the emulated one when this returns. Desktop browsers have a `navigator.xr` of their own,
     * with or without a headset, and say which only after a moment: where one has, and `force` is not set, everything is put back.
     * `installAsync` tells.
     * @returns false where it is installed already, by this bridge or another one
     * @throws HandTrackingError `invalid-argument` after `dispose`
     */
    public install(): boolean {
        if (this._isDisposed) {
            throw new HandTrackingError("invalid-argument", "This XRHandBridge was disposed; create a new one.");
        }
        if (isAnyInstalled) {
            return false;
        }
        isAnyInstalled = true;
        const native = nativeXR();
        const device = createEmulatedDevice();
        const feed = new HandFeed({ modelBaseUrl: DEFAULT_MODEL_BASE_URL, ...this._options });
        feed.onError = (error) => this._report(error);
        feed.onProgress = (loadedBytes, totalBytes) => this.onProgress?.(loadedBytes, totalBytes);
        this._device = device;
        this._feed = feed;
        this._hands = [
            new EmulatedHand(device, device.hands.left!, feed.hands.left),
            new EmulatedHand(device, device.hands.right!, feed.hands.right),
        ];
        this._uninstallDevice = installDevice(device);
        // A session asks for its frames later than this: in every frame hands are written before it.
        const tick = (): void => {
            this._frameRequest = requestAnimationFrame(tick);
            this._update();
        };
        this._frameRequest = requestAnimationFrame(tick);
        this._stays = this._stayAsync(native);
        return true;
    }

    /**
     * Installs at once, as `install`, then waits until the browser has said whether it has a headset.
     * @returns whether the bridge stays; false where the browser has WebXR of its own (`force` not set), which is then as it was,
     *          or where another bridge is installed
     * @throws HandTrackingError `invalid-argument` after `dispose`
     */
    public async installAsync(): Promise<boolean> {
        return this.install() && (await this._stays);
    }

    /**
     * Waits for the models, which are loaded from the installation on.
     * @throws HandTrackingError of the model and backend codes, which `onError` is told of too
     */
    public async loadAsync(): Promise<void> {
        await this._stays;
        await this._feed?.loadAsync();
    }

    /** Ends the session, stops the camera, unloads the networks, and puts back everything that was put before the page. */
    public dispose(): void {
        this._isDisposed = true;
        this._uninstall();
        this.onError = null;
        this.onProgress = null;
    }

    /** Gives way to a headset, or loads the models; whether the bridge stays. */
    private async _stayAsync(native: NativeXR | undefined): Promise<boolean> {
        if (!this._options.force && (await hasHeadsetAsync(native))) {
            this._uninstall();
        }
        // Not before: a headset's own hands need no network. `onError` hears of what goes wrong.
        this._feed?.loadAsync().catch(() => undefined);
        return this.isInstalled;
    }

    private _uninstall(): void {
        if (!this._device) {
            return;
        }
        cancelAnimationFrame(this._frameRequest);
        this._feed?.dispose();
        this._feed = null;
        this._hands = [];
        void this._device.activeSession?.end();
        this._session = undefined;
        this._device = null;
        this._uninstallDevice?.();
        this._uninstallDevice = null;
        isAnyInstalled = false;
    }

    private _update(): void {
        const { _device: device, _feed: feed } = this;
        if (!device || !feed) {
            return;
        }
        const { activeSession } = device;
        const session = activeSession?.enabledFeatures.includes("hand-tracking") ? activeSession : undefined;
        if (session !== this._session) {
            this._session = session;
            feed.stop();
            this._hands.forEach(disconnect);
            if (session) {
                feed.start();
            }
        }
        if (!session) {
            return;
        }
        feed.update();
        for (const hand of this._hands) {
            hand.write(this.view, this.facingDistance);
        }
    }

    private _report(error: HandTrackingError): void {
        if (this.onError) {
            this.onError(error);
        } else {
            console.error(`${error.code}: ${error.message}`);
        }
    }
}

const disconnect = (hand: EmulatedHand): void => hand.disconnect();
