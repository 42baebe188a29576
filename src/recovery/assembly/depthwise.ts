// AssemblyScript: convolutions of depth one (convolution.ts).
//
// MLAS writes every tap of such a convolution out as a row of a matrix and multiplies that by a vector. Here each plane is copied into
// a frame of zeros (where every other column is wanted, even and odd columns apart), and tiles of outputs are summed in registers.

import {
    BETA,
    bounded,
    GROUPS,
    INPUT_HEIGHT,
    INPUT_SIZE,
    INPUT_WIDTH,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    multiplyAdd,
    OUTPUT_HEIGHT,
    OUTPUT_SIZE,
    OUTPUT_WIDTH,
    PADDING_ABOVE,
    PADDING_LEFT,
    SCRATCH,
    STRIDE_ALONG,
    TAPS,
} from "./mlas";
import { convolveEveryOther } from "./everyOther";
import { convolveFiveByFive } from "./fiveByFive";
import { copyBetweenZeros, partOf, pitchOf, tapOffset } from "./rows";
import { convolveThreeByThree } from "./threeByThree";

const ROWS = 4; // of a tile
/** Outputs of a row that are made at once: rows with fewer are made otherwise. */
const LEAST_COLUMNS = 4;

/**
 * A plane of at least ROWS x 4 outputs, in tiles of ROWS x 8 and ROWS x 4; the last of a row or column may lie over the one before.
 * @param frame the plane in its frame of zeros
 * @param pitch, step bytes to its next row, and to the row that the next row of outputs begins with
 */
function convolvePlane(
    frame: i32,
    taps: i32,
    kernelHeight: i32,
    kernelWidth: i32,
    pitch: i32,
    step: i32,
    odd: i32,
    output: i32,
    height: i32,
    width: i32,
    bias: v128,
    low: v128,
    high: v128
): void {
    const outPitch = width << 2;
    for (let y = 0; ; y = min(y + ROWS, height - ROWS)) {
        for (let x = 0; ;) {
            let source = frame + y * step + (x << 2);
            const out = output + y * outPitch + (x << 2);
            let tap = taps;
            let a0 = bias;
            let a1 = bias;
            let a2 = bias;
            let a3 = bias;
            if (x + 8 <= width) {
                let b0 = bias;
                let b1 = bias;
                let b2 = bias;
                let b3 = bias;
                for (let ky = 0; ky < kernelHeight; ky++, source += pitch) {
                    for (let kx = 0; kx < kernelWidth; kx++, tap += 4) {
                        const w = v128.load32_splat(tap);
                        let p = source + tapOffset(kx, odd);
                        a0 = multiplyAdd(a0, v128.load(p), w);
                        b0 = multiplyAdd(b0, v128.load(p + 16), w);
                        p += step;
                        a1 = multiplyAdd(a1, v128.load(p), w);
                        b1 = multiplyAdd(b1, v128.load(p + 16), w);
                        p += step;
                        a2 = multiplyAdd(a2, v128.load(p), w);
                        b2 = multiplyAdd(b2, v128.load(p + 16), w);
                        p += step;
                        a3 = multiplyAdd(a3, v128.load(p), w);
                        b3 = multiplyAdd(b3, v128.load(p + 16), w);
                    }
                }
                v128.store(out, bounded(b0, low, high), 16);
                v128.store(out + outPitch, bounded(b1, low, high), 16);
                v128.store(out + 2 * outPitch, bounded(b2, low, high), 16);
                v128.store(out + 3 * outPitch, bounded(b3, low, high), 16);
                x += 8;
            } else {
                for (let ky = 0; ky < kernelHeight; ky++, source += pitch) {
                    for (let kx = 0; kx < kernelWidth; kx++, tap += 4) {
                        const w = v128.load32_splat(tap);
                        const p = source + tapOffset(kx, odd);
                        a0 = multiplyAdd(a0, v128.load(p), w);
                        a1 = multiplyAdd(a1, v128.load(p + step), w);
                        a2 = multiplyAdd(a2, v128.load(p + 2 * step), w);
                        a3 = multiplyAdd(a3, v128.load(p + 3 * step), w);
                    }
                }
                x += 4;
            }
            v128.store(out, bounded(a0, low, high));
            v128.store(out + outPitch, bounded(a1, low, high));
            v128.store(out + 2 * outPitch, bounded(a2, low, high));
            v128.store(out + 3 * outPitch, bounded(a3, low, high));
            if (x >= width) {
                break;
            }
            x = min(x, width - 4);
        }
        if (y + ROWS >= height) {
            break;
        }
    }
}

