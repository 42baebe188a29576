// Decodes the palm detector's raw output: SSD anchors, boxes, weighted non-maximum suppression (as MediaPipe's palm_detection_full).

/** Keypoints of a palm: wrist, index, middle, ring and pinky knuckle, two of the thumb. */
export const PALM_KEYPOINTS = 7;
/** Numbers of a box: x, y, width, height and keypoints. */
export const PALM_BOX_LENGTH = 4 + PALM_KEYPOINTS * 2;

/** Feature maps as [stride, anchors a cell]. */
const LAYERS = [
    [8, 2],
    [16, 6],
] as const;
/** Sides of what a detector sees are multiples of this, px: its coarsest map's cells. */
export const PALM_PICTURE_STEP = 32;
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

/** How many anchors a detector has that sees so many px along a side. */
export function palmAnchorCount(inputSize: number): number {
    return LAYERS.reduce((sum, [stride, count]) => sum + (inputSize / stride) ** 2 * count, 0);
}

/**
 * Anchors of a detector's candidate boxes, by rows of cells.
 * @param inputSize side of what the detector sees, px
 * @returns N x (x, y), fractions of that
 */
export function palmAnchors(inputSize: number): Float32Array {
    const anchors = new Float32Array(palmAnchorCount(inputSize) * 2);
    let at = 0;
    for (const [stride, count] of LAYERS) {
        const cells = inputSize / stride;
        for (let y = 0; y < cells; y++) {
            for (let x = 0; x < cells; x++) {
                for (let k = 0; k < count; k++) {
                    anchors[at++] = (x + 0.5) / cells;
                    anchors[at++] = (y + 0.5) / cells;
                }
            }
        }
    }
    return anchors;
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

/** What of a detector's answers hangs on the size of its input. */
export interface PalmInput {
    /** Side, px. */
    size: number;
    /** `palmAnchors` of it. */
    anchors: Float32Array;
}

/**
 * Palms of one detector run, best first.
 * @param boxes N x 18 raw: x, y, width, height and 7 keypoints, px of the input, relative to the anchors
 * @param scores N raw logits
 */
export function decodePalms(
    boxes: Float32Array,
    scores: Float32Array,
    input: PalmInput,
    minScore = MIN_PALM_SCORE
): Palm[] {
    const minLogit = Math.log(minScore / (1 - minScore));
    const candidates: Palm[] = [];
    for (let anchor = 0; anchor < scores.length; anchor++) {
        const logit = Math.min(Math.max(scores[anchor], -SCORE_CLAMP), SCORE_CLAMP);
        if (logit >= minLogit) {
            candidates.push(decodePalm(boxes, anchor, input, 1 / (1 + Math.exp(-logit))));
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

function decodePalm(boxes: Float32Array, anchor: number, { size, anchors }: PalmInput, score: number): Palm {
    const at = anchor * PALM_BOX_LENGTH;
    const ax = anchors[anchor * 2];
    const ay = anchors[anchor * 2 + 1];
    const keypoints = new Float32Array(PALM_KEYPOINTS * 2);
    for (let i = 0; i < keypoints.length; i += 2) {
        keypoints[i] = boxes[at + 4 + i] / size + ax;
        keypoints[i + 1] = boxes[at + 5 + i] / size + ay;
    }
    return {
        cx: boxes[at] / size + ax,
        cy: boxes[at + 1] / size + ay,
        width: boxes[at + 2] / size,
        height: boxes[at + 3] / size,
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
