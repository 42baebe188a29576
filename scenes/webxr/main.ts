// A headset's hands in a session, with this plugin and with Babylon's own feature side by side: which of them move things.
//
// ?rightHanded  a right-handed scene     ?scale=10  scene units per metre     ?hands=camera  recovered from the session's camera

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsAggregate } from "@babylonjs/core/Physics/v2/physicsAggregate";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Helpers/sceneHelpers";
import { WebXRHandTracking } from "@babylonjs/core/XR/features/WebXRHandTracking";
import { WebXRDefaultExperience } from "@babylonjs/core/XR/webXRDefaultExperience";
import { WebXRState } from "@babylonjs/core/XR/webXRTypes";
import HavokPhysics from "@babylonjs/havok";
import { HAND_COLLISION_GROUP, WebXRPhysicsHands, type XRHandsFrom } from "../../src/index";

const query = new URLSearchParams(location.search);
const unit = Number(query.get("scale") ?? 1);

/** A box to take, a row of balls for each of the two, metres in the right-handed axes of WebXR (x right, y up, z back). */
const BOX = [0.2, 1.2, -0.4];
const ROWS = { ours: 1.45, babylons: 1.0 };
const BALLS = 5;
const SPACING = 0.12;
const BALL = 0.05;
/** A ball that is farther from where it hung has been moved, metres. */
const MOVED = 0.02;

const element = (id: string): HTMLElement => document.getElementById(id)!;
const say = (text: string): void => void (element("state").textContent = text);
const fail = (text: string): void => void (element("message").textContent = text);

const engine = new Engine(document.querySelector("canvas")!, true);
const scene = new Scene(engine);
scene.useRightHandedSystem = query.has("rightHanded");
const place = ([x, y, z]: number[]): Vector3 =>
    new Vector3(x, y, scene.useRightHandedSystem ? z : -z).scaleInPlace(unit);
const camera = new FreeCamera("camera", place([0, 1.6, 0.6]), scene);
camera.setTarget(place([0, 1.2, -0.5]));
camera.minZ = 0.01 * unit;
new HemisphericLight("light", Vector3.Up(), scene);
// Nothing falls: what moves was moved.
scene.enablePhysics(Vector3.Zero(), new HavokPlugin(true, await HavokPhysics()));

const paint = (name: string, color: string): StandardMaterial => {
    const material = new StandardMaterial(name, scene);
    material.diffuseColor = Color3.FromHexString(color);
    return material;
};
const box = CreateBox("box", { size: 0.06 * unit }, scene);
box.position.copyFrom(place(BOX));
box.material = paint("box", "#e2522f");
const boxBody = new PhysicsAggregate(box, PhysicsShapeType.BOX, { mass: 0.1 }, scene).body;

function hangBalls(height: number, color: string, isOurs: boolean): { mesh: Mesh; start: Vector3 }[] {
    const material = paint(color, color);
    return Array.from({ length: BALLS }, (_, i) => {
        const mesh = CreateSphere("ball", { diameter: BALL * unit }, scene);
        mesh.position.copyFrom(place([(i - (BALLS - 1) / 2) * SPACING, height, -0.4]));
        mesh.material = material;
        const aggregate = new PhysicsAggregate(mesh, PhysicsShapeType.SPHERE, { mass: 0.05 }, scene);
        aggregate.body.setLinearDamping(2);
        // Left to Babylon's hands: this plugin's pass through.
        if (!isOurs) {
            aggregate.shape.filterCollideMask = ~HAND_COLLISION_GROUP;
        }
        return { mesh, start: mesh.position.clone() };
    });
}
const rows = { ours: hangBalls(ROWS.ours, "#2f7fb8", true), babylons: hangBalls(ROWS.babylons, "#f2a51a", false) };
const moved = (row: keyof typeof rows): number =>
    rows[row].filter(({ mesh, start }) => Vector3.Distance(mesh.position, start) > MOVED * unit).length;

const events: string[] = [];
const errors: string[] = [];
/** What tests look at. */
const api = {
    scene,
    box,
    boxBody,
    events,
    errors,
    moved,
    xr: null as WebXRDefaultExperience | null,
    feature: null as WebXRPhysicsHands | null,
    babylons: null as WebXRHandTracking | null,
    /** Speed of what was released last, m/s. */
    releasedAt: NaN,
};
declare global {
    interface Window {
        __webxr: typeof api;
    }
}
window.__webxr = api;

scene.onAfterRenderObservable.add(() => {
    element("ours").textContent = String(moved("ours"));
    element("babylons").textContent = String(moved("babylons"));
});
engine.runRenderLoop(() => scene.render());
window.addEventListener("resize", () => engine.resize());

const xr = await WebXRDefaultExperience.CreateAsync(scene, {
    uiOptions: { sessionMode: query.has("vr") ? "immersive-vr" : "immersive-ar", referenceSpaceType: "local-floor" },
    optionalFeatures: query.get("hands") === "camera" ? ["camera-access"] : [],
    disableTeleportation: true,
    disablePointerSelection: true,
    disableNearInteraction: true,
    disableHandTracking: true,
    inputOptions: { disableOnlineControllerRepository: true, doNotLoadControllerMeshes: true },
}).catch((error: unknown) => {
    // An address that is not secure, for instance.
    fail(`WebXR could not be started: ${(error as Error).message}.`);
    return null;
});
if (!xr?.baseExperience) {
    say("There is no WebXR in this browser. Open the page in a headset's, or try the passthrough scene with a webcam.");
} else {
    const { baseExperience } = xr;
    baseExperience.sessionManager.worldScalingFactor = unit;
    const feature = WebXRPhysicsHands.EnableOn(baseExperience, {
        hands: (query.get("hands") as XRHandsFrom | null) ?? "auto",
        modelBaseUrl: "/models/",
        backend: query.get("backend") === "wasm" ? "wasm" : "auto",
        rig: "ghost",
    });
    const { behavior } = feature;
    behavior.onHandFoundObservable.add(({ side }) => events.push(`${side} found`));
    behavior.onHandLostObservable.add(({ side }) => events.push(`${side} lost`));
    behavior.onPinchStartObservable.add(({ side }) => events.push(`${side} pinch`));
    behavior.onPinchEndObservable.add(({ side }) => events.push(`${side} open`));
    behavior.onObjectGrabbedObservable.add(({ side }) => events.push(`${side} grabbed`));
    behavior.onObjectReleasedObservable.add(({ side, reason, velocity }) => {
        events.push(`${side} released ${reason}`);
        api.releasedAt = velocity.length() / unit;
    });
    behavior.onErrorObservable.add(({ code, message }) => {
        errors.push(code);
        fail(message);
    });
    api.xr = xr;
    api.feature = feature;
    // Babylon's own, with the bodies that its options offer for joints; its meshes come from a CDN and are left out.
    const options = {
        xrInput: xr.input,
        jointMeshes: { enablePhysics: true, scaleFactor: 1 },
        handMeshes: { disableDefaultMeshes: true },
    };
    const { featuresManager } = baseExperience;
    // Not required: sessions without hand tracking begin all the same.
    api.babylons = featuresManager.enableFeature(
        WebXRHandTracking.Name,
        "latest",
        options,
        true,
        false
    ) as WebXRHandTracking;
    baseExperience.onStateChangedObservable.add((state) => {
        say(
            state === WebXRState.IN_XR ? `In a session: ${feature.handsFrom ?? "no"} hands.` : "Enter with the button."
        );
    });
    say("Enter with the button, lower right. Sweep your hands through both rows; take the cube.");
}
