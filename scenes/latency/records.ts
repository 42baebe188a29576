// What the latency page writes down, for the analysis in Node. All times are ms on the clock of performance.now().

/** A frame of the webcam. */
export interface FrameRecord {
    /** When it was captured, as the source says. */
    captureMs: number;
    /** When the page had it. */
    deliveredMs: number;
    /** Number that its picture shows, -1 where it cannot be read. */
    code: number;
}

/** A drawn picture with a hand in it. */
export interface DrawRecord {
    /** After the scene was rendered. */
    drawMs: number;
    /** Whether the hand was carried on. */
    predicted: boolean;
    /** Capture time of the frame that the hand comes from. */
    captureMs: number;
    /** Middle knuckle of the drawn hand, projected into the webcam's picture, px. */
    x: number;
    y: number;
    /** Its depth, metres. */
    depth: number;
    /** The same knuckle where the frame had it: what is drawn without prediction, px. */
    capturedX: number;
}

export interface LatencyRecords {
    done: boolean;
    errors: string[];
    /** The webcam's focal length, px. */
    focal: number;
    /** Where networks ran. */
    backend: string;
    recoverer: string;
    /** From a frame's dispatch to its result, ms, mean. */
    pipelineMs: number;
    frames: FrameRecord[];
    draws: DrawRecord[];
    /** When each drawn picture was finished, with or without a hand. */
    renders: number[];
}

declare global {
    interface Window {
        __latency: LatencyRecords;
    }
}
