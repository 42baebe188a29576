// The camera's picture with the keypoints drawn over it.

import {
    createHandObservation,
    OBSERVATION_LENGTH,
    unpackObservation,
    type PipelineClientResult,
} from "../../src/index";

/** Keypoints joined by lines: the palm and the five fingers. */
const CHAINS = [
    [0, 1, 2, 3, 4],
    [0, 5, 6, 7, 8],
    [9, 10, 11, 12],
    [13, 14, 15, 16],
    [0, 17, 18, 19, 20],
    [5, 9, 13, 17],
];
const COLORS = { left: "#ffb454", right: "#3fd0ff" };

export class Inset {
    private readonly _context: CanvasRenderingContext2D;
    private readonly _observation = createHandObservation();

    /** @param mirrored draw the picture as a mirror shows it, as people expect of themselves */
    public constructor(
        private readonly _canvas: HTMLCanvasElement,
        public mirrored: boolean
    ) {
        this._context = _canvas.getContext("2d")!;
    }

    /** Sources without a picture need no place for it. */
    public set isShown(isShown: boolean) {
        this._canvas.hidden = !isShown;
    }

    /** @param picture what the frame was taken from; null leaves the background dark */
    public draw(result: PipelineClientResult, picture: CanvasImageSource | null): void {
        const { width, height } = this._canvas;
        const context = this._context;
        const scale = Math.min(width / result.width, height / result.height);
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.clearRect(0, 0, width, height);
        const x = (width - result.width * scale) / 2;
        const y = (height - result.height * scale) / 2;
        context.setTransform(this.mirrored ? -scale : scale, 0, 0, scale, this.mirrored ? width - x : x, y);
        if (picture) {
            context.drawImage(picture, 0, 0, result.width, result.height);
        }
        for (let i = 0; i < result.count; i++) {
            unpackObservation(result.buffer, i * OBSERVATION_LENGTH, result.timeMs, this._observation);
            this._drawHand(scale);
        }
    }

    private _drawHand(scale: number): void {
        const { keypointsPx: px, side } = this._observation;
        const context = this._context;
        context.strokeStyle = context.fillStyle = COLORS[side];
        context.lineWidth = 3 / scale;
        for (const chain of CHAINS) {
            context.beginPath();
            for (const k of chain) {
                context.lineTo(px[k * 2], px[k * 2 + 1]);
            }
            context.stroke();
        }
        for (let k = 0; k < px.length; k += 2) {
            context.beginPath();
            context.arc(px[k], px[k + 1], 4 / scale, 0, 2 * Math.PI);
            context.fill();
        }
    }
}
