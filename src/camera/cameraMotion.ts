// Where a camera that moves is, and how it moves.

/**
 * Pose of a camera in some fixed frame with the same axes (x right, y down, z forward as the frame's origin looks), metres, and
 * its motion in its own axes.
 */
export interface CameraMotion {
    /** x, y, z in the fixed frame, metres. */
    position: Float64Array;
    /** Unit quaternion (x, y, z, w) from the camera's axes to the fixed frame's. */
    rotation: Float64Array;
    /** m/s along the camera's axes. */
    velocity: Float64Array;
    /** Axis times rad/s, in the camera's axes. */
    angularVelocity: Float64Array;
}

/** At rest at the fixed frame's origin. */
export function createCameraMotion(): CameraMotion {
    return {
        position: new Float64Array(3),
        rotation: Float64Array.of(0, 0, 0, 1),
        velocity: new Float64Array(3),
        angularVelocity: new Float64Array(3),
    };
}
