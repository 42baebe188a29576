import { describe, expect, it } from "vitest";
import { KEYPOINT_COUNT, ROOT_KEYPOINT } from "../../src/hand/joints";
import { coverHand, coverOf } from "../../tools/evaluation/cover";
import { makeCoverReport } from "../../tools/evaluation/coverReport";
import type { EvaluationFrame } from "../../tools/evaluation/evaluationSet";
import type { Prediction } from "../../tools/evaluation/report";
import { seededRandom } from "../helpers/random";

const FRAMES = 90;
const FRAME_MS = 33;
const SIZE = 120;
const [SEEN_OFF, HIDDEN_OFF] = [0.002, 0.01];

/** A hand that stands still anywhere, with a root in the middle of it. */
function createFrames(): EvaluationFrame[] {
    const random = seededRandom(5);
    const keypoints2d = Float64Array.from({ length: KEYPOINT_COUNT * 2 }, () => 20 + 80 * random());
    const keypoints = Float64Array.from({ length: KEYPOINT_COUNT * 3 }, () => random());
    return Array.from({ length: FRAMES }, (_, i) => ({
        path: "",
        intrinsics: { fx: 100, fy: 100, cx: SIZE / 2, cy: SIZE / 2 },
        side: "right",
        keypoints,
        keypoints2d,
        sequence: "one",
        timeMs: i * FRAME_MS,
        scaleUnknown: false,
    }));
}

/** Whether a keypoint lies on the object that is drawn over a black picture. */
function isPainted({ keypoints2d, timeMs }: EvaluationFrame, keypoint: number): boolean {
    const image = { data: new Uint8Array(SIZE * SIZE * 4), width: SIZE, height: SIZE };
    coverHand(image, keypoints2d!, timeMs);
    const [x, y] = keypoints2d!.subarray(keypoint * 2, keypoint * 2 + 2);
    return image.data[(Math.floor(y) * SIZE + Math.floor(x)) * 4] > 0;
}

function predict(frames: readonly EvaluationFrame[], off: (frame: EvaluationFrame, keypoint: number) => number) {
    return frames.map((frame): Prediction => {
        const keypoints = frame.keypoints!.slice();
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            keypoints[keypoint * 3] += keypoint === ROOT_KEYPOINT ? 0 : off(frame, keypoint);
        }
        return { keypoints, keypointsPx: frame.keypoints2d!, windowSide: SIZE };
    });
}

describe("what an object in front of a hand does", () => {
    it("is told apart for keypoints that it hides and those that are seen, where the root is", () => {
        const frames = createFrames();
        const bare = predict(frames, () => 0.001);
        const covered = predict(frames, (frame, keypoint) => (isPainted(frame, keypoint) ? HIDDEN_OFF : SEEN_OFF));
        const report = makeCoverReport(frames, bare, covered)!;
        const counted = frames.filter(
            (frame) => coverOf(frame.keypoints2d!, frame.timeMs) && !isPainted(frame, ROOT_KEYPOINT)
        );
        console.log(report);
        expect(counted.length).toBeGreaterThan(0);
        expect(report.frames).toBe(counted.length);
        expect(report.seenMm).toBeCloseTo(1, 6);
        expect(report.hiddenMm).toBeCloseTo(1, 6);
        expect(report.seenCoveredMm).toBeCloseTo(1000 * SEEN_OFF, 6);
        expect(report.hiddenCoveredMm).toBeCloseTo(1000 * HIDDEN_OFF, 6);
    });

    it("is nothing where no hand was found under it", () => {
        const frames = createFrames();
        const nothing = frames.map(() => null);
        expect(makeCoverReport(frames, nothing, nothing)).toBeNull();
    });
});
