// Decodes the palm detector's raw output: SSD anchors, boxes, weighted non-maximum suppression (MediaPipe's palm_detection_full).

/** Side of the detector's input, px. */
export const PALM_INPUT_SIZE = 192;
/** Keypoints of a palm: wrist, index, middle, ring and pinky knuckle, two of the thumb. */
export const PALM_KEYPOINTS = 7;
/** Number of candidate boxes of the detector. */
export const ANCHOR_COUNT = 2016;

const VALUES = 4 + PALM_KEYPOINTS * 2;
// Feature maps as [cells a side, anchors a cell]: stride 8, and three layers of stride 16.
const LAYERS = [
    [24, 2],
    [12, 6],
] as const;
const SCORE_CLAMP = 100;
/** MediaPipe's thresholds for the score of a palm and for the overlap of boxes that are one palm. */
export const MIN_PALM_SCORE = 0.5;
const SUPPRESSION_IOU = 0.3;

/** A palm in the square that the detector saw: all lengths are fractions of its side. */
export interface Palm {
    cx: number;
    cy: number;
    width: number;
    height: number;
    /** 7 x (x, y) */
    keypoints: Float32Array;
    /** 0..1 */
    score: number;
}

const anchors = new Float32Array(ANCHOR_COUNT * 2);
{
    let at = 0;
    for (const [cells, count] of LAYERS) {
        for (let y = 0; y < cells; y++) {
            for (let x = 0; x < cells; x++) {
                for (let k = 0; k < count; k++) {
                    anchors[at++] = (x + 0.5) / cells;
                    anchors[at++] = (y + 0.5) / cells;
                }
            }
        }
    }
}

/** Overlap of two boxes: intersection over union. */
export function palmOverlap(a: Palm, b: Palm): number {
    const width = Math.min(a.cx + a.width / 2, b.cx + b.width / 2) - Math.max(a.cx - a.width / 2, b.cx - b.width / 2);
    const height =
        Math.min(a.cy + a.height / 2, b.cy + b.height / 2) - Math.max(a.cy - a.height / 2, b.cy - b.height / 2);
    if (width <= 0 || height <= 0) {
        return 0;
    }
    const intersection = width * height;
    return intersection / (a.width * a.height + b.width * b.height - intersection);
}

/**
 * Palms of one detector run, best first.
 * @param boxes 2016 x 18 raw: x, y, width, height and 7 keypoints, px of the input, relative to the anchors
 * @param scores 2016 raw logits
 */
export function decodePalms(boxes: Float32Array, scores: Float32Array, minScore = MIN_PALM_SCORE): Palm[] {
    const minLogit = Math.log(minScore / (1 - minScore));
    const candidates: Palm[] = [];
    for (let anchor = 0; anchor < ANCHOR_COUNT; anchor++) {
        const logit = Math.min(Math.max(scores[anchor], -SCORE_CLAMP), SCORE_CLAMP);
        if (logit >= minLogit) {
            candidates.push(decodePalm(boxes, anchor, 1 / (1 + Math.exp(-logit))));
        }
    }
    candidates.sort((a, b) => b.score - a.score);
    const palms: Palm[] = [];
    while (candidates.length > 0) {
        const best = candidates[0];
        const cluster = candidates.filter((other) => palmOverlap(best, other) > SUPPRESSION_IOU || other === best);
        palms.push(weightedMean(cluster));
        for (const member of cluster) {
            candidates.splice(candidates.indexOf(member), 1);
        }
    }
    return palms;
}

function decodePalm(boxes: Float32Array, anchor: number, score: number): Palm {
    const at = anchor * VALUES;
    const ax = anchors[anchor * 2];
    const ay = anchors[anchor * 2 + 1];
    const keypoints = new Float32Array(PALM_KEYPOINTS * 2);
    for (let i = 0; i < keypoints.length; i += 2) {
        keypoints[i] = boxes[at + 4 + i] / PALM_INPUT_SIZE + ax;
        keypoints[i + 1] = boxes[at + 5 + i] / PALM_INPUT_SIZE + ay;
    }
    return {
        cx: boxes[at] / PALM_INPUT_SIZE + ax,
        cy: boxes[at + 1] / PALM_INPUT_SIZE + ay,
        width: boxes[at + 2] / PALM_INPUT_SIZE,
        height: boxes[at + 3] / PALM_INPUT_SIZE,
        keypoints,
        score,
    };
}

/** Boxes and keypoints of one cluster averaged by score; the score is the best one. */
function weightedMean(cluster: readonly Palm[]): Palm {
    const mean: Palm = {
        cx: 0,
        cy: 0,
        width: 0,
        height: 0,
        keypoints: new Float32Array(PALM_KEYPOINTS * 2),
        score: cluster[0].score,
    };
    const total = cluster.reduce((sum, palm) => sum + palm.score, 0);
    for (const palm of cluster) {
        const weight = palm.score / total;
        mean.cx += palm.cx * weight;
        mean.cy += palm.cy * weight;
        mean.width += palm.width * weight;
        mean.height += palm.height * weight;
        for (let i = 0; i < mean.keypoints.length; i++) {
            mean.keypoints[i] += palm.keypoints[i] * weight;
        }
    }
    return mean;
}
