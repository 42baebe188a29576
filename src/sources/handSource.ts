// Where hands come from that nobody has to look for in a picture: a recording, a headset's own tracking, the mouse.

import type { CameraMotion } from "../camera/cameraMotion";
import type { HandTrackingError } from "../errors";
import type { HandState } from "../hand/handState";

/** Gives hands from `startAsync` until `stop` or `dispose`. */
export interface HandSource {
    /**
     * Receives all hands of one moment, none of them twice the same `id`; an empty list says that none is seen. The states are
     * copied: the source may use them again. A hand with a number that is not finite is left out, and an error `hand-invalid` says so.
     */
    onHands: ((hands: readonly HandState[], timeMs: number) => void) | null;
    /** Hears of what went wrong after the start. */
    onError: ((error: HandTrackingError) => void) | null;
    /** The clock of the states' `timeMs`, for sources that do not run in real time; `performance.now()` otherwise. */
    now?(): number;
    /**
     * Where the camera was at a time of that clock, for cameras that move against the node that hands are laid before: its pose in
     * camera space as it lies before that node. Returns false where it is not known, or the camera is at the origin.
     */
    cameraAt?(timeMs: number, out: CameraMotion): boolean;
    /**
     * Starts or goes on.
     * @throws HandTrackingError that says what is missing
     */
    startAsync(): Promise<void>;
    /** Stops giving hands; may be started again. */
    stop(): void;
    /** Stops for good and frees what the source has made. */
    dispose(): void;
}

export function isHandSource(source: unknown): source is HandSource {
    return typeof source === "object" && source !== null && "onHands" in source;
}
