// AssemblyScript: the loop of ../sampleCrop.ts, in WebAssembly with SIMD. `npm run build:kernel` compiles it.
//
// Four samples of a row at a time. A row's position is a 64-bit integer of 2^-32 px, so that steps add up exactly; within four samples
// positions are 32-bit integers. The weights of a sample's four neighbours are integers of 2^-14 that add up to one, those of a
// column in the halves of one lane, so that one multiply-add of pairs (i32x4.dot_i16x8_s) weighs a column in all colours.

const POSITION: f64 = 4294967296.0; // parts of a pixel
const FRACTION_BITS = 16; // of a pixel, of positions within four samples; what remains is for pictures of up to 32767 px
const NARROWER = 32 - FRACTION_BITS;
const WEIGHT_BITS = 14;
const ONE = 1 << WEIGHT_BITS;
const NEAREST_WEIGHT = 1 << (FRACTION_BITS - WEIGHT_BITS - 1); // weights are cut off, so positions are moved by half of one
const BYTE: f32 = 1.0 / 255.0;
const TEXEL = 4; // bytes
const SUM = 16; // bytes of a pixel's sums of red, green, blue, alpha
const LANES = 16; // bytes of what four samples have one of each

/** Four neighbours from address `p` on, by the weights of the left and the right column, the upper one's in the lower half. */
function sampleInside(p: i32, stride: i32, left: v128, right: v128): v128 {
    const above = v128.load64_zero(p);
    const below = v128.load64_zero(p + stride);
    const columns = i8x16.shuffle(above, below, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    return i32x4.add(
        i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(columns), left),
        i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(columns), right)
    );
}

/** Four neighbours of which some may lie outside the picture, which is black there; at `lane` are x, y and the weights, LANES apart. */
function sampleBorder(data: i32, stride: i32, width: i32, height: i32, lane: i32): v128 {
    const x = load<i32>(lane);
    const y = load<i32>(lane, LANES);
    const left = load<i32>(lane, 2 * LANES);
    const right = load<i32>(lane, 3 * LANES);
    let sum = i32x4.splat(0);
    for (let corner = 0; corner < 4; corner++) {
        const u = x + (corner & 1);
        const v = y + (corner >> 1);
        if (<u32>u < <u32>width && <u32>v < <u32>height) {
            const pair = corner & 1 ? right : left;
            const weight = corner >> 1 ? pair >> 16 : pair & 0xffff;
            const texel = i16x8.extend_low_i8x16_u(v128.load32_zero(data + v * stride + u * TEXEL));
            sum = i32x4.add(sum, i32x4.mul(i32x4.extend_low_i16x8_u(texel), i32x4.splat(weight)));
        }
    }
    return sum;
}

function add(at: i32, colours: v128): void {
    v128.store(at, i32x4.add(v128.load(at), colours));
}

/** 0, step, 2 step, 3 step. */
function ramp(step: i32): v128 {
    return i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step));
}

/** A row of sums as floats in three planes; the sums become zero. */
function writeRow(sums: i32, size: i32, out: i32, unit: v128): void {
    const plane = size * size * 4;
    const end = sums + size * SUM;
    for (; sums < end; sums += SUM, out += 4) {
        const colours = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), unit);
        v128.store(sums, i32x4.splat(0));
        v128.store32_lane(out, colours, 0);
        v128.store32_lane(out + plane, colours, 1);
        v128.store32_lane(out + 2 * plane, colours, 2);
    }
}

/**
 * @param data address that the picture's first byte would have; only the rows that the window needs must be there
 * @param stride bytes of a row
 * @param width, height of the picture, px
 * @param x, y of the crop's first sample, px of the picture
 * @param alongX, alongY step to the next sample of a row, px
 * @param downX, downY step to the next row of samples, px
 * @param size side of the crop, px; a multiple of four
 * @param level a pixel is the mean of a square of samples with a side of 2^level
 * @param sums address of size x 16 bytes and 64 more
 * @param out address of 3 x size x size floats
 */
