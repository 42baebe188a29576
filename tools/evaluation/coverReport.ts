// What an object in front of the hand does to its keypoints: the same frames tracked with and without it.

import { ROOT_KEYPOINT } from "../../src/hand/joints";
import { coverOf } from "./cover";
import type { EvaluationFrame } from "./evaluationSet";
import { distancesMm, mean, relativeTo, type Points } from "./metrics";
import { scaleOf, type Prediction } from "./report";

/** Of the frames with an object in which the root is seen; root-relative errors, mm. */
export interface CoverReport {
    frames: number;
    seenMm: number;
    seenCoveredMm: number;
    hiddenMm: number;
    hiddenCoveredMm: number;
}

/**
 * @param bare what was said of the frames as they are
 * @param covered with the object (`coverHand`)
 * @returns null where no frame counts
 */
export function makeCoverReport(
    frames: readonly EvaluationFrame[],
    bare: readonly (Prediction | null)[],
    covered: readonly (Prediction | null)[]
): CoverReport | null {
    const errors = [errorsOf(frames, bare), errorsOf(frames, covered)];
    const seen: number[][] = [[], []];
    const hidden: number[][] = [[], []];
    let count = 0;
    frames.forEach(({ keypoints2d, timeMs }, frame) => {
        const box = keypoints2d && coverOf(keypoints2d, timeMs);
        const [without, withObject] = errors.map((of) => of[frame]);
        if (!box || !without || !withObject) {
            return;
        }
        const isHidden = (keypoint: number): boolean => {
            const [x, y] = keypoints2d.subarray(keypoint * 2, keypoint * 2 + 2);
            return x >= box.x[0] && x < box.x[1] && y >= box.y[0] && y < box.y[1];
        };
        if (isHidden(ROOT_KEYPOINT)) {
            return;
        }
        count++;
        without.forEach((distance, keypoint) => {
            if (keypoint !== ROOT_KEYPOINT) {
                const into = isHidden(keypoint) ? hidden : seen;
                into[0].push(distance);
                into[1].push(withObject[keypoint]);
            }
        });
    });
    if (seen[0].length === 0 || hidden[0].length === 0) {
        return null;
    }
    const [seenMm, seenCoveredMm, hiddenMm, hiddenCoveredMm] = [...seen, ...hidden].map(mean);
    return { frames: count, seenMm, seenCoveredMm, hiddenMm, hiddenCoveredMm };
}

/** Of each frame the root-relative error of every keypoint, mm; null where there is none. */
function errorsOf(
    frames: readonly EvaluationFrame[],
    predictions: readonly (Prediction | null)[]
): (number[] | null)[] {
    const pairs = frames.map(({ keypoints }, i) => {
        const predicted = predictions[i]?.keypoints;
        return keypoints && predicted ? { truth: keypoints, predicted } : null;
    });
    const known = pairs.filter((pair) => pair !== null);
    const scale = scaleOf(frames, known) ?? 1;
    const relative = (points: Points, by: number): Points =>
        relativeTo(points, ROOT_KEYPOINT).map((value) => by * value);
    return pairs.map((pair) => pair && distancesMm(relative(pair.predicted, scale), relative(pair.truth, 1)));
}

export function formatCoverReport({ frames, seenMm, seenCoveredMm, hiddenMm, hiddenCoveredMm }: CoverReport): string {
    const show = (bare: number, covered: number): string =>
        `${bare.toFixed(1)} mm without it, ${covered.toFixed(1)} with it: ${(covered - bare).toFixed(1)} more`;
    return [
        `under an object            ${frames} frames in which the root is seen`,
        `  keypoints that are seen  ${show(seenMm, seenCoveredMm)}`,
        `  those it hides           ${show(hiddenMm, hiddenCoveredMm)}`,
    ].join("\n");
}
