// Looks of the hand.

import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial";
import { FresnelParameters } from "@babylonjs/core/Materials/fresnelParameters";
import type { Material } from "@babylonjs/core/Materials/material";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import type { Scene } from "@babylonjs/core/scene";

/** Names of the looks. */
export type HandMaterialKind =
    /** Like skin, lit by the scene. */
    | "skin"
    /** Translucent with a bright rim. */
    | "ghost"
    /** Its triangles. */
    | "wireframe"
    /** Invisible, but hides what is behind it: for hands that the camera's picture shows already. */
    | "occluder";

// Linear albedo of a medium skin, and the colour of light that went through it.
export const SKIN = new Color3(0.46, 0.22, 0.14);
const SKIN_SCATTER = new Color3(0.85, 0.25, 0.15);
const GHOST = new Color3(0.35, 0.7, 1);

/**
 * A camera's colours hold the shade of its place, and a scene's lights shade them once more: in the sandbox a hand shows 0.98
 * (mirror view) to 0.6 (facing view) of its albedo. This lies between their inverses, nearer to that of the usual view.
 */
const OWN_SKIN_LIFT = 1.45;

/** A new material of skin whose colours are the mesh's vertices'; the caller disposes of it. */
export function createOwnSkinMaterial(scene: Scene): Material {
    const material = createSkinMaterial(scene);
    material.albedoColor = new Color3(OWN_SKIN_LIFT, OWN_SKIN_LIFT, OWN_SKIN_LIFT);
    return material;
}

function createSkinMaterial(scene: Scene): PBRMaterial {
    const material = new PBRMaterial("hand-skin", scene);
    material.albedoColor = SKIN;
    material.metallic = 0;
    material.roughness = 0.55;
    // Light bleeds through fingers: a warm wrap around the terminator.
    material.subSurface.isTranslucencyEnabled = true;
    material.subSurface.translucencyIntensity = 0.15;
    material.subSurface.tintColor = SKIN_SCATTER;
    return material;
}

/** A new material of the named look; the caller disposes of it. */
export function createHandMaterial(kind: HandMaterialKind, scene: Scene): Material {
    switch (kind) {
        case "skin":
            return createSkinMaterial(scene);
        case "ghost": {
            const material = new StandardMaterial("hand-ghost", scene);
            material.diffuseColor = GHOST.scale(0.25);
            material.specularColor = Color3.Black();
            material.emissiveColor = GHOST;
            material.alpha = 0.55;
            // Without it the fingers' far sides show through the near ones.
            material.needDepthPrePass = true;
            const rim = new FresnelParameters();
            rim.bias = 0.15;
            rim.power = 2;
            rim.leftColor = GHOST;
            rim.rightColor = GHOST.scale(0.15);
            material.emissiveFresnelParameters = rim;
            return material;
        }
        case "wireframe": {
            const material = new StandardMaterial("hand-wireframe", scene);
            material.wireframe = true;
            material.emissiveColor = GHOST;
            material.disableLighting = true;
            return material;
        }
        case "occluder": {
            const material = new StandardMaterial("hand-occluder", scene);
            material.disableColorWrite = true;
            // The depth pass comes before everything else of its rendering group, whatever the order of meshes.
            material.needDepthPrePass = true;
            // Without lights there is one shader less to compile; its colour is never written.
            material.disableLighting = true;
            return material;
        }
    }
}
