// Our convolutions of depth one, of one tap and of a picture against their definition, in the form in which onnxruntime asks for them.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { instantiateConvolution } from "../../src/recovery/convolutionKernel";
import { seededRandom } from "../helpers/random";

/** Indices of MLAS_CONV_PARAMETERS, whose fields have four bytes (assembly/mlas.ts). */
const FIELD = {
    activation: 0,
    dimensions: 1,
    batch: 2,
    groups: 3,
    inputChannels: 4,
    height: 6,
    width: 7,
    kernelHeight: 9,
    kernelWidth: 10,
    dilationDown: 12,
    dilationAlong: 13,
    above: 15,
    left: 16,
    strideDown: 21,
    strideAlong: 22,
    filters: 24,
    outHeight: 25,
    outWidth: 26,
    inputSize: 28,
    outputSize: 29,
    taps: 30,
    beta: 31,
    algorithm: 32,
} as const;
const DIRECT = 0;
const IN_SEGMENTS = 2;
const ACTIVATIONS = { identity: 0, relu: 1, leakyRelu: 2, clip: 5 } as const;
/** Where things lie in the memory, floats. */
const PARAMETERS = 64;
const ACTIVATION = 128;
const BIAS = 160;
const FILTER = 1024;
const SCRATCH = 65536;
const INPUT = 131072;
const OUTPUT = 262144;
/** The stack grows downward from here. */
const STACK = 122880;
/** Around the output: nothing else may be written. */
const MARK = 12345;

/** A convolution of one filter for each plane, or of several filters that see all planes. */
interface Case {
    planes: number;
    /** 0: one for each plane. */
    filters: number;
    height: number;
    width: number;
    kernel: readonly [height: number, width: number];
    stride: 1 | 2;
    above: number;
    left: number;
    below: number;
    right: number;
    activation: keyof typeof ACTIVATIONS;
    hasBias: boolean;
}

const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536, shared: true });
const floats = new Float32Array(memory.buffer);
const integers = new Int32Array(memory.buffer);
const convolve = instantiateConvolution(memory, new WebAssembly.Global({ value: "i32", mutable: true }, STACK * 4));

/** Writes a case into the memory. */
function write(one: Case, random: () => number): { outHeight: number; outWidth: number } {
    const [kernelHeight, kernelWidth] = one.kernel;
    const outHeight = Math.floor((one.height + one.above + one.below - kernelHeight) / one.stride) + 1;
    const outWidth = Math.floor((one.width + one.left + one.right - kernelWidth) / one.stride) + 1;
    const fields: Record<keyof typeof FIELD, number> = {
        activation: ACTIVATION * 4,
        dimensions: 2,
        batch: 1,
        groups: one.filters ? 1 : one.planes,
        inputChannels: one.filters ? one.planes : 1,
        height: one.height,
        width: one.width,
        kernelHeight,
        kernelWidth,
        dilationDown: 1,
        dilationAlong: 1,
        above: one.above,
        left: one.left,
        strideDown: one.stride,
        strideAlong: one.stride,
        filters: one.filters || 1,
        outHeight,
        outWidth,
        inputSize: one.height * one.width,
        outputSize: outHeight * outWidth,
        taps: (one.filters ? one.planes : 1) * kernelHeight * kernelWidth,
        beta: 0,
        algorithm: IN_SEGMENTS,
    };
    const made = one.filters || one.planes;
    const taps = (one.filters || 1) * one.planes * kernelHeight * kernelWidth;
    writeAll(
        fields,
        one.activation,
        [made, taps, one.planes * one.height * one.width],
        made * outHeight * outWidth,
        random
    );
    return { outHeight, outWidth };
}

function writePointwise(
    filters: number,
    channels: number,
    columns: number,
    activation: keyof typeof ACTIVATIONS,
    random: () => number
): void {
    const fields = {
        dimensions: 2,
        batch: 1,
        groups: 1,
        filters,
        outputSize: columns,
        taps: channels,
        algorithm: DIRECT,
    };
    writeAll(fields, activation, [filters, filters * channels, channels * columns], filters * columns, random);
}

/** Writes parameters, and random numbers for biases, filters and input, of which there are so many. */
function writeAll(
    fields: Partial<Record<keyof typeof FIELD, number>>,
    activation: keyof typeof ACTIVATIONS,
    sizes: readonly [biases: number, filters: number, inputs: number],
    outputs: number,
    random: () => number
): void {
    floats.fill(NaN);
    integers.fill(0, PARAMETERS, PARAMETERS + 64);
    for (const [name, value] of Object.entries({ ...fields, activation: ACTIVATION * 4 })) {
        integers[PARAMETERS + FIELD[name as keyof typeof FIELD]] = value;
    }
    integers[ACTIVATION] = ACTIVATIONS[activation];
    floats.set([-0.3, 0.4], ACTIVATION + 1);
    [BIAS, FILTER, INPUT].forEach((from, kind) => {
        for (let i = 0; i < sizes[kind]; i++) {
            floats[from + i] = 2 * random() - 1;
        }
    });
    floats[OUTPUT - 1] = floats[OUTPUT + outputs] = MARK;
}

