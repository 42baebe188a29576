// The latency clip: a picture of a real hand that is moved along a known way, and in every frame the time code.

import { readFileSync, writeFileSync } from "node:fs";
import { decode } from "jpeg-js";
import type { RgbaImage } from "../../src/recovery/image";
import {
    CELL_HEIGHT,
    CELL_WIDTH,
    encodeFrame,
    FRAMES_PER_SECOND,
    HEIGHT,
    LOOP_FRAMES,
    positionAt,
    WIDTH,
} from "../../scenes/latency/path";

/** The sample clip as a row of JPEGs; its first one shows an open hand. */
const SAMPLE = "assets/clip/hand.mjpeg";
/** From where that hand is in its picture to the middle of its way, px: room to both sides, and below the code. */
const SHIFT_X = -50;
const SHIFT_Y = 30;

/** A picture in planes: luma, and two of half the size (JPEG's full-range BT.601). */
interface Planes<T> {
    y: T;
    u: T;
    v: T;
}

/** The frames of the latency clip, by their numbers. */
export class LatencyClip {
    private readonly _hand = readHand();

    /** Writes the clip, uncompressed (YUV4MPEG2): a browser's fake webcam plays it in a loop. */
    public write(path: string): void {
        const header = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n`;
        const parts: Uint8Array[] = [Buffer.from(header)];
        for (let frame = 0; frame < LOOP_FRAMES; frame++) {
            const { y, u, v } = this._draw(frame);
            parts.push(Buffer.from("FRAME\n"), y, u, v);
        }
        writeFileSync(path, Buffer.concat(parts));
    }

    /** A frame as the pipeline takes it outside a browser. */
    public image(frame: number): RgbaImage {
        const { y, u, v } = this._draw(frame);
        const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4).fill(255);
        for (let at = 0; at < y.length; at++) {
            const chroma = Math.floor(at / WIDTH / 2) * (WIDTH / 2) + ((at % WIDTH) >> 1);
            const [cb, cr] = [u[chroma] - 128, v[chroma] - 128];
            data[at * 4] = y[at] + 1.402 * cr;
            data[at * 4 + 1] = y[at] - 0.344 * cb - 0.714 * cr;
            data[at * 4 + 2] = y[at] + 1.772 * cb;
        }
        return { data, width: WIDTH, height: HEIGHT };
    }

    private _draw(frame: number): Planes<Uint8Array> {
        const dx = SHIFT_X + positionAt(frame / FRAMES_PER_SECOND);
        const y = shift(this._hand.y, WIDTH, HEIGHT, dx, SHIFT_Y);
        drawCode(y, frame);
        return {
            y,
            u: shift(this._hand.u, WIDTH / 2, HEIGHT / 2, dx / 2, SHIFT_Y / 2),
            v: shift(this._hand.v, WIDTH / 2, HEIGHT / 2, dx / 2, SHIFT_Y / 2),
        };
    }
}

function readHand(): Planes<Float32Array> {
    const bytes = readFileSync(SAMPLE);
    // A JPEG ends with the bytes FF D9.
    const end = bytes.indexOf(Buffer.from([0xff, 0xd9])) + 2;
    const { width, height, data } = decode(bytes.subarray(0, end), { useTArray: true, formatAsRGBA: true });
    if (width !== WIDTH || height !== HEIGHT) {
        throw new Error(`${SAMPLE} is ${width} x ${height} px, but ${WIDTH} x ${HEIGHT} are expected.`);
    }
    const picture: Planes<Float32Array> = {
        y: new Float32Array(WIDTH * HEIGHT),
        u: new Float32Array((WIDTH * HEIGHT) / 4),
        v: new Float32Array((WIDTH * HEIGHT) / 4),
    };
    for (let row = 0; row < HEIGHT; row++) {
        for (let column = 0; column < WIDTH; column++) {
            const [r, g, b] = data.subarray((row * WIDTH + column) * 4);
            const luma = 0.299 * r + 0.587 * g + 0.114 * b;
            const chroma = (row >> 1) * (WIDTH / 2) + (column >> 1);
            picture.y[row * WIDTH + column] = luma;
            picture.u[chroma] += (128 + 0.564 * (b - luma)) / 4;
            picture.v[chroma] += (128 + 0.713 * (r - luma)) / 4;
        }
    }
    return picture;
}

/** A plane moved to the right by `dx` and down by `dy` (bilinear); what was beyond its edge is the edge's. */
function shift(plane: Float32Array, width: number, height: number, dx: number, dy: number): Uint8Array {
    const out = new Uint8Array(width * height);
    const at = (x: number, y: number): number =>
        plane[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)];
    for (let row = 0; row < height; row++) {
        const y = Math.floor(row - dy);
        const fy = row - dy - y;
        for (let column = 0; column < width; column++) {
            const x = Math.floor(column - dx);
            const fx = column - dx - x;
            const upper = at(x, y) * (1 - fx) + at(x + 1, y) * fx;
            const lower = at(x, y + 1) * (1 - fx) + at(x + 1, y + 1) * fx;
            out[row * width + column] = Math.round(upper * (1 - fy) + lower * fy);
        }
    }
    return out;
}

function drawCode(luma: Uint8Array, frame: number): void {
    encodeFrame(frame).forEach((cell, i) => {
        for (let row = 0; row < CELL_HEIGHT; row++) {
            luma.fill(cell ? 255 : 0, row * WIDTH + i * CELL_WIDTH, row * WIDTH + (i + 1) * CELL_WIDTH);
        }
    });
}
