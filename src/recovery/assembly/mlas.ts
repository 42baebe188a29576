// AssemblyScript: what onnxruntime's MLAS tells of a convolution, and what the kernels share.

// Offsets in MLAS_CONV_PARAMETERS (onnxruntime 1.30.0), whose fields have four bytes.
export const ACTIVATION = 0;
export const DIMENSIONS = 4;
export const BATCH = 8;
export const GROUPS = 12;
export const INPUT_CHANNELS = 16;
export const CHANNELS_LAST = 20;
export const INPUT_HEIGHT = 24;
export const INPUT_WIDTH = 28;
export const KERNEL_HEIGHT = 36;
export const KERNEL_WIDTH = 40;
export const DILATION_DOWN = 48;
export const DILATION_ALONG = 52;
export const PADDING_ABOVE = 60;
export const PADDING_LEFT = 64;
export const STRIDE_DOWN = 84;
export const STRIDE_ALONG = 88;
export const FILTERS = 96;
export const OUTPUT_HEIGHT = 100;
export const OUTPUT_WIDTH = 104;
export const INPUT_SIZE = 112;
export const OUTPUT_SIZE = 116;
export const TAPS = 120;
export const BETA = 124;
export const ALGORITHM = 128;
// MLAS_CONV_ALGORITHM: the input is the matrix that is multiplied; one of taps is made part by part, in a buffer of so many floats.
export const DIRECT = 0;
export const IN_SEGMENTS = 2;
export const SCRATCH = 16384;
// MLAS_ACTIVATION_KIND, and the two floats behind it.
export const IDENTITY = 0;
export const RELU = 1;
export const CLIP = 5;

export function multiplyAdd(sum: v128, a: v128, b: v128): v128 {
    return f32x4.add(sum, f32x4.mul(a, b));
}

export function bounded(sum: v128, low: v128, high: v128): v128 {
    return f32x4.pmin(high, f32x4.pmax(low, sum));
}
