// AssemblyScript: rows of the input as convolutions of several taps read them: between zeros, and even and odd columns apart where every
// other one is wanted (a stride of 2).

/** Copies `count` floats; the last four may lie over those before. */
function copyRow(from: i32, to: i32, count: i32): void {
    if (count < 4) {
        for (let i = 0; i < count; i++) {
            store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
        }
        return;
    }
    const last = (count - 4) << 2;
    for (let i = 0; i < last; i += 16) {
        v128.store(to + i, v128.load(from + i));
    }
    v128.store(to + last, v128.load(from + last));
}

/** Copies floats 0, 2, 4... to `even` and 1, 3, 5... to `odd`. */
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

/** Floats of a row's even columns, behind which the odd ones begin; 0 where they are not apart. */
export function partOf(outWidth: i32, kernelWidth: i32, stride: i32): i32 {
    return stride == 2 ? inFours(outWidth) + (kernelWidth >> 1) : 0;
}

/** Floats of a row. */
export function pitchOf(outWidth: i32, kernelWidth: i32, stride: i32): i32 {
    return stride == 2 ? 2 * partOf(outWidth, kernelWidth, stride) : inFours(outWidth) + kernelWidth - 1;
}

/** Four columns at a time are read, also where fewer outputs are wanted. */
function inFours(columns: i32): i32 {
    return (columns + 3) & ~3;
}

/** Where tap `kx` of a row's first column is, bytes; `odd` is where odd columns are, 0 where they are not apart. */
export function tapOffset(kx: i32, odd: i32): i32 {
    return odd ? (kx & 1 ? odd : 0) + ((kx >> 1) << 2) : kx << 2;
}

/** Copies the first `count` floats of a row to a row of zeros, behind `left` of these. */
export function copyBetweenZeros(from: i32, to: i32, left: i32, odd: i32, count: i32): void {
    if (!odd) {
        copyRow(from, to + (left << 2), count);
        return;
    }
    const first = to + ((left >> 1) << 2);
    if (left & 1) {
        partRow(from, first + odd, first + 4, count);
    } else {
        partRow(from, first, first + odd, count);
    }
}
