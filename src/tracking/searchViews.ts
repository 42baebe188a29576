// Where to look for palms: the detector finds those best that take between a tenth and a third of the square that it sees, so hands
// close to the camera are looked for in a square beyond the picture, and far ones in parts of it. Only these ask for a picture as fine
// as it can see: in less than half of that time it finds palms that take a sixth and more of the square as surely.

import { createCropWindow } from "../camera/cropWindow";
import { ENTER_PRESENCE } from "./handTrack";
import { MIN_PALM_SCORE } from "./palmDecoder";

/** Squares beside the whole picture's: side over the picture's longer side, and which end of that they are at. */
const OTHERS = [
    { side: 1.5, end: 0 },
    { side: 0.6, end: -1 },
    { side: 0.6, end: 1 },
];
/** The first of those for far hands. */
const FIRST_FAR = 1;
/** More squares show more things that resemble palms and hands: in these both networks have to be surer. */
const OTHER_MIN_SCORE = 0.6;
const OTHER_MIN_PRESENCE = 0.8;
/** A tracked hand whose window is smaller than this, over the picture's longer side, says that another may be as far. */
const FAR_HAND = 0.25;

/** Looks in turn at the whole picture and at one of the other squares. */
export class SearchViews {
    /** The square to look in, unturned. */
    public readonly window = createCropWindow();
    /** What a palm's score must be at least, and the presence of the hand in its window. */
    public minScore = MIN_PALM_SCORE;
    public minPresence = ENTER_PRESENCE;
    /** Whether a coarse look is enough there. */
    public isCoarse = true;

    /** Looks since a hand was tracked, and looks beside tracked hands. */
    private _looks = 0;
    private _looksBeside = 0;

    /** A hand is tracked: where it is lost, it is first looked for where most hands are. */
    public startAnew(): void {
        this._looks = 0;
    }

    /**
     * Chooses `window` and all else for the next look.
     * @param width, height of the picture, px
     * @param tracked side of the largest window of a tracked hand, px; 0 without
     */
    public next(width: number, height: number, tracked: number): void {
        const look = tracked > 0 ? this._looksBeside++ : this._looks++;
        const longer = Math.max(width, height);
        // Beside a tracked hand there is no room for one that fills the picture.
        const first = tracked === 0 ? 0 : tracked < FAR_HAND * longer ? FIRST_FAR : OTHERS.length;
        const count = OTHERS.length - first;
        const { window } = this;
        window.cx = width / 2;
        window.cy = height / 2;
        window.side = longer;
        this.minScore = MIN_PALM_SCORE;
        this.minPresence = ENTER_PRESENCE;
        this.isCoarse = true;
        if (look % 2 === 0 || count === 0) {
            return;
        }
        this.minScore = OTHER_MIN_SCORE;
        this.minPresence = OTHER_MIN_PRESENCE;
        const { side, end } = OTHERS[first + (((look - 1) / 2) % count)];
        this.isCoarse = side > 1;
        window.side = side * longer;
        const shift = (end * (longer - window.side)) / 2;
        if (width >= height) {
            window.cx += shift;
        } else {
            window.cy += shift;
        }
    }
}

/** Looks after which every square was looked at, where no hand is tracked. */
export const SEARCH_LOOKS = 2 * OTHERS.length;
