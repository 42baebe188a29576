// Crop windows: from a palm, from the last frame's keypoints; how much two overlap. Constants are MediaPipe's hand tracking graph's.

import type { CropWindow } from "../camera/cropWindow";
import type { NumberArray } from "../hand/quaternion";
import type { Palm } from "./palmDecoder";

/** Window of a palm: moved toward the fingers by half its height, grown to hold the whole hand. */
const PALM_SHIFT = 0.5;
const PALM_SCALE = 2.6;
/** Window of keypoints: the stable ones' box, moved by a tenth, doubled. */
const KEYPOINT_SHIFT = 0.1;
const KEYPOINT_SCALE = 2;
/** All keypoints but the last two of each finger: the box does not jump when fingers bend. */
const STABLE_KEYPOINTS = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18];
const WRIST = 0;
const [INDEX_KNUCKLE, MIDDLE_KNUCKLE, RING_KNUCKLE] = [5, 9, 13];
// Palm keypoints that give its direction: wrist and middle knuckle.
const PALM_MIDDLE_KNUCKLE = 2;

/** Rotation of a window whose up is the image direction (dx, dy). */
function upright(dx: number, dy: number): number {
    return Math.atan2(dx, -dy);
}

/**
 * Window around the hand of a palm.
 * @param view the unturned square that the palm was found in
 */
export function windowFromPalm(palm: Palm, view: CropWindow, out: CropWindow): void {
    const { keypoints: k } = palm;
    const { side } = view;
    const rotation = upright(k[PALM_MIDDLE_KNUCKLE * 2] - k[0], k[PALM_MIDDLE_KNUCKLE * 2 + 1] - k[1]);
    const shift = PALM_SHIFT * palm.height;
    out.rotation = rotation;
    out.cx = view.cx + side * (palm.cx - 0.5 + shift * Math.sin(rotation));
    out.cy = view.cy + side * (palm.cy - 0.5 - shift * Math.cos(rotation));
    out.side = PALM_SCALE * side * Math.max(palm.width, palm.height);
}

/** Window around 21 keypoints, image px; `mirrored` of `out` is left alone. */
export function windowFromKeypoints(keypointsPx: NumberArray, out: CropWindow): void {
    const x = (i: number): number => keypointsPx[i * 2];
    const y = (i: number): number => keypointsPx[i * 2 + 1];
    const towardX = ((x(INDEX_KNUCKLE) + x(RING_KNUCKLE)) / 2 + x(MIDDLE_KNUCKLE)) / 2;
    const towardY = ((y(INDEX_KNUCKLE) + y(RING_KNUCKLE)) / 2 + y(MIDDLE_KNUCKLE)) / 2;
    const rotation = upright(towardX - x(WRIST), towardY - y(WRIST));
    const cosine = Math.cos(rotation);
    const sine = Math.sin(rotation);
    let minU = Infinity;
    let maxU = -Infinity;
    let minV = Infinity;
    let maxV = -Infinity;
    for (const i of STABLE_KEYPOINTS) {
        const u = cosine * x(i) + sine * y(i);
        const v = -sine * x(i) + cosine * y(i);
        minU = Math.min(minU, u);
        maxU = Math.max(maxU, u);
        minV = Math.min(minV, v);
        maxV = Math.max(maxV, v);
    }
    const centreU = (minU + maxU) / 2;
    const centreV = (minV + maxV) / 2 - KEYPOINT_SHIFT * (maxV - minV);
    out.rotation = rotation;
    out.cx = cosine * centreU - sine * centreV;
    out.cy = sine * centreU + cosine * centreV;
    out.side = KEYPOINT_SCALE * Math.max(maxU - minU, maxV - minV);
}

/** Overlap of two windows as upright squares: intersection over union. Their turn does not matter for telling hands apart. */
export function windowOverlap(a: CropWindow, b: CropWindow): number {
    const width = Math.min(a.cx + a.side / 2, b.cx + b.side / 2) - Math.max(a.cx - a.side / 2, b.cx - b.side / 2);
    const height = Math.min(a.cy + a.side / 2, b.cy + b.side / 2) - Math.max(a.cy - a.side / 2, b.cy - b.side / 2);
    if (width <= 0 || height <= 0) {
        return 0;
    }
    const intersection = width * height;
    return intersection / (a.side * a.side + b.side * b.side - intersection);
}

/** Crop positions (fractions of the side from the centre) to image px. */
export function cropToImage(crop: NumberArray, window: CropWindow, out: NumberArray): void {
    const cosine = Math.cos(window.rotation) * window.side;
    const sine = Math.sin(window.rotation) * window.side;
    const flip = window.mirrored ? -1 : 1;
    for (let i = 0; i < crop.length; i += 2) {
        const u = flip * crop[i];
        const v = crop[i + 1];
        out[i] = window.cx + cosine * u - sine * v;
        out[i + 1] = window.cy + sine * u + cosine * v;
    }
}
