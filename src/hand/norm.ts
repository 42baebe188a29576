// Lengths of short vectors. `Math.hypot` guards against overflow, which metres and pixels have no need of, and pays for it with
// an array on the heap in every call (V8): too much for what runs hundreds of times a frame.

import type { NumberArray } from "./quaternion";

/** sqrt(x^2 + y^2) */
export function norm2(x: number, y: number): number {
    return Math.sqrt(x * x + y * y);
}

/** sqrt(x^2 + y^2 + z^2) */
export function norm3(x: number, y: number, z: number): number {
    return Math.sqrt(x * x + y * y + z * z);
}

/** sqrt(x^2 + y^2 + z^2 + w^2) */
export function norm4(x: number, y: number, z: number, w: number): number {
    return Math.sqrt(x * x + y * y + z * z + w * w);
}

/** Distance of joints, or keypoints, `a` and `b` of n x 3. */
export function jointDistance(joints: NumberArray, a: number, b: number): number {
    return norm3(
        joints[a * 3] - joints[b * 3],
        joints[a * 3 + 1] - joints[b * 3 + 1],
        joints[a * 3 + 2] - joints[b * 3 + 2]
    );
}
