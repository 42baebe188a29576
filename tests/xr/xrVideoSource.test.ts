import { describe, expect, it } from "vitest";
import { createHeadsetCamera } from "../../src/calibration/headsetCamera";
import { createCameraMotion } from "../../src/camera/cameraMotion";
import type { Intrinsics } from "../../src/camera/intrinsics";
import { fromRotationVector, rotate } from "../../src/hand/quaternion";
import type { FrameSource, SourceFrame } from "../../src/sources/frameSource";
import { intrinsicsFromProjection } from "../../src/xr/xrCameraSource";
import { XRVideoSource } from "../../src/xr/xrVideoSource";
import { FakeSession, FakeSpace } from "./fakeXR";

const FRAME_MS = 1000 / 72;

function fakeFrames(): FrameSource & { deliver: (frame: SourceFrame) => void } {
    const source: FrameSource & { deliver: (frame: SourceFrame) => void } = {
        onFrame: null,
        onError: null,
        video: null,
        startAsync: async () => undefined,
        stop: () => undefined,
        dispose: () => undefined,
        deliver: (frame) => source.onFrame?.(frame),
    };
    return source;
}

describe("a headset's camera through getUserMedia", () => {
    it("is where the head was when it exposed, with the motion of its own place", () => {
        const session = new FakeSession();
        const camera = createHeadsetCamera();
        camera.position.set([0.03, -0.02, 0.05]);
        fromRotationVector(-0.26, 0.05, 0, camera.rotation, 0);
        camera.latencyMs = 55;
        const source = new XRVideoSource(fakeFrames(), camera);
        const space = new FakeSpace() as unknown as XRReferenceSpace;
        const rotation = new Float64Array(4);
        for (let frame = 0; frame < 100; frame++) {
            const s = (frame * FRAME_MS) / 1000;
            fromRotationVector(0.1 * s, 1.2 * s, -0.2 * s, rotation, 0);
            session.viewer = { position: [0.3 * s, 1.6, -0.2 * s], rotation: [...rotation] };
            source.update(session.frame(), space, frame * FRAME_MS);
        }
        const timeMs = 1000;
        const found = createCameraMotion();
        expect(source.cameraAt(timeMs, found)).toBe(true);
        // The same by hand, in WebXR's axes: camera space has y and z the other way round.
        const s = (timeMs - camera.latencyMs) / 1000;
        fromRotationVector(0.1 * s, 1.2 * s, -0.2 * s, rotation, 0);
        const arm = Float64Array.of(camera.position[0], -camera.position[1], -camera.position[2]);
        rotate(rotation, 0, arm, 0, arm, 0);
        const truth = [0.3 * s + arm[0], -(1.6 + arm[1]), -(-0.2 * s + arm[2])];
        const off = Math.hypot(...truth.map((value, k) => value - found.position[k]));
        // Velocities against a difference of two poses.
        const later = createCameraMotion();
        source.cameraAt(timeMs + 0.5, later);
        const velocity = new Float64Array(3);
        rotate(found.rotation, 0, found.velocity, 0, velocity, 0);
        const difference = [0, 1, 2].map((k) => (later.position[k] - found.position[k]) / 0.0005);
        const speedOff = Math.hypot(...difference.map((value, k) => value - velocity[k]));
        console.log(
            `place within ${(1e6 * off).toFixed(1)} um; speed ${Math.hypot(...difference).toFixed(3)} m/s within ${(1000 * speedOff).toFixed(2)} mm/s`
        );
        expect(off).toBeLessThan(2e-5);
        expect(speedOff).toBeLessThan(2e-3);
    });

    it("scales the focal length of frames, and closes what nobody takes", () => {
        const inner = fakeFrames();
        const camera = createHeadsetCamera();
        camera.focalScale = 1.1;
        const source = new XRVideoSource(inner, camera);
        let closed = 0;
        const image = { close: () => closed++ } as unknown as ImageBitmap;
        const intrinsics: Intrinsics = { fx: 500, fy: 510, cx: 320, cy: 240 };
        const frame: SourceFrame = { image, width: 640, height: 480, timeMs: 1, intrinsics };
        inner.deliver(frame);
        let taken: SourceFrame | null = null;
        source.onFrame = (delivered) => (taken = delivered);
        inner.deliver(frame);
        console.log(`closed ${closed} of 2; focal length ${taken!.intrinsics.fx}`);
        expect(closed).toBe(1);
        expect(taken!.intrinsics).toEqual({ fx: 550, fy: 561, cx: 320, cy: 240 });
    });
});

describe("a view's projection", () => {
    it("gives the pinhole that puts points where the view puts them", () => {
        const [near, far] = [0.1, 100];
        // Column-major, off centre both ways.
        const p = new Float32Array(16);
        p[0] = 1.4;
        p[5] = 1.9;
        p[8] = 0.12;
        p[9] = -0.07;
        p[10] = -(far + near) / (far - near);
        p[11] = -1;
        p[14] = (-2 * far * near) / (far - near);
        const intrinsics: Intrinsics = { fx: 0, fy: 0, cx: 0, cy: 0 };
        intrinsicsFromProjection(p, 640, 480, intrinsics);
        let worst = 0;
        for (const [x, y, z] of [
            [0.1, 0.2, -0.5],
            [-0.3, -0.1, -0.9],
            [0, 0, -1],
        ]) {
            const clip = [0, 1, 3].map((row) => p[row] * x + p[4 + row] * y + p[8 + row] * z + p[12 + row]);
            const u = ((clip[0] / clip[2] + 1) / 2) * 640;
            const v = ((1 - clip[1] / clip[2]) / 2) * 480;
            // Camera space: y down, z forward.
            worst = Math.max(worst, Math.abs(u - (intrinsics.cx + (intrinsics.fx * x) / -z)));
            worst = Math.max(worst, Math.abs(v - (intrinsics.cy + (intrinsics.fy * -y) / -z)));
        }
        console.log(`points within ${worst.toExponential(1)} px`);
        expect(worst).toBeLessThan(1e-3);
    });
});
