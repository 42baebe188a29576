// The pinhole camera that took a frame.

/** Pinhole intrinsics in pixels of the image that they belong to. */
export interface Intrinsics {
    fx: number;
    fy: number;
    cx: number;
    cy: number;
}

/**
 * Horizontal field of view assumed for a camera that does not tell, radians (63 degrees).
 * Laptop webcams lie between 55 and 78 degrees; a wrong value scales all depths by the same factor.
 */
export const ASSUMED_HORIZONTAL_FOV = 1.1;

/** Intrinsics of a camera with square pixels, its principal point in the middle, from a field of view of the longer side. */
export function intrinsicsFromFieldOfView(
    width: number,
    height: number,
    fovRadians = ASSUMED_HORIZONTAL_FOV
): Intrinsics {
    const focal = Math.max(width, height) / (2 * Math.tan(fovRadians / 2));
    return { fx: focal, fy: focal, cx: width / 2, cy: height / 2 };
}
