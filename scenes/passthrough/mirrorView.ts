// A magic mirror: the webcam's picture behind the scene, which is seen by a camera of the same intrinsics.

import type { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { intrinsicsFromFieldOfView } from "../../src/index";

/** Height of the camera above the table's middle over its distance: webcams look down on desks a little. */
const SLOPE = Math.tan((20 * Math.PI) / 180);

/**
 * Makes a scene's camera see as the one of the picture, which covers the canvas.
 * @param fieldOfView of the picture's longer side, radians; undefined where it is not known
 * @param distance at which hands are before the camera: the table's middle comes there, metres
 */
export function matchCamera(
    camera: FreeCamera,
    canvas: HTMLCanvasElement,
    picture: { width: number; height: number },
    fieldOfView: number | undefined,
    distance: number
): void {
    const { fy } = intrinsicsFromFieldOfView(picture.width, picture.height, fieldOfView);
    const scale = Math.max(canvas.clientWidth / picture.width, canvas.clientHeight / picture.height);
    camera.fov = 2 * Math.atan(canvas.clientHeight / 2 / (fy * scale));
    const across = distance / Math.hypot(1, SLOPE);
    camera.position.set(0, across * SLOPE, -across);
    camera.setTarget(Vector3.Zero());
}
