// A Babylon.js application for a headset's hands, made of Babylon's own features: nothing in it knows of a webcam. Two balls
// hang before the user: pinch one to carry it.

import "@babylonjs/core/Helpers/sceneHelpers";
import "@babylonjs/core/XR/motionController/index";
import { SixDofDragBehavior } from "@babylonjs/core/Behaviors/Meshes/sixDofDragBehavior";
import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { PointerEventTypes } from "@babylonjs/core/Events/pointerEvents";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import { Scene } from "@babylonjs/core/scene";
import type { WebXRHandTracking } from "@babylonjs/core/XR/features/WebXRHandTracking";
import { WebXRFeatureName } from "@babylonjs/core/XR/webXRFeaturesManager";

/** In reach, where the hands of the sample clip pinch; metres, left-handed: z is forward. */
const BALLS = [new Vector3(-0.195, 1.61, 0.305), new Vector3(0.195, 1.61, 0.305)];
const BALL_SIZE = 0.06;

/** What the page saw, for tests. */
export interface Report {
    /** Hands that Babylon's own hand tracking has now, by side. */
    hands: () => { side: string; joints: number[][] }[];
    /** Pointer events of near interaction. */
    events: { kind: "down" | "up"; mesh: string; pointer: string }[];
    dragged: string[];
    /** Where the balls are now, the left one first. */
    balls: () => number[][];
}

declare global {
    interface Window {
        __handReport: Report;
    }
}

const engine = new Engine(document.querySelector("canvas")!, true);
const scene = new Scene(engine);
const camera = new FreeCamera("camera", new Vector3(0, 1.6, 0), scene);
camera.minZ = 0.01;
new HemisphericLight("light", Vector3.Up(), scene);

const events: Report["events"] = [];
const dragged: string[] = [];

const material = new StandardMaterial("ball", scene);
material.diffuseColor = new Color3(0.9, 0.5, 0.2);
const balls = BALLS.map((place, i) => {
    const side = i === 0 ? "left" : "right";
    const ball = CreateSphere(`ball-${side}`, { diameter: BALL_SIZE }, scene);
    ball.position.copyFrom(place);
    ball.isNearGrabbable = true;
    ball.material = material;
    const drag = new SixDofDragBehavior();
    drag.onDragStartObservable.add(() => dragged.push(ball.name));
    ball.addBehavior(drag);
    return ball;
});
scene.onPointerObservable.add(({ type, event, pickInfo }) => {
    if (type === PointerEventTypes.POINTERDOWN || type === PointerEventTypes.POINTERUP) {
        const kind = type === PointerEventTypes.POINTERDOWN ? "down" : "up";
        events.push({ kind, mesh: pickInfo?.pickedMesh?.name ?? "", pointer: (event as PointerEvent).pointerType });
    }
});

// Without what Babylon would fetch from elsewhere: profiles and models of controllers, meshes of hands, a material.
const xr = await scene.createDefaultXRExperienceAsync({
    optionalFeatures: true,
    disableTeleportation: true,
    inputOptions: { disableOnlineControllerRepository: true, doNotLoadControllerMeshes: true },
    nearInteractionOptions: { motionControllerOrbMaterial: new StandardMaterial("orb", scene) },
    handSupportOptions: { jointMeshes: { invisible: false }, handMeshes: { disableDefaultMeshes: true } },
});
const tracking = xr.baseExperience.featuresManager.getEnabledFeature(
    WebXRFeatureName.HAND_TRACKING
) as WebXRHandTracking;

function handsNow(): ReturnType<Report["hands"]> {
    return (["left", "right"] as const).flatMap((side) => {
        const hand = tracking.getHandByHandedness(side);
        const names = hand && [...hand.xrController.inputSource.hand!.keys()];
        return names
            ? [
                  {
                      side,
                      joints: names.map((name) =>
                          hand
                              .getJointMesh(name as never)
                              .getAbsolutePosition()
                              .asArray()
                      ),
                  },
              ]
            : [];
    });
}

window.__handReport = {
    hands: handsNow,
    events,
    dragged,
    balls: () => balls.map((ball) => ball.getAbsolutePosition().asArray()),
};
engine.runRenderLoop(() => scene.render());
window.addEventListener("resize", () => engine.resize());
