// npm run evaluate -- DIR [--recoverer NAME] [--roi truth|detector] [--raw] [--cover] [--models DIR] [--json FILE]
// Runs the shipped TypeScript code on onnxruntime-web's WASM over a set and prints its figures (docs/evaluation.md).

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { formatCoverReport, makeCoverReport, type CoverReport } from "./evaluation/coverReport";
import { evaluateAsync, type EvaluateOptions } from "./evaluation/evaluatePipeline";
import { readEvaluationSet } from "./evaluation/evaluationSet";
import { formatReport, makeReport } from "./evaluation/report";
import type { RgbaImage } from "../src/recovery/image";
import { DEFAULT_RECOVERER } from "../src/recovery/recovererNames";

const MODELS = fileURLToPath(new URL("../models/", import.meta.url));
const USAGE =
    "usage: npm run evaluate -- DIR [--recoverer NAME] [--roi truth|detector] [--raw] [--cover] [--models DIR] [--json FILE]";

/** Decodes a JPEG or PNG file. */
export function readImage(path: string): RgbaImage {
    const bytes = readFileSync(path);
    return extname(path).toLowerCase() === ".png"
        ? PNG.sync.read(bytes)
        : jpeg.decode(bytes, { useTArray: true, maxMemoryUsageInMB: 1024 });
}

async function main(): Promise<void> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            recoverer: { type: "string", default: DEFAULT_RECOVERER },
            roi: { type: "string", default: "detector" },
            raw: { type: "boolean", default: false },
            cover: { type: "boolean", default: false },
            models: { type: "string", default: MODELS },
            json: { type: "string" },
        },
    });
    const folder = positionals[0] && resolve(positionals[0]);
    if (!folder || !existsSync(join(folder, "truth.jsonl")) || !["truth", "detector"].includes(values.roi)) {
        throw new Error(
            `${folder ? `no truth.jsonl in ${folder}, or --roi ${values.roi} is neither truth nor detector` : "no folder given"}\n${USAGE}`
        );
    }
    const frames = readEvaluationSet(folder);
    const options: EvaluateOptions = {
        modelFolder: resolve(values.models),
        recoverer: values.recoverer,
        roi: values.roi as "truth" | "detector",
        raw: values.raw,
        cover: values.cover,
        readImage,
    };
    const { predictions, msPerFrame } = await evaluateAsync(frames, options);
    const report = makeReport(basename(folder), values.recoverer, frames, predictions, msPerFrame);
    console.log(formatReport(report));
    let underObject: CoverReport | null = null;
    if (values.cover) {
        const bare = await evaluateAsync(frames, { ...options, cover: false });
        underObject = makeCoverReport(frames, bare.predictions, predictions);
        console.log(underObject ? formatCoverReport(underObject) : "under an object            no frame counts");
    }
    if (values.json) {
        writeFileSync(values.json, `${JSON.stringify({ ...report, underObject }, null, 2)}\n`);
    }
}

main().then(
    () => process.exit(0),
    (error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exit(1);
    }
);
