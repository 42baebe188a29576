// The webcam as it is, and of each of its frames the number that its picture shows.

import { WebcamSource, type FrameSource, type HandTrackingError, type SourceFrame } from "../../src/index";
import { CELL_HEIGHT, CELL_WIDTH, CODE_CELLS, decodeFrame, HEIGHT, WIDTH } from "./path";

/** Luma at which a cell counts as white. */
const WHITE = 128;

export class CodedWebcam implements FrameSource {
    public onFrame: ((frame: SourceFrame) => void) | null = null;
    /** Called with every frame's number (-1: unreadable) before the frame goes on. */
    public onCode: ((code: number, timeMs: number) => void) | null = null;

    private readonly _webcam: WebcamSource;
    private readonly _context: OffscreenCanvasRenderingContext2D;

    public constructor(fieldOfView: number) {
        this._webcam = new WebcamSource({ width: WIDTH, height: HEIGHT, fieldOfView });
        this._context = new OffscreenCanvas(CODE_CELLS, 1).getContext("2d", { willReadFrequently: true })!;
        this._context.imageSmoothingEnabled = false;
        this._webcam.onFrame = (frame) => {
            this.onCode?.(this._read(frame), frame.timeMs);
            if (this.onFrame) {
                this.onFrame(frame);
            } else {
                frame.image.close();
            }
        };
    }

    public get onError(): ((error: HandTrackingError) => void) | null {
        return this._webcam.onError;
    }
    public set onError(listener: ((error: HandTrackingError) => void) | null) {
        this._webcam.onError = listener;
    }

    public get video(): HTMLVideoElement {
        return this._webcam.video;
    }

    public startAsync(): Promise<void> {
        return this._webcam.startAsync();
    }

    public stop(): void {
        this._webcam.stop();
    }

    public dispose(): void {
        this._webcam.dispose();
    }

    private _read({ image, width }: SourceFrame): number {
        const scale = width / WIDTH;
        // One pixel a cell: its middle.
        const [codeWidth, codeHeight] = [CODE_CELLS * CELL_WIDTH * scale, CELL_HEIGHT * scale];
        this._context.drawImage(image, 0, 0, codeWidth, codeHeight, 0, 0, CODE_CELLS, 1);
        const { data } = this._context.getImageData(0, 0, CODE_CELLS, 1);
        return decodeFrame(Array.from({ length: CODE_CELLS }, (_, i) => (data[i * 4 + 1] >= WHITE ? 1 : 0)));
    }
}
