// The camera of a WebXR session (raw camera access) as a source of frames, with the camera's pose in the world.

import type { CameraMotion } from "../camera/cameraMotion";
import { CameraPath } from "../camera/cameraPath";
import type { Intrinsics } from "../camera/intrinsics";
import { HandTrackingError } from "../errors";
import type { FrameSource, SourceFrame } from "../sources/frameSource";
import { CameraImageReader } from "./cameraImage";
import { readXRPose } from "./xrPose";

/** Frames on their way through the networks: one that they look at, and the next. */
const MAX_UNDER_WAY = 2;
/** A frame that was not answered for so long is not under way any more, ms. */
const FORGOTTEN_MS = 1000;
/** A session that has given no camera image for so long has none, ms. */
const MISSING_MS = 3000;

/** What raw camera access adds to views and to the WebGL binding (https://immersive-web.github.io/raw-camera-access/). */
interface XRCamera {
    readonly width: number;
    readonly height: number;
}
type CameraView = XRView & { readonly camera?: XRCamera };
interface CameraBinding {
    getCameraImage(camera: XRCamera): WebGLTexture | null;
}

/**
 * Pinhole intrinsics of a view's camera image, rows from the top, from the view's projection (the two are the same, as the
 * specification has it).
 * @param projection column-major 4 x 4: `XRView.projectionMatrix`
 */
export function intrinsicsFromProjection(
    projection: ArrayLike<number>,
    width: number,
    height: number,
    out: Intrinsics
): void {
    out.fx = (projection[0] * width) / 2;
    out.fy = (projection[5] * height) / 2;
    out.cx = ((1 - projection[8]) * width) / 2;
    out.cy = ((1 + projection[9]) * height) / 2;
}

/**
 * Give it every frame of the session (`update`); the behaviour that it is the source of must be attached to a node at the origin
 * of the reference space, in the `camera` view. The session must have been granted `camera-access`, and render with WebGL.
 */
export class XRCameraSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public readonly video = null;

    private readonly _reader: CameraImageReader;
    private readonly _binding: CameraBinding;
    private readonly _path = new CameraPath();
    private readonly _position = new Float64Array(3);
    private readonly _rotation = new Float64Array(4);
    private readonly _intrinsics: Intrinsics = { fx: 0, fy: 0, cx: 0, cy: 0 };
    private _nowMs = 0;
    private _startedMs: number | null = null;
    private _capturedMs = 0;
    private _sentMs = 0;
    private _underWay = 0;
    private _isRunning = false;

    /**
     * @param gl context that the session renders with
     * @throws HandTrackingError `xr-camera-missing` where the browser has no raw camera access
     */
    public constructor(session: XRSession, gl: WebGL2RenderingContext) {
        const binding =
            typeof XRWebGLBinding === "undefined"
                ? null
                : (new XRWebGLBinding(session, gl) as unknown as CameraBinding);
        if (!binding || typeof binding.getCameraImage !== "function") {
            throw new HandTrackingError(
                "xr-camera-missing",
                "This browser has no raw camera access (XRWebGLBinding.getCameraImage); use the headset's own hands."
            );
        }
        this._binding = binding;
        this._reader = new CameraImageReader(gl);
    }

    /** Time of the session's last frame, ms. */
    public now(): number {
        return this._nowMs;
    }

    /** Where the camera was. */
    public cameraAt(timeMs: number, out: CameraMotion): boolean {
        return this._path.at(timeMs, out);
    }

    public onProcessed(): void {
        this._underWay = Math.max(this._underWay - 1, 0);
    }

    public async startAsync(): Promise<void> {
        this._isRunning = true;
    }

    public stop(): void {
        this._isRunning = false;
        this._startedMs = null;
        this._underWay = 0;
        this._path.clear();
    }

    public dispose(): void {
        this.stop();
        this.onFrame = null;
        this.onError = null;
        this._reader.dispose();
    }

    /** The poses so far are in another reference space than those to come. */
    public cut(): void {
        this._path.clear();
    }

    /**
     * Takes a frame's camera image, within the frame's callback, and delivers one that was taken before.
     * @param space that hands are wanted in: `WebXRSessionManager.referenceSpace`
     * @param timeMs of the frame
     */
    public update(frame: XRFrame, space: XRReferenceSpace, timeMs: number): void {
        this._nowMs = timeMs;
        if (!this._isRunning) {
            return;
        }
        this._startedMs ??= timeMs;
        this._deliver();
        const view = cameraView(frame.getViewerPose(space));
        if (!view) {
            this._reportMissing(timeMs);
            return;
        }
        this._startedMs = Infinity;
        readXRPose(view.transform, this._position, this._rotation);
        this._path.add(timeMs, this._position, this._rotation);
        if (timeMs - this._sentMs > FORGOTTEN_MS) {
            this._underWay = 0;
        }
        if (!this._reader.isBusy && this._underWay < MAX_UNDER_WAY) {
            this._capture(view, timeMs);
        }
    }

    private _capture(view: CameraView, timeMs: number): void {
        const camera = view.camera!;
        const texture = this._binding.getCameraImage(camera);
        if (!texture) {
            return;
        }
        try {
            this._reader.start(texture, camera.width, camera.height);
        } catch (error) {
            this._isRunning = false;
            this.onError?.(error as HandTrackingError);
            return;
        }
        this._capturedMs = timeMs;
        const { width, height } = this._reader.bytes;
        intrinsicsFromProjection(view.projectionMatrix, width, height, this._intrinsics);
    }

    private _deliver(): void {
        const bytes = this._reader.finish();
        if (!bytes || !this.onFrame) {
            return;
        }
        const { width, height, data } = bytes;
        const timeMs = this._capturedMs;
        const image = new VideoFrame(data, {
            format: "RGBA",
            codedWidth: width,
            codedHeight: height,
            timestamp: Math.round(timeMs * 1000),
        });
        this._underWay++;
        this._sentMs = timeMs;
        this.onFrame({ image, width, height, timeMs, intrinsics: { ...this._intrinsics } });
    }

    /** Once, when no view has had a camera for a while. */
    private _reportMissing(timeMs: number): void {
        if (this._startedMs !== null && timeMs - this._startedMs > MISSING_MS) {
            this._startedMs = Infinity;
            const message =
                "The session gives no camera image, though camera-access was granted: no view has a camera. Use the headset's own hands.";
            this.onError?.(new HandTrackingError("xr-camera-missing", message));
        }
    }
}

/** The first view that a camera belongs to: on phones the only one, on headsets one of the eyes'. */
function cameraView(pose: XRViewerPose | undefined): CameraView | null {
    const views = pose?.views;
    for (let i = 0; views && i < views.length; i++) {
        const view = views[i] as CameraView;
        if (view.camera) {
            return view;
        }
    }
    return null;
}
