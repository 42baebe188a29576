// The evaluation format: a folder of images with truth.jsonl, one line a frame.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Intrinsics } from "../../src/camera/intrinsics";
import { KEYPOINT_COUNT, type HandSide } from "../../src/hand/joints";
import type { Points } from "./metrics";

/** One frame of a set. */
export interface EvaluationFrame {
    /** Absolute path of the image. */
    path: string;
    intrinsics: Intrinsics;
    side: HandSide;
    /** 21 x 3 metres in camera space; null where the set has no 3D truth for the frame. */
    keypoints: Points | null;
    /** 21 x 2 px; null where the frame has neither 2D nor 3D truth. */
    keypoints2d: Float64Array | null;
    /** Frames of one sequence are tracked one after the other; null for a photo that stands alone. */
    sequence: string | null;
    timeMs: number;
    /** Whether lengths are true up to one factor for the whole set. */
    scaleUnknown: boolean;
}

interface TruthLine {
    file: string;
    intrinsics: [number, number, number, number];
    side: HandSide;
    keypoints?: [number, number, number][];
    keypoints2d?: [number, number][];
    sequence?: string;
    timeMs?: number;
    scaleUnknown?: boolean;
}

/** Reads `truth.jsonl`; throws an Error that names the line which does not follow the format. */
export function readEvaluationSet(folder: string): EvaluationFrame[] {
    const lines = readFileSync(join(folder, "truth.jsonl"), "utf8").split("\n").filter(Boolean);
    return lines.map((line, index) => {
        const truth = JSON.parse(line) as TruthLine;
        const [fx, fy, cx, cy] = truth.intrinsics ?? [];
        if (!truth.file || ![fx, fy, cx, cy].every(Number.isFinite) || !["left", "right"].includes(truth.side)) {
            throw new Error(
                `truth.jsonl line ${index + 1}: file, intrinsics [fx, fy, cx, cy] and side are needed, got ${line.slice(0, 120)}`
            );
        }
        for (const [name, points, width] of [
            ["keypoints", truth.keypoints, 3],
            ["keypoints2d", truth.keypoints2d, 2],
        ] as const) {
            if (points && (points.length !== KEYPOINT_COUNT || points.some((point) => point.length !== width))) {
                throw new Error(
                    `truth.jsonl line ${index + 1}: ${name} must be ${KEYPOINT_COUNT} x ${width}, got ${points.length} points`
                );
            }
        }
        const keypoints = truth.keypoints ? Float64Array.from(truth.keypoints.flat()) : null;
        const intrinsics = { fx, fy, cx, cy };
        return {
            path: join(folder, truth.file),
            intrinsics,
            side: truth.side,
            keypoints,
            keypoints2d: truth.keypoints2d
                ? Float64Array.from(truth.keypoints2d.flat())
                : keypoints && project(keypoints, intrinsics),
            sequence: truth.sequence ?? null,
            timeMs: truth.timeMs ?? 0,
            scaleUnknown: truth.scaleUnknown ?? false,
        };
    });
}

/** Pinhole projection, 21 x 3 metres to 21 x 2 px. */
export function project(points: Points, { fx, fy, cx, cy }: Intrinsics): Float64Array {
    const px = new Float64Array((points.length / 3) * 2);
    for (let i = 0; i < points.length / 3; i++) {
        px[i * 2] = (fx * points[i * 3]) / points[i * 3 + 2] + cx;
        px[i * 2 + 1] = (fy * points[i * 3 + 1]) / points[i * 3 + 2] + cy;
    }
    return px;
}
