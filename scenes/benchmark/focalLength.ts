// The sample clip's focal length.

import type { ClipDescription } from "../sandbox/clipImages";

/** px, of pictures as they are in the clip; doubled ones have the same. */
export function focalLengthPx({ fieldOfView }: ClipDescription, { width }: { width: number }): number {
    return width / 2 / Math.tan(fieldOfView / 2);
}
