// Milliseconds a crop of networks in the WASM build that the runtime uses, under Node:
//   tsx tools/timeRecoverers.ts [--threads 1] [--runs 60] [--side 128] MODEL.onnx ...
// --side: px of the crop, for networks that leave it open.
// Networks take turns, so that what else the machine does falls on all of them alike. Prints one line of JSON: name to median.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-web"; // the same WASM files; under Node only this build has threads

const WARM_UP = 5;
const GREY = 0.5;

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        threads: { type: "string", default: "1" },
        runs: { type: "string", default: "60" },
        side: { type: "string", default: "128" },
    },
});
ort.env.wasm.numThreads = Number(values.threads);

/** A crop of the network's size. */
function cropFor({ inputMetadata: [input] }: ort.InferenceSession): ort.Tensor {
    const shape = input!.isTensor ? input!.shape.map(Number) : [];
    return new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(GREY), shape);
}

const sessions = await Promise.all(
    positionals.map(async (path) => {
        const session = await ort.InferenceSession.create(await readFile(path), {
            executionProviders: ["wasm"],
            graphOptimizationLevel: "all",
            freeDimensionOverrides: { side: Number(values.side) },
        });
        return { name: basename(path, ".onnx"), session, crop: cropFor(session), times: [] as number[] };
    })
);
for (let run = -WARM_UP; run < Number(values.runs); run++) {
    for (const { session, crop, times } of sessions) {
        const feeds = { [session.inputNames[0]!]: crop };
        const start = performance.now();
        await session.run(feeds, ["state"]);
        if (run >= 0) {
            times.push(performance.now() - start);
        }
    }
}
const medians = sessions.map(({ name, times }) => [name, times.sort((a, b) => a - b)[times.length >> 1]]);
console.log(JSON.stringify(Object.fromEntries(medians)));
process.exit(0); // worker threads of onnxruntime would keep the process alive