/** The definition. */
function expected(one: Case, filter: number, y: number, x: number): number {
    const [kernelHeight, kernelWidth] = one.kernel;
    const depth = one.filters ? one.planes : 1;
    let sum = one.hasBias ? floats[BIAS + filter] : 0;
    for (let channel = 0; channel < depth; channel++) {
        const plane = one.filters ? channel : filter;
        for (let ky = 0; ky < kernelHeight; ky++) {
            for (let kx = 0; kx < kernelWidth; kx++) {
                const v = y * one.stride - one.above + ky;
                const u = x * one.stride - one.left + kx;
                if (v >= 0 && v < one.height && u >= 0 && u < one.width) {
                    sum +=
                        floats[INPUT + (plane * one.height + v) * one.width + u] *
                        floats[FILTER + ((filter * depth + channel) * kernelHeight + ky) * kernelWidth + kx];
                }
            }
        }
    }
    return activate(sum, one.activation);
}

/** Largest difference from the definition, of the outputs of a case that was run; their number. */
function compare(
    one: Case,
    { outHeight, outWidth }: { outHeight: number; outWidth: number }
): [worst: number, outputs: number] {
    const made = one.filters || one.planes;
    let worst = 0;
    for (let filter = 0; filter < made; filter++) {
        for (let y = 0; y < outHeight; y++) {
            for (let x = 0; x < outWidth; x++) {
                const found = floats[OUTPUT + (filter * outHeight + y) * outWidth + x];
                const difference = Math.abs(found - expected(one, filter, y, x));
                if (!(difference < 1e-5)) {
                    throw new Error(`${JSON.stringify(one)}: ${found} of filter ${filter}, row ${y}, column ${x}`);
                }
                worst = Math.max(worst, difference);
            }
        }
    }
    const outputs = made * outHeight * outWidth;
    expect(floats[OUTPUT - 1]).toBe(MARK);
    expect(floats[OUTPUT + outputs]).toBe(MARK);
    return [worst, outputs];
}

function activate(sum: number, activation: keyof typeof ACTIVATIONS): number {
    return activation === "identity"
        ? sum
        : activation === "relu"
          ? Math.max(0, sum)
          : Math.min(floats[ACTIVATION + 2], Math.max(floats[ACTIVATION + 1], sum));
}

function run(hasBias: boolean): number {
    const addresses = [PARAMETERS, INPUT, FILTER, hasBias ? BIAS : 0, SCRATCH, OUTPUT].map((at) => at * 4);
    return convolve(...(addresses as [number, number, number, number, number, number]), 0);
}

/** Runs so many random cases of the shapes that are drawn, whatever their padding, and compares them with the definition. */
function runCases(
    count: number,
    seed: number,
    draw: (upTo: (last: number) => number) => Pick<Case, "planes" | "filters" | "height" | "width"> & Partial<Case>
): void {
    const random = seededRandom(seed);
    const upTo = (last: number): number => Math.floor(random() * (last + 1));
    let worst = 0;
    let outputs = 0;
    for (let index = 0; index < count; index++) {
        const side = 3 + 2 * upTo(1);
        const one: Case = {
            kernel: [side, index % 5 === 0 ? 3 : side],
            stride: index % 2 ? 1 : 2,
            above: upTo(side - 1),
            left: upTo(side - 1),
            below: side - 1,
            right: side - 1,
            ...draw(upTo),
            activation: (["identity", "relu", "clip"] as const)[index % 3],
            hasBias: index % 7 !== 0,
        };
        // At least one row and one column of outputs.
        one.below = Math.max(one.below, one.kernel[0] - one.height - one.above);
        one.right = Math.max(one.right, one.kernel[1] - one.width - one.left);
        const size = write(one, random);
        expect(run(one.hasBias)).toBe(1);
        const [difference, made] = compare(one, size);
        worst = Math.max(worst, difference);
        outputs += made;
    }
    console.log(`${outputs} outputs, at worst ${worst.toExponential(1)} off`);
    expect(outputs).toBeGreaterThan(500_000);
}

it("is the convolution's definition for planes of 1 x 1 to 70 x 40, whatever the padding", () => {
    runCases(1500, 7, (upTo) => ({
        planes: 1 + upTo(2),
        filters: 0,
        height: 1 + upTo(69),
        width: 1 + upTo(39),
        below: upTo(2),
        right: upTo(2),
    }));
});

it("is the convolution's definition where every other row and column is wanted and nothing is padded before the first", () => {
    runCases(1000, 11, (upTo) => ({
        planes: 1 + upTo(2),
        filters: 0,
        height: 2 + upTo(78),
        width: 2 + upTo(78),
        kernel: [3, 3],
        stride: 2,
        above: 0,
        left: 0,
        below: upTo(2),
        right: upTo(2),
    }));
});

