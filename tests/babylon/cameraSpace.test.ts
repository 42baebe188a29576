import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Matrix, Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Viewport } from "@babylonjs/core/Maths/math.viewport";
import { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import type { HandView } from "../../src/babylon/handTrackingOptions";
import { createHandState } from "../../src/hand/handState";
import { TIP_JOINTS } from "../../src/hand/joints";
import { forwardKinematics } from "../../src/hand/kinematics";
import { uprightPose } from "../helpers/syntheticHand";

function map(rightHanded: boolean, view: HandView, worldScale = 1) {
    const engine = new NullEngine({
        renderWidth: 640,
        renderHeight: 480,
        textureSize: 512,
        deterministicLockstep: false,
        lockstepMaxSteps: 1,
    });
    const scene = new Scene(engine);
    scene.useRightHandedSystem = rightHanded;
    const camera = new FreeCamera("camera", new Vector3(0.3, 1.2, -0.4), scene);
    camera.rotationQuaternion = Quaternion.FromEulerAngles(0.3, -0.5, 0.1);
    camera.minZ = 0.01;
    camera.computeWorldMatrix();
    const state = createHandState("right");
    forwardKinematics(uprightPose([0.08, -0.03, 0.5], 0.4, [0.2, 0.4, -0.3]), "right", state);
    const positions = new Float32Array(75);
    const rotations = new Float32Array(100);
    const mapping = new CameraSpaceMapping(scene, camera, { view, worldScale });
    mapping.refresh();
    mapping.toWorld(state, positions, rotations);
    return { scene, camera, state, positions, rotations, mapping };
}

describe("camera space in Babylon's world", () => {
    for (const rightHanded of [false, true]) {
        const system = rightHanded ? "right-handed" : "left-handed";
        it(`projects joints to the pixels where the camera saw them (${system}, camera view)`, () => {
            const { scene, camera, state, positions } = map(rightHanded, "camera");
            const focal = 520;
            camera.fov = 2 * Math.atan(240 / focal);
            const transform = camera.getViewMatrix(true).multiply(camera.getProjectionMatrix());
            let worst = 0;
            for (let joint = 0; joint < 25; joint++) {
                const world = Vector3.FromArray(positions, joint * 3);
                const px = Vector3.Project(world, Matrix.IdentityReadOnly, transform, new Viewport(0, 0, 640, 480));
                const u = (focal * state.joints[joint * 3]) / state.joints[joint * 3 + 2] + 320;
                const v = (focal * state.joints[joint * 3 + 1]) / state.joints[joint * 3 + 2] + 240;
                worst = Math.max(worst, Math.hypot(px.x - u, px.y - v));
            }
            console.log(`${system}: joints within ${worst.toFixed(4)} px`);
            expect(worst).toBeLessThan(0.05);
            scene.dispose();
        });

        for (const view of ["camera", "facing", "mirror"] as HandView[]) {
            it(`keeps bones along their joints' axis (${system}, ${view} view)`, () => {
                const { positions, rotations, mapping } = map(rightHanded, view, 2);
                const axis = new Vector3(0, 0, mapping.isLeftHanded ? 1 : -1);
                let worst = 0;
                for (const tip of TIP_JOINTS) {
                    const bone = Vector3.FromArray(positions, tip * 3)
                        .subtract(Vector3.FromArray(positions, (tip - 1) * 3))
                        .normalize();
                    const turned = axis.applyRotationQuaternion(Quaternion.FromArray(rotations, (tip - 1) * 4));
                    worst = Math.max(worst, Math.acos(Math.min(1, Vector3.Dot(bone, turned))));
                }
                console.log(
                    `${system}, ${view}: bones within ${((worst * 180) / Math.PI).toFixed(1)} degrees of their axis`
                );
                expect(worst).toBeLessThan(0.06);
            });
        }

        it(`shows the user's own right hand from behind when the webcam faces them (${system})`, () => {
            const { camera, positions, rotations, mapping } = map(rightHanded, "facing");
            // The palm faces the webcam, so its back (+y of the wrist) faces the scene's camera.
            const back = Vector3.Up().applyRotationQuaternion(Quaternion.FromArray(rotations, 0));
            const forward = camera.getDirection(new Vector3(0, 0, rightHanded ? -1 : 1));
            expect(Vector3.Dot(back, forward)).toBeLessThan(-0.5);
            // It appears where 0.9 m minus its distance says.
            const depth = Vector3.Dot(Vector3.FromArray(positions, 0).subtract(camera.globalPosition), forward);
            expect(depth).toBeCloseTo(0.4, 1);
            expect(Vector3.Dot(mapping.viewingDirection, forward)).toBeCloseTo(-1, 5);
            expect(mapping.shownSide("right")).toBe("right");
        });
    }

    it("exchanges left and right in the mirror view", () => {
        const { mapping } = map(false, "mirror");
        expect(mapping.shownSide("right")).toBe("left");
    });
});
