// Parts of frames as the reader reads them, against the same places of the whole frame.

import { FrameReader } from "../../src/worker/frameReader";
import type { Region } from "../../src/camera/region";
import { median } from "../benchmark/statistics";

/** What was compared, for one kind of frame. */
export interface PartsFigures {
    kind: string;
    /** How the reader ended up reading. */
    way: string | null;
    parts: number;
    /** Largest difference of a byte. */
    worst: number;
    /** Bytes of the parts that are not those of their region's corner: that the parts differ from each other is thereby shown. */
    distinct: number;
    /** ms of a whole frame and of the parts, medians. */
    wholeMs: number;
    partMs: number;
}

declare global {
    interface Window {
        __readParts: (width: number, height: number) => Promise<PartsFigures[]>;
    }
}

const READINGS = 24;
const LUMA_ROWS_A_CHROMA_ROW = 2;

/** Smooth enough to survive halved colours, and different everywhere. */
function paint(width: number, height: number): OffscreenCanvas {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    const image = context.createImageData(width, height);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const at = (y * width + x) * 4;
            image.data[at] = 127 + 120 * Math.sin(x / 17 + y / 41);
            image.data[at + 1] = 127 + 120 * Math.sin(x / 29 - y / 13);
            image.data[at + 2] = (x + 2 * y) % 256;
            image.data[at + 3] = 255;
        }
    }
    context.putImageData(image, 0, 0);
    return canvas;
}

/** As cameras give them: brightness for every pixel, colour for 2 x 2. */
function planarFrame(width: number, height: number, timestamp: number): VideoFrame {
    const luma = width * height;
    const data = new Uint8Array(luma + luma / LUMA_ROWS_A_CHROMA_ROW);
    for (let i = 0; i < data.length; i++) {
        const [stride, start] = i < luma ? [width, 0] : [width / 2, luma];
        const x = (i - start) % stride;
        const y = Math.floor((i - start) / stride);
        data[i] = 128 + 90 * Math.sin(x / 11 + y / 23);
    }
    return new VideoFrame(data, { format: "I420", codedWidth: width, codedHeight: height, timestamp });
}

function regions(width: number, height: number): Region[] {
    const [half, third] = [2 * Math.round(width / 4), 2 * Math.round(height / 6)];
    return [
        { left: 0, top: 0, width: half, height: third },
        { left: half, top: third, width: width - half, height: height - third },
        { left: 34, top: 58, width: 102, height: 76 },
    ];
}

async function readAsync(
    kind: string,
    [width, height]: readonly [number, number],
    make: (timestamp: number) => VideoFrame | ImageBitmap
): Promise<PartsFigures> {
    const reader = new FrameReader();
    const parts = regions(width, height);
    let [worst, distinct] = [0, 0];
    const times: Record<"whole" | "part", number[]> = { whole: [], part: [] };
    for (let reading = 0; reading < READINGS; reading++) {
        const frame = make(reading);
        const picture = reader.open(frame, width, height);
        let start = performance.now();
        await picture.needAsync(null);
        times.whole.push(performance.now() - start);
        const whole = picture.data.slice(0, width * height * 4);
        const region = parts[reading % parts.length];
        start = performance.now();
        await picture.needAsync(region);
        times.part.push(performance.now() - start);
        for (let y = 0; y < region.height; y++) {
            for (let i = 0; i < region.width * 4; i++) {
                const value = picture.data[y * region.width * 4 + i];
                const place = ((region.top + y) * width + region.left) * 4 + i;
                worst = Math.max(worst, Math.abs(value - whole[place]));
                distinct += value === whole[y * width * 4 + i] ? 0 : 1;
            }
        }
        frame.close();
    }
    return {
        kind,
        way: reader.way,
        parts: READINGS,
        worst,
        distinct,
        wholeMs: median(times.whole),
        partMs: median(times.part),
    };
}

/** VideoFrames of a canvas and of planes as cameras have them, and ImageBitmaps. */
export async function readPartsAsync(width: number, height: number): Promise<PartsFigures[]> {
    const canvas = paint(width, height);
    const size = [width, height] as const;
    return [
        await readAsync("canvas", size, (timestamp) => new VideoFrame(canvas, { timestamp })),
        await readAsync("planes", size, (timestamp) => planarFrame(width, height, timestamp)),
        await readAsync("bitmap", size, () => paint(width, height).transferToImageBitmap()),
    ];
}
