// Turns predictions and truth into the figures of the evaluation report.

import type { EvaluationFrame } from "./evaluationSet";
import { ROOT_KEYPOINT } from "../../src/hand/joints";
import {
    accelerationMm,
    alignSimilarity,
    distancesMm,
    globalScale,
    lagFrames,
    mean,
    median,
    relativeTo,
    type Points,
} from "./metrics";

/** What the pipeline said about one frame. */
export interface Prediction {
    /** 21 x 3 metres in camera space. */
    keypoints: Points;
    /** 21 x 2 px: the recoverer's own, before the fit. */
    keypointsPx: Float64Array;
    /** Side of the window that the recoverer saw, px. */
    windowSide: number;
}

/** The figures; null where the set can't tell. Lengths in mm. */
export interface Report {
    set: string;
    recoverer: string;
    frames: number;
    found: number;
    paMpjpeMm: number | null;
    rootRelativeMm: number | null;
    cameraSpaceMm: number | null;
    depthErrorMeanMm: number | null;
    depthErrorMedianMm: number | null;
    error2dPx: number | null;
    msPerFrame: number;
    accelerationMm: number | null;
    truthAccelerationMm: number | null;
    lagMs: number | null;
    scale: number | null;
    perJointMm: number[] | null;
}

/** Side of the crop that 2D errors are quoted at, px. */
const CROP_PX = 128;

/** Judges predictions (null where no hand was found) against a set. */
export function makeReport(
    set: string,
    recoverer: string,
    frames: readonly EvaluationFrame[],
    predictions: readonly (Prediction | null)[],
    msPerFrame: number
): Report {
    const withHand = frames
        .map((frame, i) => ({ frame, prediction: predictions[i] }))
        .filter(({ frame }) => frame.keypoints2d);
    const found = withHand.filter(({ prediction }) => prediction);
    const in3d = found
        .filter(({ frame }) => frame.keypoints)
        .map(({ frame, prediction }) => ({ truth: frame.keypoints!, predicted: prediction!.keypoints }));
    const scale = scaleOf(frames, in3d);
    const scaled = (points: Points): Points => (scale === null ? points : points.map((value) => value * scale));
    const pairs = in3d.map(({ truth, predicted }) => ({ truth, predicted: scaled(predicted) }));
    const root = ROOT_KEYPOINT * 3 + 2;
    const depths = pairs.map(({ truth, predicted }) => 1000 * Math.abs(predicted[root] - truth[root]));
    const perFrame = (distance: (pair: { truth: Points; predicted: Points }) => number[]): number | null =>
        pairs.length === 0 ? null : mean(pairs.map((pair) => mean(distance(pair))));
    const relative = pairs.map(({ truth, predicted }) =>
        distancesMm(relativeTo(predicted, ROOT_KEYPOINT), relativeTo(truth, ROOT_KEYPOINT))
    );
    return {
        set,
        recoverer,
        frames: withHand.length,
        found: found.length,
        paMpjpeMm: perFrame(({ truth, predicted }) => distancesMm(alignSimilarity(predicted, truth), truth)),
        rootRelativeMm: pairs.length === 0 ? null : mean(relative.map(mean)),
        cameraSpaceMm: perFrame(({ truth, predicted }) => distancesMm(predicted, truth)),
        depthErrorMeanMm: pairs.length === 0 ? null : mean(depths),
        depthErrorMedianMm: pairs.length === 0 ? null : median(depths),
        error2dPx:
            found.length === 0
                ? null
                : mean(found.map(({ frame, prediction }) => error2d(prediction!, frame.keypoints2d!))),
        msPerFrame,
        ...motion(frames, predictions, scaled),
        scale,
        perJointMm:
            pairs.length === 0
                ? null
                : relative[0].map((_, joint) => mean(relative.map((distances) => distances[joint]))),
    };
}

/** By what predictions are multiplied in a set whose scale is unknown; null where it is known. */
export function scaleOf(frames: readonly EvaluationFrame[], pairs: Parameters<typeof globalScale>[0]): number | null {
    return pairs.length > 0 && frames.some((frame) => frame.scaleUnknown) ? globalScale(pairs) : null;
}

function error2d(prediction: Prediction, truth: Float64Array): number {
    const distances = Array.from({ length: truth.length / 2 }, (_, i) =>
        Math.hypot(prediction.keypointsPx[i * 2] - truth[i * 2], prediction.keypointsPx[i * 2 + 1] - truth[i * 2 + 1])
    );
    return (mean(distances) * CROP_PX) / prediction.windowSide;
}

type Motion = Pick<Report, "accelerationMm" | "truthAccelerationMm" | "lagMs">;

/** Jitter and lag, over each sequence in turn; only frames with truth count on both sides. */
function motion(
    frames: readonly EvaluationFrame[],
    predictions: readonly (Prediction | null)[],
    scaled: (points: Points) => Points
): Motion {
    const names = [...new Set(frames.map((frame) => frame.sequence).filter((name) => name !== null))];
    const none: Motion = { accelerationMm: null, truthAccelerationMm: null, lagMs: null };
    if (names.length === 0) {
        return none;
    }
    const values = names.map((name) => {
        const of = frames
            .map((frame, i) => ({ frame, prediction: predictions[i] }))
            .filter(({ frame }) => frame.sequence === name);
        const truth = of.map(({ frame }) => frame.keypoints);
        const predicted = of.map(({ frame, prediction }) =>
            frame.keypoints && prediction ? scaled(prediction.keypoints) : null
        );
        const frameMs = (of[of.length - 1].frame.timeMs - of[0].frame.timeMs) / (of.length - 1);
        return {
            accelerationMm: accelerationMm(predicted),
            truthAccelerationMm: accelerationMm(truth),
            lagMs: lagFrames(predicted, truth) * frameMs,
        };
    });
    return {
        accelerationMm: mean(values.map((value) => value.accelerationMm)),
        truthAccelerationMm: mean(values.map((value) => value.truthAccelerationMm)),
        lagMs: mean(values.map((value) => value.lagMs)),
    };
}

/** The report as lines of text. */
export function formatReport(report: Report): string {
    const show = (value: number | null, unit: string, digits = 1): string =>
        value === null ? "-" : `${value.toFixed(digits)} ${unit}`;
    return [
        `set                        ${report.set}`,
        `recoverer                  ${report.recoverer}`,
        `frames found               ${report.found} of ${report.frames} (${((100 * report.found) / report.frames).toFixed(1)} %)`,
        `PA-MPJPE                   ${show(report.paMpjpeMm, "mm")}`,
        `root-relative MPJPE        ${show(report.rootRelativeMm, "mm")}`,
        `camera-space MPJPE         ${show(report.cameraSpaceMm, "mm")}`,
        `depth error mean, median   ${show(report.depthErrorMeanMm, "mm")}, ${show(report.depthErrorMedianMm, "mm")}`,
        `2D error at ${CROP_PX} px         ${show(report.error2dPx, "px", 2)}`,
        `acceleration (truth)       ${show(report.accelerationMm, "mm RMS")} (${show(report.truthAccelerationMm, "mm RMS")})`,
        `lag                        ${show(report.lagMs, "ms", 0)}`,
        `global scale               ${report.scale === null ? "1 (known)" : report.scale.toFixed(3)}`,
        `time a frame               ${show(report.msPerFrame, "ms")}`,
        `per joint, root-relative   ${report.perJointMm?.map((value) => value.toFixed(0)).join(" ") ?? "-"} mm`,
    ].join("\n");
}
