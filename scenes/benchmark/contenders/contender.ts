// What is compared: everything that takes a picture from a canvas and says where hands are in it.

/** Time that a picture is said to be later than the one before, ms: a camera's 30 a second. */
export const FRAME_MS = 1000 / 30;

/** One picture's cost and result. */
export interface Processed {
    /** From the picture in the canvas to the hands, ms. */
    ms: number;
    /** Part of it in which the page's thread can do nothing else, ms. */
    blockingMs: number;
    /** For each hand found 21 x (u, v), px of the picture. */
    hands: number[][];
}

/** A tracker, made for a certain number of hands. */
export interface Contender {
    /** Loads everything that is not loaded yet. */
    startAsync(): Promise<void>;
    /** Takes one picture; the next is given when this one is done. */
    processAsync(canvas: HTMLCanvasElement): Promise<Processed>;
    /** How it runs, once it does: backend and threads. */
    describe(): string;
    dispose(): void;
}

/** What a contender is made with. */
export interface ContenderOptions {
    maxHands: 1 | 2;
    /** Vertical and horizontal focal length of the pictures, px. */
    focalPx: number;
    /** Whether it may run on the GPU, where there is one. */
    mayUseGpu: boolean;
}

/** A contender before it is made. */
export interface ContenderEntry {
    /** In tables, in the address of the start page, and in the JSON. */
    name: string;
    create(options: ContenderOptions): Contender;
    /** Files that have to be served for it. */
    files: readonly string[];
    /** Another contender's tracker in another thread: its costs grow alike. */
    isTwin?: boolean;
}

/** Where a result lies in the picture. */
export interface NormalizedPoint {
    x: number;
    y: number;
}

/** MediaPipe's points, shares of the picture's sides, in px. */
export function toPixels(hands: readonly (readonly NormalizedPoint[])[], width: number, height: number): number[][] {
    return hands.map((points) => points.flatMap(({ x, y }) => [x * width, y * height]));
}
