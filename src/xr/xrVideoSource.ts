// A headset's camera that its browser gives through getUserMedia, as a source of frames with the camera's pose in the world.

import { createHeadsetCamera, type HeadsetCamera } from "../calibration/headsetCamera";
import { createCameraMotion, type CameraMotion } from "../camera/cameraMotion";
import { CameraPath } from "../camera/cameraPath";
import type { Intrinsics } from "../camera/intrinsics";
import type { HandTrackingError } from "../errors";
import { multiply, rotate } from "../hand/quaternion";
import type { FrameSource, SourceFrame } from "../sources/frameSource";
import { readXRPose } from "./xrPose";

/**
 * Wraps a source of the camera's frames, a WebcamSource with its `deviceId` for instance, which becomes its own. Give it every
 * frame of the session (`update`); the behaviour that it is the source of must be attached to a node at the origin of the reference
 * space, in the `camera` view. Browsers do not tell where such a camera is on the headset: `camera` says, after a
 * HeadsetCameraCalibration or from an earlier one.
 */
export class XRVideoSource implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    /** Where the camera is on the headset; may be replaced at any time. */
    public camera: HeadsetCamera;

    /** Of the last frame, as they were assumed: before `camera.focalScale`. */
    public assumedIntrinsics: Intrinsics | null = null;

    private readonly _path = new CameraPath();
    private readonly _viewer = createCameraMotion();
    private readonly _position = new Float64Array(3);
    private readonly _rotation = new Float64Array(4);
    private readonly _inverse = new Float64Array(4);

    /** @param _inner gives frames with times of the session's frames' clock, that of `performance.now()` */
    public constructor(
        private readonly _inner: FrameSource,
        camera: HeadsetCamera = createHeadsetCamera()
    ) {
        this.camera = camera;
        _inner.onFrame = (frame) => this._deliver(frame);
        _inner.onError = (error) => this.onError?.(error);
    }

    public get video(): HTMLVideoElement | null {
        return this._inner.video;
    }

    public now(): number {
        return this._inner.now?.() ?? performance.now();
    }

    public onProcessed(timeMs: number): void {
        this._inner.onProcessed?.(timeMs);
    }

    /** Where the camera was when it saw the frame of a time. */
    public cameraAt(timeMs: number, out: CameraMotion): boolean {
        const { _viewer: viewer, _inverse: inverse } = this;
        const { position, rotation, latencyMs } = this.camera;
        if (!this._path.at(timeMs - latencyMs, viewer)) {
            return false;
        }
        rotate(viewer.rotation, 0, position, 0, out.position, 0);
        for (let k = 0; k < 3; k++) {
            out.position[k] += viewer.position[k];
        }
        multiply(viewer.rotation, 0, rotation, 0, out.rotation, 0);
        // Off the viewer's middle a camera moves by w x r too; then from the viewer's axes to its own.
        const [wx, wy, wz] = viewer.angularVelocity;
        const [rx, ry, rz] = position;
        out.velocity[0] = viewer.velocity[0] + wy * rz - wz * ry;
        out.velocity[1] = viewer.velocity[1] + wz * rx - wx * rz;
        out.velocity[2] = viewer.velocity[2] + wx * ry - wy * rx;
        for (let k = 0; k < 4; k++) {
            inverse[k] = k < 3 ? -rotation[k] : rotation[k];
        }
        rotate(inverse, 0, out.velocity, 0, out.velocity, 0);
        rotate(inverse, 0, viewer.angularVelocity, 0, out.angularVelocity, 0);
        return true;
    }

    /** @throws HandTrackingError as the wrapped source does */
    public startAsync(): Promise<void> {
        return this._inner.startAsync();
    }

    public stop(): void {
        this._inner.stop();
        this._path.clear();
    }

    public dispose(): void {
        this._inner.dispose();
        this._path.clear();
        this.onFrame = null;
        this.onError = null;
    }

    /** The poses so far are in another reference space than those to come. */
    public cut(): void {
        this._path.clear();
    }

    /**
     * Reads where the viewer is, within the frame's callback.
     * @param space that hands are wanted in: `WebXRSessionManager.referenceSpace`
     * @param timeMs of the frame
     */
    public update(frame: XRFrame, space: XRReferenceSpace, timeMs: number): void {
        const viewer = frame.getViewerPose(space);
        if (viewer) {
            readXRPose(viewer.transform, this._position, this._rotation);
            this._path.add(timeMs, this._position, this._rotation);
        }
    }

    private _deliver(frame: SourceFrame): void {
        if (!this.onFrame) {
            frame.image.close();
            return;
        }
        this.assumedIntrinsics = frame.intrinsics;
        const { focalScale } = this.camera;
        const { fx, fy, cx, cy } = frame.intrinsics;
        this.onFrame({ ...frame, intrinsics: { fx: fx * focalScale, fy: fy * focalScale, cx, cy } });
    }
}
