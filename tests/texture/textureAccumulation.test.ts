// A hand's texture over many frames.

import { describe, expect, it } from "vitest";
import { genericHandMesh } from "../../src/hand/genericHandMesh";
import { WELDED_VERTEX_COUNT, weldedHandMesh } from "../../src/hand/weldedHandMesh";
import { HandTexture, MEMORY, SURE_SIGMA } from "../../src/texture/handTexture";
import { meshColours } from "../../src/texture/meshColours";
import { seededRandom } from "../helpers/random";

const VERTICES = 3;
const SURE = new Float32Array(21).fill(Math.log(SURE_SIGMA / 2));
const UNSURE = new Float32Array(21).fill(Math.log(SURE_SIGMA * 1.5));

/** A frame in which every vertex has one grey and one confidence. */
const frame = (grey: number, confidence: number): Float32Array =>
    Float32Array.from({ length: VERTICES * 4 }, (_, i) => (i % 4 === 3 ? confidence : grey));

describe("the texture of a hand", () => {
    it("is the first sure frame's, at once", () => {
        const texture = new HandTexture(VERTICES);
        expect(texture.add(frame(0.9, 1), UNSURE)).toBe(false);
        expect(texture.frames).toBe(0);
        expect(texture.add(frame(0.3, 0.4), SURE)).toBe(true);
        expect(texture.colours[0]).toBeCloseTo(0.3, 6);
    });

    it("does not change in unsure frames, nor in those whose sigma is no number", () => {
        const texture = new HandTexture(VERTICES);
        texture.add(frame(0.3, 0.8), SURE);
        const before = [...texture.colours, ...texture.known];
        for (let i = 0; i < 50; i++) {
            texture.add(frame(0.9, 1), UNSURE);
            texture.add(frame(0.9, 1), new Float32Array(21).fill(NaN));
        }
        expect([...texture.colours, ...texture.known]).toEqual(before);
        expect(texture.frames).toBe(1);
    });

    it("judges a frame by the mean of its sigmas: one doubtful finger tip does not spoil it", () => {
        const texture = new HandTexture(VERTICES);
        const sigmas = SURE.slice();
        sigmas[8] = Math.log(SURE_SIGMA * 4);
        expect(texture.add(frame(0.3, 1), sigmas)).toBe(true);
    });

    it("takes a real look at a vertex for more than all guesses before it", () => {
        const texture = new HandTexture(VERTICES);
        for (let i = 0; i < 1000; i++) {
            texture.add(frame(0.2, 0), SURE);
        }
        texture.add(frame(0.8, 0.9), SURE);
        expect(texture.colours[0]).toBeGreaterThan(0.65);
        for (let i = 0; i < 1000; i++) {
            texture.add(frame(0.2, 0), SURE);
        }
        console.log(`a look at 0.8 between two thousand guesses of 0.2: ${texture.colours[0].toFixed(2)}`);
        expect(texture.colours[0]).toBeGreaterThan(0.65);
    });

    it("averages noise, and follows a change of light within some times its memory", () => {
        const texture = new HandTexture(VERTICES);
        const random = seededRandom(1);
        for (let i = 0; i < 200; i++) {
            texture.add(frame(0.5 + 0.2 * (random() - 0.5), 0.9), SURE);
        }
        expect(Math.abs(texture.colours[0] - 0.5)).toBeLessThan(0.03);
        for (let i = 0; i < 5 * MEMORY; i++) {
            texture.add(frame(0.7, 0.9), SURE);
        }
        expect(texture.colours[0]).toBeGreaterThan(0.69);
    });

    it("is another hand's after a reset", () => {
        const texture = new HandTexture(VERTICES);
        texture.add(frame(0.3, 1), SURE);
        texture.reset();
        texture.add(frame(0.8, 0.1), SURE);
        expect(texture.colours[5]).toBeCloseTo(0.8, 6);
    });
});

it("vertices of the shipped mesh at one place get one colour, that of their place", () => {
    const { positions } = genericHandMesh();
    const { seamVertices } = weldedHandMesh();
    const colours = new Float32Array(WELDED_VERTEX_COUNT * 3);
    seamVertices.forEach((welded, vertex) => {
        colours.set(positions.subarray(vertex * 3, vertex * 3 + 3), welded * 3);
    });
    const out = new Float32Array(seamVertices.length * 4);
    meshColours(colours, seamVertices, out);
    seamVertices.forEach((_, vertex) => {
        for (let k = 0; k < 3; k++) {
            expect(out[vertex * 4 + k]).toBeCloseTo(positions[vertex * 3 + k], 5);
        }
        expect(out[vertex * 4 + 3]).toBe(1);
    });
});