it("is the convolution's definition for several filters on pictures of 1 to 5 channels", () => {
    runCases(600, 9, (upTo) => ({
        planes: 1 + upTo(4),
        filters: 4 + upTo(12),
        height: 1 + upTo(29),
        width: 16 + upTo(29),
    }));
});

it("is the product of filters and input where there is one tap, also where it is added to what is there", () => {
    const random = seededRandom(8);
    const upTo = (last: number): number => Math.floor(random() * (last + 1));
    let worst = 0;
    let added = 0;
    for (let index = 0; index < 300; index++) {
        const [filters, channels, columns] = [4 + upTo(40), 1 + upTo(index % 10 ? 60 : 1100), 8 + upTo(90)];
        const hasBias = index % 5 !== 0;
        const activation = (["identity", "relu", "clip"] as const)[index % 3];
        writePointwise(filters, channels, columns, activation, random);
        // Every other one is added to what is there: half of it, or all.
        const beta = index % 2 && filters % 4 === 0 ? (index % 4 === 1 ? 0.5 : 1) : 0;
        floats[PARAMETERS + FIELD.beta] = beta;
        const before = Float32Array.from({ length: beta ? filters * columns : 0 }, () => 2 * random() - 1);
        floats.set(before, OUTPUT);
        added += beta ? 1 : 0;
        expect(run(hasBias)).toBe(1);
        for (let filter = 0; filter < filters; filter++) {
            for (let column = 0; column < columns; column++) {
                let sum = (hasBias ? floats[BIAS + filter] : 0) + (beta ? beta * before[filter * columns + column] : 0);
                for (let channel = 0; channel < channels; channel++) {
                    sum += floats[FILTER + filter * channels + channel] * floats[INPUT + channel * columns + column];
                }
                const difference = Math.abs(floats[OUTPUT + filter * columns + column] - activate(sum, activation));
                worst = Math.max(worst, difference / (1 + Math.sqrt(channels)));
            }
        }
        expect(floats[OUTPUT - 1]).toBe(MARK);
        expect(floats[OUTPUT + filters * columns]).toBe(MARK);
    }
    console.log(
        `at worst ${worst.toExponential(1)} times the root of the channels off, ${added} of 300 added to what was there`
    );
    expect(added).toBeGreaterThan(10);
    expect(worst).toBeLessThan(1e-5);
    for (const [filters, channels, columns] of [
        [3, 8, 8],
        [8, 8, 7],
        [4, 2049, 8],
    ]) {
        writePointwise(filters, channels, columns, "identity", random);
        expect(run(true)).toBe(0);
        expect(floats[OUTPUT]).toBeNaN();
    }
});

it("leaves other convolutions to onnxruntime, and writes nothing then", () => {
    const usual: Case = {
        ...{
            planes: 2,
            filters: 0,
            height: 12,
            width: 12,
            kernel: [3, 3],
            stride: 1,
            activation: "identity",
            hasBias: true,
        },
        ...{ above: 1, left: 1, below: 1, right: 1 },
    };
    const others: [string, Partial<Case>, Partial<Record<keyof typeof FIELD, number>>][] = [
        ["another activation", { activation: "leakyRelu" }, {}],
        ["a plane that does not fit the scratch", { height: 140, width: 140, planes: 1 }, {}],
        ["rows that do not fit the scratch", { filters: 4, height: 8, width: 400, planes: 15 }, {}],
        ["fewer filters than a tile has", { filters: 3 }, {}],
        ["rows shorter than a tile", { filters: 4, width: 7 }, {}],
        ["a last tile of filters that would be added twice", { filters: 5 }, { beta: 0x3f800000 }],
        ...Object.entries({
            dimensions: 1,
            batch: 2,
            inputChannels: 3,
            dilationDown: 2,
            dilationAlong: 2,
            strideDown: 2,
            strideAlong: 3,
            filters: 2,
            algorithm: 1,
            beta: 0x3f800000,
        }).map(([name, value]): (typeof others)[number] => [`${name} ${value}`, {}, { [name]: value }]),
    ];
    for (const [what, change, fields] of others) {
        write({ ...usual, ...change }, seededRandom(1));
        for (const [name, value] of Object.entries(fields)) {
            integers[PARAMETERS + FIELD[name as keyof typeof FIELD]] = value;
        }
        expect(run(true), what).toBe(0);
        expect(floats[OUTPUT], what).toBeNaN();
        expect(floats[SCRATCH], what).toBeNaN();
    }
    write(usual, seededRandom(1));
    expect(run(true)).toBe(1);
});

it("its source is what was compiled", () => {
    const sources = [
        "convolution",
        "depthwise",
        "pointwise",
        "dense",
        "threeByThree",
        "everyOther",
        "fiveByFive",
        "panel",
        "rows",
        "mlas",
    ].map((name) => readFileSync(`src/recovery/assembly/${name}.ts`));
    const made = readFileSync("src/recovery/convolutionKernel.generated.ts", "utf8");
    expect(made).toContain(`sha256 ${createHash("sha256").update(Buffer.concat(sources)).digest("hex")}`);
});
