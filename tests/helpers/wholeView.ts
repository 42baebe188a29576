// The square that a search for palms begins with.

import type { CropWindow } from "../../src/camera/cropWindow";
import type { RgbaImage } from "../../src/recovery/image";
import { SearchViews } from "../../src/tracking/searchViews";

/** The whole picture's. */
export function wholeView({ width, height }: RgbaImage): CropWindow {
    const views = new SearchViews();
    views.next(width, height, 0);
    return views.window;
}
