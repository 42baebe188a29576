// AssemblyScript: convolutions of depth one, of one tap and of a picture, in WebAssembly with SIMD, which are nearly all that networks
// for hands consist of. `npm run build:kernel` compiles it. The function has the form of MLAS's hook for other implementations
// (MLAS_CONV_FLOAT_OVERRIDE).

import { convolveDense } from "./dense";
import { convolveDepthwise } from "./depthwise";
import {
    ACTIVATION,
    ALGORITHM,
    BATCH,
    CHANNELS_LAST,
    CLIP,
    DILATION_ALONG,
    DILATION_DOWN,
    DIMENSIONS,
    DIRECT,
    FILTERS,
    GROUPS,
    IDENTITY,
    IN_SEGMENTS,
    INPUT_CHANNELS,
    RELU,
    STRIDE_ALONG,
    STRIDE_DOWN,
} from "./mlas";
import { convolvePointwise } from "./pointwise";

/** The pointer of onnxruntime's stack, which grows downward; nothing is called while what lies below is used. */
declare let stack: i32;

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
    if (
        load<i32>(p, DIMENSIONS) != 2 ||
        load<i32>(p, BATCH) != 1 ||
        load<u8>(p, CHANNELS_LAST) != 0 ||
        (kind != IDENTITY && kind != RELU && kind != CLIP)
    ) {
        return 0;
    }
    const low = f32x4.splat(kind == IDENTITY ? -Infinity : kind == RELU ? 0 : load<f32>(activation, 4));
    const high = f32x4.splat(kind == CLIP ? load<f32>(activation, 8) : Infinity);
    const algorithm = load<i32>(p, ALGORITHM);
    if (algorithm == DIRECT && load<i32>(p, GROUPS) == 1) {
        return convolvePointwise(p, input, filter, bias, stack, output, low, high);
    }
    const stride = load<i32>(p, STRIDE_ALONG);
    if (
        algorithm != IN_SEGMENTS ||
        load<i32>(p, DILATION_DOWN) != 1 ||
        load<i32>(p, DILATION_ALONG) != 1 ||
        load<i32>(p, STRIDE_DOWN) != stride ||
        stride > 2
    ) {
        return 0;
    }
    if (load<i32>(p, INPUT_CHANNELS) == 1 && load<i32>(p, FILTERS) == 1) {
        return convolveDepthwise(p, input, filter, bias, scratch, output, low, high);
    }
    if (load<i32>(p, GROUPS) == 1) {
        return convolveDense(p, input, filter, bias, stack, scratch, output, low, high);
    }
    return 0;
}
