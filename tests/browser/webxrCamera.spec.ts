// Hands recovered from a session's camera, by a stub of raw camera access that draws a hand at a known place in the world.

import { expect, test } from "@playwright/test";
import { emulateHeadset } from "./emulatedHeadset";

interface Sighting {
    /** Mean distance of 25 joints to the truth in the world, metres. */
    world: number;
    /** The same before the camera: the recoverer's own error. */
    camera: number;
    /** Its part across the viewing direction. */
    across: number;
}

test("lays hands where they are in the world, whichever way the head looks", async ({ page }) => {
    await emulateHeadset(page, ["camera-access"]);
    await page.goto("/xrcamera/");
    await page.waitForFunction(() => window.__xrcamera?.feature);
    await page.evaluate(() => window.__xrcamera.xr!.baseExperience.enterXRAsync("immersive-ar", "local-floor"));
    await page.waitForFunction(() => window.__xrcamera.feature!.behavior.hands.length === 1, undefined, {
        timeout: 60_000,
    });
    const result = await page.evaluate(async () => {
        const { scene, truth, xr, feature, errors } = window.__xrcamera;
        const { behavior } = feature!;
        const device = window.__device;
        const session = xr!.baseExperience.sessionManager;
        const processed = (frames: number): Promise<void> =>
            new Promise((resolve) => {
                const observer = behavior.onFrameObservable.add(() => {
                    if (--frames === 0) {
                        behavior.onFrameObservable.remove(observer);
                        scene.onAfterRenderObservable.addOnce(() => resolve());
                    }
                });
            });
        /** The left eye's pose of the last frame, asked for by ourselves. */
        let eye: XRRigidTransform;
        session.onXRFrameObservable.add((frame) => {
            eye = frame.getViewerPose(session.referenceSpace)!.views.find((view) => view.eye === "left")!.transform;
        });
        const judge = (): Sighting => {
            const [hand] = behavior.hands;
            const { inverse } = eye;
            let world = 0;
            let camera = 0;
            let across = 0;
            for (let joint = 0; joint < 25; joint++) {
                const [x, y, z] = truth.subarray(joint * 3, joint * 3 + 3);
                const at = hand.worldJoints.subarray(joint * 3, joint * 3 + 3);
                world += Math.hypot(at[0] - x, at[1] - y, at[2] - z) / 25;
                const m = inverse.matrix;
                const seen = [0, 1, 2].map((k) => m[k] * x + m[4 + k] * y + m[8 + k] * z + m[12 + k]);
                const own = hand.capturedState.joints.subarray(joint * 3, joint * 3 + 3);
                // Where the ray through the truth is at the depth that was found.
                const stretch = own[2] / -seen[2];
                across += Math.hypot(own[0] - seen[0] * stretch, -own[1] - seen[1] * stretch) / 25;
                camera += Math.hypot(own[0] - seen[0], -own[1] - seen[1], -own[2] - seen[2]) / 25;
            }
            return { world, camera, across };
        };
        const look = (yaw: number, pitch: number, x: number, y: number, z: number): void => {
            const [cy, sy, cx, sx] = [Math.cos(yaw / 2), Math.sin(yaw / 2), Math.cos(pitch / 2), Math.sin(pitch / 2)];
            device.quaternion.set(cy * sx, sy * cx, -sy * sx, cy * cx);
            device.position.set(x, 1.6 + y, z);
        };
        const still: (Sighting & { head: string })[] = [];
        for (const [yaw, pitch, x, y, z] of [
            [0, 0, 0, 0, 0],
            [0.2, 0.1, 0.05, -0.03, 0.02],
            [-0.25, -0.1, -0.1, 0.05, 0.05],
            [0.1, -0.2, 0.15, 0.1, -0.05],
        ]) {
            look(yaw, pitch, x, y, z);
            await processed(25);
            still.push({ ...judge(), head: `${yaw} ${pitch}` });
        }
        // A head that turns all the time: the hand must not go along.
        const moving: number[] = [];
        let step = 0;
        const observer = session.onXRFrameObservable.add(() => {
            step++;
            look(0.2 * Math.sin(step / 12), 0.08 * Math.sin(step / 9), 0.05 * Math.sin(step / 15), 0, 0);
        });
        await processed(5);
        const sampler = scene.onAfterRenderObservable.add(() =>
            moving.push(behavior.hands.length ? judge().world : NaN)
        );
        await processed(20);
        scene.onAfterRenderObservable.remove(sampler);
        session.onXRFrameObservable.remove(observer);
        return { still, moving, errors };
    });
    const mm = (metres: number): string => (1000 * metres).toFixed(1);
    const seen = result.moving.filter(Number.isFinite);
    const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
    const stillMean = result.still.reduce((sum, { world }) => sum + world, 0) / result.still.length;
    console.log(
        `mean of 25 joints, in the world, before the camera and across its rays, mm: ${result.still.map(({ world, camera, across, head }) => `${mm(world)}/${mm(camera)}/${mm(across)} (looking ${head})`).join(", ")}; ` +
            `with a head that turns ${mm(mean)} over ${seen.length} of ${result.moving.length} frames`
    );
    expect(result.errors).toEqual([]);
    for (const { world, camera, across } of result.still) {
        expect(world).toBeLessThan(camera + 0.002);
        expect(across).toBeLessThan(0.012);
    }
    expect(seen.length).toBe(result.moving.length);
    expect(mean).toBeLessThan(stillMean + 0.02);
});
