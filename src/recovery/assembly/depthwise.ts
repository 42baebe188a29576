// AssemblyScript: convolutions of depth one, in WebAssembly with SIMD. `npm run build:kernel` compiles it.
//
// onnxruntime's WASM writes every tap of such a convolution out as a row of a matrix and multiplies that by a vector. Here each
// plane is copied into a frame of zeros (where every other column is wanted, even and odd columns apart), and tiles of outputs are
// summed in registers. The function has the form of onnxruntime's hook for other implementations (MLAS_CONV_FLOAT_OVERRIDE).

// Offsets in MLAS_CONV_PARAMETERS (onnxruntime 1.30.0), whose fields have four bytes.
const ACTIVATION = 0;
const DIMENSIONS = 4;
const BATCH = 8;
const GROUPS = 12;
const INPUT_CHANNELS = 16;
const CHANNELS_LAST = 20;
const INPUT_HEIGHT = 24;
const INPUT_WIDTH = 28;
const KERNEL_HEIGHT = 36;
const KERNEL_WIDTH = 40;
const DILATION_DOWN = 48;
const DILATION_ALONG = 52;
const PADDING_ABOVE = 60;
const PADDING_LEFT = 64;
const STRIDE_DOWN = 84;
const STRIDE_ALONG = 88;
const FILTERS = 96;
const OUTPUT_HEIGHT = 100;
const OUTPUT_WIDTH = 104;
const INPUT_SIZE = 112;
const OUTPUT_SIZE = 116;
const TAPS = 120;
const BETA = 124;
const ALGORITHM = 128;
// MLAS_CONV_ALGORITHM: a matrix of taps is made part by part, in a buffer of so many floats.
const IN_SEGMENTS = 2;
const SCRATCH = 16384;
// MLAS_ACTIVATION_KIND, and the two floats behind it.
const IDENTITY = 0;
const RELU = 1;
const CLIP = 5;

const ROWS = 4; // of a tile

/** Copies a row of `count` floats. */
function copyRow(from: i32, to: i32, count: i32): void {
    let i = 0;
    for (; i + 4 <= count; i += 4) {
        v128.store(to + (i << 2), v128.load(from + (i << 2)));
    }
    for (; i < count; i++) {
        store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
    }
}

/** Copies a row's floats 0, 2, 4... to `even` and 1, 3, 5... to `odd`. */
function partRow(from: i32, even: i32, odd: i32, count: i32): void {
    let i = 0;
    for (; i + 8 <= count; i += 8) {
        const a = v128.load(from + (i << 2));
        const b = v128.load(from + (i << 2), 16);
        v128.store(even + (i << 1), i32x4.shuffle(a, b, 0, 2, 4, 6));
        v128.store(odd + (i << 1), i32x4.shuffle(a, b, 1, 3, 5, 7));
    }
    for (; i + 2 <= count; i += 2) {
        store<f32>(even + (i << 1), load<f32>(from + (i << 2)));
        store<f32>(odd + (i << 1), load<f32>(from + (i << 2), 4));
    }
    if (i < count) {
        store<f32>(even + (i << 1), load<f32>(from + (i << 2)));
    }
}

function multiplyAdd(sum: v128, p: i32, w: v128): v128 {
    return f32x4.add(sum, f32x4.mul(v128.load(p), w));
}

function bounded(sum: v128, low: v128, high: v128): v128 {
    return f32x4.pmin(high, f32x4.pmax(low, sum));
}

/** Where tap `kx` of a row's first column is, bytes; `odd` is where odd columns are, 0 where they are not apart. */
function tapOffset(kx: i32, odd: i32): i32 {
    return odd ? (kx & 1 ? odd : 0) + ((kx >> 1) << 2) : kx << 2;
}

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
                        a0 = multiplyAdd(a0, p, w);
                        b0 = multiplyAdd(b0, p + 16, w);
                        p += step;
                        a1 = multiplyAdd(a1, p, w);
                        b1 = multiplyAdd(b1, p + 16, w);
                        p += step;
                        a2 = multiplyAdd(a2, p, w);
                        b2 = multiplyAdd(b2, p + 16, w);
                        p += step;
                        a3 = multiplyAdd(a3, p, w);
                        b3 = multiplyAdd(b3, p + 16, w);
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
                        a0 = multiplyAdd(a0, p, w);
                        a1 = multiplyAdd(a1, p + step, w);
                        a2 = multiplyAdd(a2, p + 2 * step, w);
                        a3 = multiplyAdd(a3, p + 3 * step, w);
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
                    sums = multiplyAdd(sums, source + tapOffset(kx, odd), v128.load32_splat(tap));
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

