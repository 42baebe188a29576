// Babylon's XR experience without what would be fetched from elsewhere, and without hands and pointers of its own.

import type { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Helpers/sceneHelpers";
import { WebXRDefaultExperience } from "@babylonjs/core/XR/webXRDefaultExperience";

/** No button either: the page has its own. */
export function createBareExperience(scene: Scene): Promise<WebXRDefaultExperience> {
    return WebXRDefaultExperience.CreateAsync(scene, {
        disableDefaultUI: true,
        disableTeleportation: true,
        disablePointerSelection: true,
        disableNearInteraction: true,
        disableHandTracking: true,
        inputOptions: { disableOnlineControllerRepository: true, doNotLoadControllerMeshes: true },
    });
}
