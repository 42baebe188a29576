// Hands before a camera that moves: their own motion, without the camera's.

import type { CameraMotion } from "../camera/cameraMotion";
import type { HandObservation } from "./handObservation";

/**
 * Velocities of an observation against the ground instead of against the camera, still along the camera's axes: a resting hand
 * that a turning camera sees is not carried on. A point p that rests moves by -(v + w x p) before a camera of velocity v and
 * angular velocity w.
 */
export function addCameraMotion(observation: HandObservation, camera: CameraMotion): void {
    // Observations of left hands are mirrored: velocities in x, angular velocities in y and z.
    const sign = observation.side === "left" ? -1 : 1;
    const [x, y, z] = observation.pose.translation;
    const { velocity, angularVelocity } = camera;
    const wx = angularVelocity[0];
    const wy = angularVelocity[1] * sign;
    const wz = angularVelocity[2] * sign;
    observation.velocity[0] += velocity[0] * sign + wy * z - wz * y;
    observation.velocity[1] += velocity[1] + wz * x - wx * z;
    observation.velocity[2] += velocity[2] + wx * y - wy * x;
    observation.angularVelocity[0] += wx;
    observation.angularVelocity[1] += wy;
    observation.angularVelocity[2] += wz;
}
