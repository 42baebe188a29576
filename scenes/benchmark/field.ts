// The contenders that run here, one of each for every number of hands, and how they take turns.

import type { Clip } from "./clips";
import type { Contender, ContenderEntry, ContenderOptions, Processed } from "./contenders/contender";

/** Pictures at the beginning of a turn that are not counted: tracks of the turn before are given up, buffers change size. */
const WARM_UP_FRAMES = 4;

type MaxHands = ContenderOptions["maxHands"];

/** One turn's pictures. */
export interface Turn {
    processed: Processed[];
    /** How many hands each picture shows; null where one is half in. */
    shown: (number | null)[];
}

export class Field {
    private readonly _made = new Map<string, Contender>();
    private readonly _canvas = document.createElement("canvas");
    // MediaPipe and ours read its pixels: a canvas on the GPU would be copied back each time.
    private readonly _context = this._canvas.getContext("2d", { willReadFrequently: true })!;

    public constructor(
        public readonly entries: readonly ContenderEntry[],
        private readonly _options: Omit<ContenderOptions, "maxHands">
    ) {}

    /** Starts a contender for so many hands, and shows it a first picture. */
    public async startAsync(entry: ContenderEntry, maxHands: MaxHands, clip: Clip): Promise<void> {
        const contender = entry.create({ ...this._options, maxHands });
        await contender.startAsync();
        this._made.set(key(entry, maxHands), contender);
        this._show(clip, 0);
        await contender.processAsync(this._canvas);
    }

    public describe(entry: ContenderEntry): string {
        return this._made.get(key(entry, 1))!.describe();
    }

    /** Shows `frames` pictures of a clip from the `first` on. */
    public async takeTurnAsync(
        entry: ContenderEntry,
        maxHands: MaxHands,
        clip: Clip,
        first: number,
        frames: number
    ): Promise<Turn> {
        const contender = this._made.get(key(entry, maxHands))!;
        const turn: Turn = { processed: [], shown: [] };
        for (let frame = -WARM_UP_FRAMES; frame < frames; frame++) {
            const shown = this._show(clip, first + Math.max(frame, 0));
            const processed = await contender.processAsync(this._canvas);
            if (frame >= 0) {
                turn.processed.push(processed);
                turn.shown.push(shown);
            }
        }
        return turn;
    }

    public dispose(): void {
        this._made.forEach((contender) => contender.dispose());
        this._made.clear();
    }

    private _show(clip: Clip, index: number): number | null {
        if (this._canvas.width !== clip.width || this._canvas.height !== clip.height) {
            this._canvas.width = clip.width;
            this._canvas.height = clip.height;
        }
        const shown = clip.paint(this._context, index);
        // Browsers paint when they must: now, not in the contender's time.
        this._context.getImageData(0, 0, 1, 1);
        return shown;
    }
}

const key = ({ name }: ContenderEntry, maxHands: MaxHands): string => `${name} ${maxHands}`;