export function sample(
    data: i32,
    stride: i32,
    width: i32,
    height: i32,
    x: f64,
    y: f64,
    alongX: f64,
    alongY: f64,
    downX: f64,
    downY: f64,
    size: i32,
    level: i32,
    sums: i32,
    out: i32
): void {
    const samples = size << level;
    const lanes = sums + size * SUM;
    memory.fill(sums, 0, size * SUM);
    const unit = f32x4.splat(BYTE / <f32>(ONE << (2 * level)));
    const stepX = <i64>nearest(alongX * POSITION);
    const stepY = <i64>nearest(alongY * POSITION);
    const rampX = i32x4.add(ramp(<i32>(stepX >> NARROWER)), i32x4.splat(NEAREST_WEIGHT));
    const rampY = i32x4.add(ramp(<i32>(stepY >> NARROWER)), i32x4.splat(NEAREST_WEIGHT));
    const fraction = i32x4.splat((1 << FRACTION_BITS) - 1);
    const one = i32x4.splat(ONE);
    const strides = i32x4.splat(stride);
    const origin = i32x4.splat(data);
    const lastX = i32x4.splat(width - 1);
    const lastY = i32x4.splat(height - 1);
    for (let row = 0; row < samples; row++) {
        let u = <i64>nearest((x + <f64>row * downX) * POSITION);
        let v = <i64>nearest((y + <f64>row * downY) * POSITION);
        for (let column = 0; column < samples; column += 4, u += 4 * stepX, v += 4 * stepY) {
            const us = i32x4.add(i32x4.splat(<i32>(u >> NARROWER)), rampX);
            const vs = i32x4.add(i32x4.splat(<i32>(v >> NARROWER)), rampY);
            const xs = i32x4.shr_s(us, FRACTION_BITS);
            const ys = i32x4.shr_s(vs, FRACTION_BITS);
            const fx = i32x4.shr_u(v128.and(us, fraction), FRACTION_BITS - WEIGHT_BITS);
            const fy = i32x4.shr_u(v128.and(vs, fraction), FRACTION_BITS - WEIGHT_BITS);
            const lowerRight = i32x4.shr_u(i32x4.mul(fx, fy), WEIGHT_BITS);
            const lowerLeft = i32x4.sub(fy, lowerRight);
            const upperLeft = i32x4.sub(i32x4.sub(one, fx), lowerLeft);
            const left = v128.or(upperLeft, i32x4.shl(lowerLeft, 16));
            const right = v128.or(i32x4.sub(fx, lowerRight), i32x4.shl(lowerRight, 16));
            const sum0 = sums + (column >> level) * SUM;
            const sum1 = sums + ((column + 1) >> level) * SUM;
            const sum2 = sums + ((column + 2) >> level) * SUM;
            const sum3 = sums + ((column + 3) >> level) * SUM;
            // Coordinates below zero are large ones without a sign.
            if (i32x4.all_true(v128.and(i32x4.lt_u(xs, lastX), i32x4.lt_u(ys, lastY)))) {
                const at = i32x4.add(origin, i32x4.add(i32x4.mul(ys, strides), i32x4.shl(xs, 2)));
                const left0 = i32x4.shuffle(left, left, 0, 0, 0, 0);
                const left1 = i32x4.shuffle(left, left, 1, 1, 1, 1);
                const left2 = i32x4.shuffle(left, left, 2, 2, 2, 2);
                const left3 = i32x4.shuffle(left, left, 3, 3, 3, 3);
                const right0 = i32x4.shuffle(right, right, 0, 0, 0, 0);
                const right1 = i32x4.shuffle(right, right, 1, 1, 1, 1);
                const right2 = i32x4.shuffle(right, right, 2, 2, 2, 2);
                const right3 = i32x4.shuffle(right, right, 3, 3, 3, 3);
                add(sum0, sampleInside(i32x4.extract_lane(at, 0), stride, left0, right0));
                add(sum1, sampleInside(i32x4.extract_lane(at, 1), stride, left1, right1));
                add(sum2, sampleInside(i32x4.extract_lane(at, 2), stride, left2, right2));
                add(sum3, sampleInside(i32x4.extract_lane(at, 3), stride, left3, right3));
            } else {
                v128.store(lanes, xs);
                v128.store(lanes, ys, LANES);
                v128.store(lanes, left, 2 * LANES);
                v128.store(lanes, right, 3 * LANES);
                for (let i = 0; i < 4; i++) {
                    const at = lanes + 4 * i;
                    add(sums + ((column + i) >> level) * SUM, sampleBorder(data, stride, width, height, at));
                }
            }
        }
        if (((row + 1) >> level) << level == row + 1) {
            writeRow(sums, size, out + (row >> level) * size * 4, unit);
        }
    }
}
