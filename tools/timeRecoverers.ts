// Milliseconds a crop of networks in the WASM build that the runtime uses, under Node:
//   tsx tools/timeRecoverers.ts [--threads 1] [--runs 60] MODEL.onnx|MANIFEST.json ...
// Networks take turns, so that what else the machine does falls on all of them alike. Prints one line of JSON: name to median.

import { readFile } from "node:fs/promises";
import { dirname, extname, join, parse } from "node:path";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-web"; // the same WASM files; under Node only this build has threads
import type { ModelManifest } from "../src/recovery/manifest";

const WARM_UP = 5;
const GREY = 0.5;
/** Where a network leaves it open, as models/training/recoverer.py has it. */
const USUAL_SIDE = 128;

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        threads: { type: "string", default: "1" },
        runs: { type: "string", default: "60" },
    },
});
ort.env.wasm.numThreads = Number(values.threads);

/** A crop of the network's size. */
function cropFor({ inputMetadata: [input] }: ort.InferenceSession): ort.Tensor {
    const shape = input!.isTensor ? input!.shape.map(Number) : [];
    return new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(GREY), shape);
}

/** The file of a manifest, and the side of its crops, px; of a file alone the side is its own. */
async function fileAndSideAsync(path: string): Promise<{ file: string; side: number }> {
    if (extname(path) !== ".json") {
        return { file: path, side: USUAL_SIDE };
    }
    const { file, input } = JSON.parse(await readFile(path, "utf8")) as ModelManifest;
    return { file: join(dirname(path), file), side: input.size };
}

const sessions = await Promise.all(
    positionals.map(async (path) => {
        const { file, side } = await fileAndSideAsync(path);
        const session = await ort.InferenceSession.create(await readFile(file), {
            executionProviders: ["wasm"],
            graphOptimizationLevel: "all",
            freeDimensionOverrides: { side },
        });
        return { name: parse(path).name, session, crop: cropFor(session), times: [] as number[] };
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
