// Shapes with soft edges: boards, cubes, plinths, a bin, and a picture of wood.

import { DynamicTexture } from "@babylonjs/core/Materials/Textures/dynamicTexture";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateLathe } from "@babylonjs/core/Meshes/Builders/latheBuilder";
import { Mesh } from "@babylonjs/core/Meshes/mesh";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData";
import type { Scene } from "@babylonjs/core/scene";

/** Steps round an edge. */
const EDGE_STEPS = 3;

/** Width (x), height (y) and depth (z), metres. */
export type Size = readonly [number, number, number];

/** Places along one side of a box: dense within the radius of its ends, empty between. */
function places(half: number, radius: number): number[] {
    const list: number[] = [];
    for (let i = 0; i <= EDGE_STEPS; i++) {
        // Steps of equal angle along the quarter circle, seen from its centre, up to the diagonal.
        list.push(half - radius + radius * Math.tan((Math.PI / 4) * (i / EDGE_STEPS)));
    }
    return [...list.map((place) => -place).reverse(), ...list];
}

/** A box whose edges and corners are rounded. Its texture lies on it from above, one unit to a metre. */
export function createRoundedBox(name: string, size: Size, radius: number, scene: Scene): Mesh {
    const half = size.map((length) => length / 2);
    const positions: number[] = [];
    const normals: number[] = [];
    const uvs: number[] = [];
    const indices: number[] = [];
    const point = [0, 0, 0];
    for (let axis = 0; axis < 3; axis++) {
        const [across, along] = [(axis + 1) % 3, (axis + 2) % 3];
        const columns = places(half[across], radius);
        const rows = places(half[along], radius);
        for (const side of [-1, 1]) {
            const first = positions.length / 3;
            for (const row of rows) {
                for (const column of columns) {
                    point[axis] = side * half[axis];
                    point[across] = column;
                    point[along] = row;
                    // The surface is one radius away from the nearest point of the smaller box inside.
                    const inner = point.map((value, i) =>
                        Math.max(radius - half[i], Math.min(half[i] - radius, value))
                    );
                    const normal = point.map((value, i) => value - inner[i]);
                    const length = Math.hypot(...normal);
                    for (let i = 0; i < 3; i++) {
                        normals.push(normal[i] / length);
                        positions.push(inner[i] + (radius * normal[i]) / length);
                    }
                    uvs.push(positions[positions.length - 3], positions[positions.length - 1]);
                }
            }
            const width = columns.length;
            for (let r = 0; r + 1 < rows.length; r++) {
                for (let c = 0; c + 1 < width; c++) {
                    const [a, b] = [first + r * width + c, first + (r + 1) * width + c];
                    // Babylon's front faces turn clockwise.
                    indices.push(...(side > 0 ? [a, b, a + 1, b, b + 1, a + 1] : [a, a + 1, b, b, a + 1, b + 1]));
                }
            }
        }
    }
    const data = new VertexData();
    Object.assign(data, { positions, normals, uvs, indices });
    const mesh = new Mesh(name, scene);
    data.applyToMesh(mesh);
    return mesh;
}

/** Points of a profile (radius, height) with its corners cut round. */
function profile(corners: readonly (readonly [number, number])[], radius: number): Vector3[] {
    const points: Vector3[] = [];
    corners.forEach(([x, y], i) => {
        const [before, after] = [corners[i - 1], corners[i + 1]];
        if (!before || !after) {
            points.push(new Vector3(x, y, 0));
            return;
        }
        const corner = new Vector3(x, y, 0);
        const toward = (other: readonly [number, number]): Vector3 => {
            const way = new Vector3(other[0], other[1], 0).subtractInPlace(corner);
            return corner.add(way.scale(Math.min(0.45, radius / way.length())));
        };
        const [start, end] = [toward(before), toward(after)];
        for (let step = 0; step <= 4; step++) {
            // A quadratic curve that leaves along one side and arrives along the other.
            const t = step / 4;
            const u = 1 - t;
            points.push(
                start
                    .scale(u * u)
                    .addInPlace(corner.scale(2 * u * t))
                    .addInPlace(end.scale(t * t))
            );
        }
    });
    return points;
}

/** A column that stands on y = 0. */
export function createPlinth(diameter: number, height: number, scene: Scene): Mesh {
    const r = diameter / 2;
    const shape = profile(
        [
            [r, 0],
            [r, height],
            [0, height],
        ],
        0.004
    );
    return createTurned("plinth", shape, scene);
}

/** A round bin that stands on y = 0, wider above than below, closed below. */
export function createBin(diameter: number, height: number, wall: number, scene: Scene): Mesh {
    const r = diameter / 2;
    const foot = r * 0.82;
    const shape = profile(
        [
            [0, 0.001],
            [foot, 0.001],
            [r, height],
            [r - wall, height],
            [foot - wall, wall],
            [0, wall],
        ],
        0.0035
    );
    return createTurned("bin", shape, scene);
}

function createTurned(name: string, shape: Vector3[], scene: Scene): Mesh {
    return CreateLathe(name, { shape, tessellation: 56, closed: true, sideOrientation: Mesh.DOUBLESIDE }, scene);
}

/** A repeatable stream of numbers in 0..1 (mulberry32). */
function random(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

/** Oak boards, drawn here: nothing is fetched. One picture covers a square metre. */
export function createWood(scene: Scene): DynamicTexture {
    const size = 1024;
    const boards = 9;
    const texture = new DynamicTexture("wood", size, scene, true);
    const context = texture.getContext() as CanvasRenderingContext2D;
    const next = random(7);
    for (let board = 0; board < boards; board++) {
        const top = (board * size) / boards;
        const height = size / boards;
        const light = 58 + 7 * (next() - 0.5);
        context.save();
        context.beginPath();
        context.rect(0, top, size, height);
        context.clip();
        context.fillStyle = `hsl(${29 + 3 * next()} 42% ${light}%)`;
        context.fillRect(0, top, size, height);
        for (let line = 0; line < 90; line++) {
            const dark = next() < 0.7;
            context.strokeStyle = dark
                ? `hsl(26 45% 36% / ${0.04 + 0.1 * next()})`
                : `hsl(36 60% 74% / ${0.05 + 0.08 * next()})`;
            context.lineWidth = 0.6 + 2.4 * next() * next();
            const y = top + next() * height;
            const [phase, sway, waves] = [next() * 6.3, 1 + 3.5 * next(), 1 + 2 * next()];
            context.beginPath();
            for (let x = 0; x <= size; x += 16) {
                context.lineTo(x, y + sway * Math.sin(phase + (x / size) * waves * 6.3));
            }
            context.stroke();
        }
        context.fillStyle = "hsl(26 40% 26% / 0.5)";
        context.fillRect(0, top, size, 1.5);
        context.restore();
    }
    texture.update();
    texture.anisotropicFilteringLevel = 8;
    return texture;
}
