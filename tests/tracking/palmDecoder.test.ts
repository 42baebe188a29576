import { describe, expect, it } from "vitest";
import { decodePalms, PALM_BOX_LENGTH, palmAnchors } from "../../src/tracking/palmDecoder";

/** Logit of a score. */
const logit = (score: number) => Math.log(score / (1 - score));

/** A detector's answer in which some anchors see a palm around a place (fractions), `width` wide. */
function answer(size: number, seen: { anchor: number; x: number; y: number; width: number; score: number }[]) {
    const anchors = palmAnchors(size);
    const boxes = new Float32Array((anchors.length / 2) * PALM_BOX_LENGTH);
    const scores = new Float32Array(anchors.length / 2).fill(-10);
    for (const { anchor, x, y, width, score } of seen) {
        scores[anchor] = logit(score);
        const [ax, ay] = anchors.subarray(anchor * 2, anchor * 2 + 2);
        const at = anchor * PALM_BOX_LENGTH;
        boxes.set([(x - ax) * size, (y - ay) * size, width * size, width * size], at);
        for (let i = 4; i < PALM_BOX_LENGTH; i += 2) {
            boxes.set([(x - ax + 0.01 * i) * size, (y - ay) * size], at + i);
        }
    }
    return { boxes, scores, input: { size, anchors } };
}

describe("palms of a detector", () => {
    it.each([
        [192, 2016],
        [128, 896],
    ])("of %i px have %i anchors, the finer map's first", (size, count) => {
        const anchors = palmAnchors(size);
        const fine = (size / 8) ** 2 * 2;
        const first = [...anchors.subarray(0, 6)].map((place) => Math.round(place * size * 1e4) / 1e4);
        const firstCoarse = [...anchors.subarray(fine * 2, fine * 2 + 2)].map(
            (place) => Math.round(place * size * 1e4) / 1e4
        );
        console.log(
            `${anchors.length / 2} anchors; px of the first three ${first.join(", ")}, of the coarser ${firstCoarse.join(", ")}`
        );
        expect(anchors.length / 2).toBe(count);
        expect(first).toEqual([4, 4, 4, 4, 12, 4]);
        expect(firstCoarse).toEqual([8, 8]);
    });

    it.each([192, 128])("of %i px are where their anchors say, in fractions of what it saw", (size) => {
        const { boxes, scores, input } = answer(size, [{ anchor: 37, x: 0.42, y: 0.61, width: 0.2, score: 0.9 }]);
        const [palm, ...others] = decodePalms(boxes, scores, input);
        console.log(
            `centre ${palm.cx.toFixed(5)}, ${palm.cy.toFixed(5)}, width ${palm.width.toFixed(5)}, score ${palm.score.toFixed(5)}`
        );
        expect(others).toHaveLength(0);
        expect(palm.cx).toBeCloseTo(0.42, 5);
        expect(palm.cy).toBeCloseTo(0.61, 5);
        expect(palm.width).toBeCloseTo(0.2, 5);
        expect(palm.score).toBeCloseTo(0.9, 5);
        expect(palm.keypoints[2]).toBeCloseTo(0.42 + 0.06, 5);
        expect(palm.keypoints[3]).toBeCloseTo(0.61, 5);
    });

    it("that overlap become one, weighed by their scores; those below the threshold none", () => {
        const { boxes, scores, input } = answer(128, [
            { anchor: 40, x: 0.3, y: 0.3, width: 0.2, score: 0.9 },
            { anchor: 41, x: 0.33, y: 0.3, width: 0.2, score: 0.6 },
            { anchor: 200, x: 0.8, y: 0.7, width: 0.2, score: 0.7 },
            { anchor: 300, x: 0.2, y: 0.8, width: 0.2, score: 0.4 },
        ]);
        const palms = decodePalms(boxes, scores, input);
        console.log(
            palms.map(({ cx, cy, score }) => `${cx.toFixed(4)}, ${cy.toFixed(4)}: ${score.toFixed(2)}`).join("; ")
        );
        expect(palms).toHaveLength(2);
        expect(palms[0].cx).toBeCloseTo((0.9 * 0.3 + 0.6 * 0.33) / 1.5, 5);
        expect(palms[0].score).toBeCloseTo(0.9, 5);
        expect(palms[1].cx).toBeCloseTo(0.8, 5);
        expect(decodePalms(boxes, scores, input, 0.3)).toHaveLength(3);
    });
});
