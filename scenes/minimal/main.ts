// The ten lines of the README: one box, and hands that can take it.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsAggregate } from "@babylonjs/core/Physics/v2/physicsAggregate";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import HavokPhysics from "@babylonjs/havok";
import { HandTrackingBehavior } from "../../src/index";

const engine = new Engine(document.querySelector("canvas")!, true);
const scene = new Scene(engine);
const camera = new FreeCamera("camera", Vector3.Zero(), scene);
camera.minZ = 0.01;
new HemisphericLight("light", new Vector3(0.3, 1, -0.6), scene);
scene.enablePhysics(Vector3.Zero(), new HavokPlugin(true, await HavokPhysics()));
const box = CreateBox("box", { size: 0.05 }, scene);
box.position.set(0, 0, 0.45);
box.rotation.set(0.5, 0.6, 0);
new PhysicsAggregate(box, PhysicsShapeType.BOX, { mass: 0.1 }, scene);

const hands = HandTrackingBehavior.attachToScene(scene, { modelBaseUrl: "/models/" });
hands.onObjectGrabbedObservable.add(({ side }) => (document.title = `held by the ${side} hand`));
hands.onErrorObservable.add((error) => alert(error.message));

engine.runRenderLoop(() => scene.render());
window.addEventListener("resize", () => engine.resize());