/** The same for planes of any size, four outputs of a row at a time. */
function convolveSmallPlane(
    frame: i32,
    taps: i32,
    kernelHeight: i32,
    kernelWidth: i32,
    pitch: i32,
    step: i32,
    odd: i32,
    output: i32,
    height: i32,
    width: i32,
    bias: v128,
    low: v128,
    high: v128
): void {
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x += 4) {
            let source = frame + y * step + (x << 2);
            let tap = taps;
            let sums = bias;
            for (let ky = 0; ky < kernelHeight; ky++, source += pitch) {
                for (let kx = 0; kx < kernelWidth; kx++, tap += 4) {
                    sums = multiplyAdd(sums, v128.load(source + tapOffset(kx, odd)), v128.load32_splat(tap));
                }
            }
            sums = bounded(sums, low, high);
            const out = output + ((y * width + x) << 2);
            if (x + 4 <= width) {
                v128.store(out, sums);
            } else {
                v128.store32_lane(out, sums, 0);
                if (x + 1 < width) v128.store32_lane(out, sums, 1, 4);
                if (x + 2 < width) v128.store32_lane(out, sums, 2, 8);
            }
        }
    }
}

/** @returns 0 where a plane with its frame is larger than the scratch, or outputs are added to: nothing is done then */
export function convolveDepthwise(
    p: i32,
    input: i32,
    filter: i32,
    bias: i32,
    scratch: i32,
    output: i32,
    low: v128,
    high: v128
): i32 {
    const stride = load<i32>(p, STRIDE_ALONG);
    const kernelHeight = load<i32>(p, KERNEL_HEIGHT);
    const kernelWidth = load<i32>(p, KERNEL_WIDTH);
    const height = load<i32>(p, INPUT_HEIGHT);
    const width = load<i32>(p, INPUT_WIDTH);
    const outHeight = load<i32>(p, OUTPUT_HEIGHT);
    const outWidth = load<i32>(p, OUTPUT_WIDTH);
    const above = load<i32>(p, PADDING_ABOVE);
    const left = load<i32>(p, PADDING_LEFT);
    const part = partOf(outWidth, kernelWidth, stride);
    const pitch = pitchOf(outWidth, kernelWidth, stride);
    const rows = (outHeight - 1) * stride + kernelHeight;
    if (rows * pitch > SCRATCH || load<f32>(p, BETA) != 0) {
        return 0;
    }
    const copiedRows = min(height, rows - above);
    const copied = min(width, pitch - left);
    const odd = part << 2;
    const pitchBytes = pitch << 2;
    const step = stride * pitchBytes;
    const planes = load<i32>(p, GROUPS);
    const isNarrow = outWidth < LEAST_COLUMNS;
    const side = isNarrow || kernelHeight != kernelWidth ? 0 : kernelWidth;
    const isThreeByThree = stride == 1 && side == 3;
    const isFiveByFive = stride == 1 && side == 5;
    const isUnpadded = above == 0 && left == 0 && 2 * outWidth <= width && 2 * outHeight <= height;
    const isEveryOther = stride == 2 && side == 3 && isUnpadded;
    if (!isEveryOther) {
        memory.fill(scratch, 0, (rows * pitch) << 2);
    }
    for (let plane = 0; plane < planes; plane++) {
        const start = bias ? v128.load32_splat(bias) : f32x4.splat(0);
        if (!isEveryOther) {
            let from = input;
            let to = scratch + above * pitchBytes;
            for (let row = 0; row < copiedRows; row++, to += pitchBytes, from += width << 2) {
                copyBetweenZeros(from, to, left, odd, copied);
            }
        }
        // prettier-ignore
        if (isEveryOther) {
            convolveEveryOther(input, filter, height, width, output, outHeight, outWidth, start, low, high);
        } else if (isFiveByFive) {
            convolveFiveByFive(scratch, filter, pitchBytes, above, above + copiedRows, output, outHeight, outWidth, start, low, high);
        } else if (isThreeByThree) {
            convolveThreeByThree(scratch, filter, pitchBytes, above, above + copiedRows, output, outHeight, outWidth, start, low, high);
        } else if (isNarrow || outHeight < ROWS) {
            convolveSmallPlane(scratch, filter, kernelHeight, kernelWidth, pitchBytes, step, odd, output, outHeight, outWidth, start, low, high);
        } else {
            convolvePlane(scratch, filter, kernelHeight, kernelWidth, pitchBytes, step, odd, output, outHeight, outWidth, start, low, high);
        }
        input += load<i32>(p, INPUT_SIZE) << 2;
        output += load<i32>(p, OUTPUT_SIZE) << 2;
        filter += load<i32>(p, TAPS) << 2;
        bias += bias ? 4 : 0;
    }
    return 1;
}
