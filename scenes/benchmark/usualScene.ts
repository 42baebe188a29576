// What a page with a Babylon scene has loaded before it starts to track hands: it is no part of tracking's start, nor of its bytes.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import "@babylonjs/core/Culling/ray";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial";
import { Texture } from "@babylonjs/core/Materials/Textures/texture";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import { CreateGround } from "@babylonjs/core/Meshes/Builders/groundBuilder";
import { Scene } from "@babylonjs/core/scene";

/** A lit box on a ground, with textures, in a scene that nobody sees; the box is picked once. */
export function createUsualScene(): Scene {
    const scene = new Scene(new NullEngine());
    scene.activeCamera = new FreeCamera("camera", new Vector3(0, 1, -3), scene);
    new HemisphericLight("light", Vector3.Up(), scene);
    const box = CreateBox("box", {}, scene);
    const paint = new StandardMaterial("paint", scene);
    paint.diffuseTexture = new Texture(null, scene);
    box.material = paint;
    CreateGround("ground", { width: 4, height: 4 }, scene).material = new PBRMaterial("stone", scene);
    scene.render();
    scene.pick(0, 0);
    return scene;
}
