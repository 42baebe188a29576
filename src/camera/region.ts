// The part of an image that is needed: an upright rectangle of whole pixels.

import { reachOf, type CropWindow } from "./cropWindow";

/** px; nothing where width or height is 0. */
export interface Region {
    left: number;
    top: number;
    width: number;
    height: number;
}

/** Beyond a window's corners: a bilinear sample reads the next pixel too. */
const MARGIN = 1;
/** Frames of cameras have one colour for 2 x 2 pixels: parts of them begin at even places. */
const STEP = 2;

export function createRegion(): Region {
    return { left: 0, top: 0, width: 0, height: 0 };
}

/**
 * The least region that the windows of all are in.
 * @param width, height of the image, px
 */
export function regionOfWindows(
    holders: readonly { readonly window: Readonly<CropWindow> }[],
    width: number,
    height: number,
    out: Region
): void {
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (const { window } of holders) {
        const { cx, cy } = window;
        const reach = reachOf(window) + MARGIN;
        left = Math.min(left, cx - reach);
        top = Math.min(top, cy - reach);
        right = Math.max(right, cx + reach);
        bottom = Math.max(bottom, cy + reach);
    }
    out.left = Math.max(0, STEP * Math.floor(left / STEP));
    out.top = Math.max(0, STEP * Math.floor(top / STEP));
    out.width = Math.max(0, Math.min(width, STEP * Math.ceil(right / STEP)) - out.left);
    out.height = Math.max(0, Math.min(height, STEP * Math.ceil(bottom / STEP)) - out.top);
}