/**
 * @param p address of the parameters
 * @param input, filter, bias, output addresses of floats; bias may be 0
 * @param scratch address of SCRATCH floats where the algorithm is IN_SEGMENTS
 * @returns 0 where this is another kind of convolution: nothing is done then
 */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- the hook has seven parameters
export function convolve(p: i32, input: i32, filter: i32, bias: i32, scratch: i32, output: i32, threads: i32): i32 {
    const activation = load<i32>(p, ACTIVATION);
    const kind = load<i32>(activation);
    const stride = load<i32>(p, STRIDE_ALONG);
    if (
        load<i32>(p, DIMENSIONS) != 2 ||
        load<i32>(p, BATCH) != 1 ||
        load<i32>(p, INPUT_CHANNELS) != 1 ||
        load<u8>(p, CHANNELS_LAST) != 0 ||
        load<i32>(p, FILTERS) != 1 ||
        load<i32>(p, DILATION_DOWN) != 1 ||
        load<i32>(p, DILATION_ALONG) != 1 ||
        load<i32>(p, STRIDE_DOWN) != stride ||
        stride > 2 ||
        load<f32>(p, BETA) != 0 ||
        load<i32>(p, ALGORITHM) != IN_SEGMENTS ||
        (kind != IDENTITY && kind != RELU && kind != CLIP)
    ) {
        return 0;
    }
    const kernelHeight = load<i32>(p, KERNEL_HEIGHT);
    const kernelWidth = load<i32>(p, KERNEL_WIDTH);
    const height = load<i32>(p, INPUT_HEIGHT);
    const width = load<i32>(p, INPUT_WIDTH);
    const outHeight = load<i32>(p, OUTPUT_HEIGHT);
    const outWidth = load<i32>(p, OUTPUT_WIDTH);
    const above = load<i32>(p, PADDING_ABOVE);
    const left = load<i32>(p, PADDING_LEFT);
    // Four columns at a time are read, also where fewer outputs are wanted.
    const columns = (outWidth + 3) & ~3;
    const part = stride == 2 ? columns + (kernelWidth >> 1) : 0;
    const pitch = stride == 2 ? 2 * part : columns + kernelWidth - 1;
    const rows = (outHeight - 1) * stride + kernelHeight;
    if (rows * pitch > SCRATCH) {
        return 0;
    }
    memory.fill(scratch, 0, (rows * pitch) << 2);
    const copiedRows = min(height, rows - above);
    const copied = min(width, pitch - left);
    const odd = part << 2;
    const pitchBytes = pitch << 2;
    const step = stride * pitchBytes;
    const low = f32x4.splat(kind == IDENTITY ? -Infinity : kind == RELU ? 0 : load<f32>(activation, 4));
    const high = f32x4.splat(kind == CLIP ? load<f32>(activation, 8) : Infinity);
    const planes = load<i32>(p, GROUPS);
    const isSmall = outHeight < ROWS || outWidth < 4;
    for (let plane = 0; plane < planes; plane++) {
        let from = input;
        let to = scratch + above * pitchBytes;
        for (let row = 0; row < copiedRows; row++, to += pitchBytes, from += width << 2) {
            if (!odd) {
                copyRow(from, to + (left << 2), copied);
                continue;
            }
            const first = to + ((left >> 1) << 2);
            if (left & 1) {
                partRow(from, first + odd, first + 4, copied);
            } else {
                partRow(from, first, first + odd, copied);
            }
        }
        const start = bias ? v128.load32_splat(bias) : f32x4.splat(0);
        // prettier-ignore
        if (isSmall) {
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
