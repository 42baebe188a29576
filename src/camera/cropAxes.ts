// From the frame of a crop to the camera's axes: what a network says in its crop, said of the camera.

import type { NumberArray } from "../hand/quaternion";
import type { CropWindow } from "./cropWindow";
import type { Intrinsics } from "./intrinsics";
import { norm3 } from "../hand/norm";

/**
 * Columns of the rotation from a crop's frame to camera axes (mirrored ones where the crop is): first the window's turn back,
 * then the smallest rotation that takes the optical axis to the ray through the window's centre, along which the crop was seen.
 * @param out receives 9 numbers, column by column
 */
export function cropAxes(window: CropWindow, intrinsics: Intrinsics, out: NumberArray): void {
    const flip = window.mirrored ? -1 : 1;
    const x = (flip * (window.cx - intrinsics.cx)) / intrinsics.fx;
    const y = (window.cy - intrinsics.cy) / intrinsics.fy;
    const length = norm3(x, y, 1);
    const a = x / length;
    const b = y / length;
    const c = 1 / length;
    // Rodrigues' formula for the axis z x ray with cosine c: R = I + [v] + [v]^2 / (1 + c).
    const k = 1 / (1 + c);
    const cosine = Math.cos(window.rotation);
    // Mirroring flips the crop's x; the window's turn then has the other sign as well.
    const sine = flip * Math.sin(window.rotation);
    const xx = 1 - a * a * k;
    const xy = -a * b * k;
    const yy = 1 - b * b * k;
    out[0] = cosine * xx + sine * xy;
    out[1] = cosine * xy + sine * yy;
    out[2] = -cosine * a - sine * b;
    out[3] = cosine * xy - sine * xx;
    out[4] = cosine * yy - sine * xy;
    out[5] = sine * a - cosine * b;
    out[6] = a;
    out[7] = b;
    out[8] = c;
}

/** Turns points (N x 3) by the rotation of the given columns; `out` may not be `points`. */
export function turnPoints(columns: NumberArray, points: NumberArray, out: NumberArray): void {
    for (let at = 0; at < points.length; at += 3) {
        const x = points[at];
        const y = points[at + 1];
        const z = points[at + 2];
        for (let k = 0; k < 3; k++) {
            out[at + k] = columns[k] * x + columns[3 + k] * y + columns[6 + k] * z;
        }
    }
}
