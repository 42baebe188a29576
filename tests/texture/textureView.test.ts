// Vertices placed in a crop, which of them it shows, and their colours: against spheres, and against Python on a hand of the rig
// (models/training/texture_fixture.py).

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { WELDED_VERTEX_COUNT, weldedHandMesh } from "../../src/hand/weldedHandMesh";
import { sampleCrop } from "../../src/recovery/sampleCrop";
import { sampleColours } from "../../src/texture/sampleColours";
import { VertexPlacement } from "../../src/texture/vertexPlacement";
import { VertexVisibility } from "../../src/texture/vertexVisibility";

const FOLDER = fileURLToPath(new URL("../fixtures/texture/", import.meta.url));
const fixture = JSON.parse(readFileSync(`${FOLDER}hand.json`, "utf8")) as Record<string, string>;
const floats = (name: string): Float32Array => {
    const bytes = Buffer.from(fixture[name], "base64");
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const largest = (a: Float32Array, b: Float32Array): number => {
    expect(a.length).toBe(b.length);
    return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
};

/** A latitude-longitude sphere of radius 1 about the origin, counter-clockwise from outside. */
function sphere(rings: number, around: number): { positions: Float32Array; indices: Uint16Array } {
    const positions: number[] = [];
    const indices: number[] = [];
    for (let r = 0; r <= rings; r++) {
        for (let i = 0; i < around; i++) {
            const theta = (Math.PI * r) / rings;
            const phi = (2 * Math.PI * i) / around;
            positions.push(Math.sin(theta) * Math.cos(phi), Math.cos(theta), Math.sin(theta) * Math.sin(phi));
            if (r < rings) {
                const [a, b] = [r * around + i, r * around + ((i + 1) % around)];
                indices.push(a, b, a + around, b, b + around, a + around);
            }
        }
    }
    return { positions: Float32Array.from(positions), indices: Uint16Array.from(indices) };
}

/** Orthographic places of a sphere of radius `scale` of the crop's side. */
function placesOf(positions: Float32Array, scale: number, u = 0): Float32Array {
    return Float32Array.from({ length: (positions.length / 3) * 2 }, (_, i) =>
        i % 2 === 0 ? positions[(i >> 1) * 3] * scale + u : positions[(i >> 1) * 3 + 1] * scale
    );
}

describe("visibility", () => {
    it("a sphere shows its front and hides its back and its rim", () => {
        const { positions, indices } = sphere(24, 40);
        const seen = new Uint8Array(positions.length / 3);
        new VertexVisibility(indices, seen.length).find(placesOf(positions, 0.4), positions, seen);
        let front = 0;
        seen.forEach((value, v) => {
            // The camera looks along +z. Normals of a coarse sphere are some degrees off the radius.
            const facing = -positions[v * 3 + 2];
            if (facing > 0.32) {
                expect(value, `vertex ${v}, facing ${facing.toFixed(2)}`).toBe(1);
                front++;
            } else if (facing < 0.18) {
                expect(value, `vertex ${v}, facing ${facing.toFixed(2)}`).toBe(0);
            }
        });
        console.log(`${front} of ${seen.length} vertices face the camera`);
        expect(front).toBeGreaterThan(seen.length / 4);
    });

    it("a sphere in front hides the one behind it, whichever is drawn first", () => {
        for (const nearFirst of [true, false]) {
            const one = sphere(16, 24);
            const count = one.positions.length / 3;
            const shifted = (z: number): Float32Array =>
                one.positions.map((value, i) => (i % 3 === 2 ? value + z : value));
            const depths = nearFirst ? [0, 3] : [3, 0];
            const positions = Float32Array.from(depths.flatMap((z) => [...shifted(z)]));
            const indices = Uint16Array.from([...one.indices, ...one.indices.map((v) => v + count)]);
            const seen = new Uint8Array(2 * count);
            new VertexVisibility(indices, seen.length).find(placesOf(positions, 0.3), positions, seen);
            const sums = [0, 1].map((k) => seen.subarray(k * count, (k + 1) * count).reduce((sum, v) => sum + v, 0));
            const [near, far] = nearFirst ? sums : [...sums].reverse();
            expect(near).toBeGreaterThan(count / 4);
            expect(far).toBe(0);
        }
    });

    it("what lies outside of the crop is not seen", () => {
        const { positions, indices } = sphere(16, 24);
        const seen = new Uint8Array(positions.length / 3);
        new VertexVisibility(indices, seen.length).find(placesOf(positions, 0.4, 0.95), positions, seen);
        expect(seen.some((value) => value !== 0)).toBe(false);
    });

    it("agrees with Python on the rig's mesh but for a few vertices at pixels' borders", () => {
        const seen = new Uint8Array(WELDED_VERTEX_COUNT);
        new VertexVisibility(weldedHandMesh().indices, seen.length).find(floats("places"), floats("vertices"), seen);
        const shown = seen.reduce((sum, value) => sum + value, 0);
        const different = seen.reduce((sum, value, v) => sum + (value === Number(fixture.seen[v]) ? 0 : 1), 0);
        console.log(`${shown} of ${seen.length} vertices are seen, ${different} otherwise than in Python`);
        expect(shown).toBeGreaterThan(300);
        expect(different).toBeLessThanOrEqual(3);
    });
});

describe("placement", () => {
    const placement = new VertexPlacement();
    const out = new Float32Array(WELDED_VERTEX_COUNT * 2);

    it("agrees with Python", () => {
        placement.place(floats("vertices"), floats("keypoints"), floats("crop"), out);
        const worst = largest(out, floats("places"));
        console.log(`places differ by ${worst.toExponential(1)} of the crop's side at most`);
        expect(worst).toBeLessThan(1e-4);
    });

    it("is exact where 2D is a scaled and shifted 3D", () => {
        const [vertices, keypoints] = [floats("vertices"), floats("keypoints")];
        const crop = Float32Array.from({ length: 42 }, (_, i) => keypoints[(i >> 1) * 3 + (i & 1)] * 2.5 + 0.1);
        placement.place(vertices, keypoints, crop, out);
        const expected = out.map((_, i) => vertices[(i >> 1) * 3 + (i & 1)] * 2.5 + 0.1);
        expect(largest(out, expected)).toBeLessThan(1e-5);
    });

    it("carries a finger tip's vertices with its keypoint, and leaves the wrist where it was", () => {
        const [vertices, keypoints] = [floats("vertices"), floats("keypoints")];
        const crop = Float32Array.from({ length: 42 }, (_, i) => keypoints[(i >> 1) * 3 + (i & 1)] * 2.5);
        const before = new Float32Array(out.length);
        placement.place(vertices, keypoints, crop, before);
        const indexTip = 8;
        crop[indexTip * 2] += 0.05;
        placement.place(vertices, keypoints, crop, out);
        const nearest = (keypoint: number): number => {
            let best = 0;
            let least = Infinity;
            for (let v = 0; v < WELDED_VERTEX_COUNT; v++) {
                const distance = Math.hypot(...[0, 1, 2].map((k) => vertices[v * 3 + k] - keypoints[keypoint * 3 + k]));
                if (distance < least) {
                    [best, least] = [v, distance];
                }
            }
            return best;
        };
        const moved = (keypoint: number): number => out[nearest(keypoint) * 2] - before[nearest(keypoint) * 2];
        console.log(`tip ${moved(indexTip).toFixed(3)}, wrist ${moved(0).toFixed(3)} of 0.05`);
        expect(moved(indexTip)).toBeGreaterThan(0.035);
        expect(Math.abs(moved(0))).toBeLessThan(0.005);
    });
});

describe("colours", () => {
    it("agree with Python within 1/255 where Python sees a vertex, and are 0 elsewhere", () => {
        const image = PNG.sync.read(readFileSync(`${FOLDER}hand.png`));
        const crop = new Float32Array(3 * image.width ** 2);
        // The window whose crop is the picture itself.
        const half = image.width / 2;
        const window = { cx: half, cy: half, side: image.width, rotation: 0, mirrored: false };
        sampleCrop(image, window, image.width, crop);
        const seen = Uint8Array.from(fixture.seen, Number);
        const out = new Float32Array(WELDED_VERTEX_COUNT * 3).fill(NaN);
        sampleColours(crop, image.width, floats("places"), seen, out);
        const worst = largest(out, floats("colours"));
        console.log(`colours differ by ${(255 * worst).toFixed(3)} of 255 at most`);
        expect(worst).toBeLessThan(1 / 255);
        seen.forEach((value, v) => {
            if (value === 0) {
                expect(out[v * 3] + out[v * 3 + 1] + out[v * 3 + 2]).toBe(0);
            }
        });
    });
});
