// A camera at a place on the headset that nobody tells, whose pictures come late: as getUserMedia gives it.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { FrameSource, HandTrackingError, SourceFrame } from "../../src/index";
import { HEIGHT, INTRINSICS, WIDTH, type DrawnCamera } from "./drawnCamera";

/** Where it is before the viewer, WebXR's axes (y up, z back), metres; it looks down by 12 degrees. */
export const PLACE = new Vector3(0.03, 0.02, -0.05);
export const PITCH = (-12 * Math.PI) / 180;
/** Frames have a time this much after the exposure, ms. */
export const LATENCY_MS = 40;
/** The focal length that pages assume over the true one. */
export const ASSUMED = 0.93;
const EVERY = 2;

export class HeadsetVideo implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    public onError: ((error: HandTrackingError) => void) | null = null;
    public readonly video = null;

    private readonly _position = new Vector3();
    private readonly _rotation = new Quaternion();
    private readonly _pitch = Quaternion.RotationAxis(Vector3.Right(), PITCH);
    private _frames = 0;
    private _isReading = false;
    private _nowMs = 0;

    public constructor(private readonly _camera: DrawnCamera) {}

    public now(): number {
        return this._nowMs;
    }

    public async startAsync(): Promise<void> {}

    public stop(): void {}

    public dispose(): void {}

    /** Exposes and delivers a frame; once an XR frame. */
    public update(viewer: XRRigidTransform, timeMs: number): void {
        this._nowMs = timeMs;
        // Hands in the picture are those of this frame; it gets a later time, as if it had come later.
        if (this._frames++ % EVERY > 0 || this._isReading) {
            return;
        }
        const { position: p, orientation: q } = viewer;
        this._rotation.set(q.x, q.y, q.z, q.w);
        PLACE.rotateByQuaternionToRef(this._rotation, this._position).addInPlaceFromFloats(p.x, p.y, p.z);
        this._rotation.multiplyInPlace(this._pitch);
        if (this._camera.draw(this._position, this._rotation)) {
            void this._deliverAsync(timeMs + LATENCY_MS);
        }
    }

    private async _deliverAsync(timeMs: number): Promise<void> {
        this._isReading = true;
        const pixels = await this._camera.readAsync();
        this._isReading = false;
        const image = new VideoFrame(pixels, {
            format: "RGBA",
            codedWidth: WIDTH,
            codedHeight: HEIGHT,
            timestamp: Math.round(timeMs * 1000),
        });
        const { fx, fy, cx, cy } = INTRINSICS;
        const intrinsics = { fx: fx * ASSUMED, fy: fy * ASSUMED, cx, cy };
        this.onFrame!({ image, width: WIDTH, height: HEIGHT, timeMs, intrinsics });
    }
}
