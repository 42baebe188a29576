import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, it } from "vitest";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { HandTrackingError } from "../../src/errors";
import { KEYPOINT_COUNT } from "../../src/hand/joints";
import type { RecoveredMesh } from "../../src/hand/recoveredMesh";
import { HandPipeline } from "../../src/recovery/handPipeline";
import type { RgbaImage } from "../../src/recovery/image";
import type { PalmDetector } from "../../src/recovery/palmDetector";
import type { Recoverer } from "../../src/recovery/recoverer";
import { decodeState } from "../../src/recovery/recoverer";
import { loadNetworksAsync } from "../../tools/evaluation/evaluatePipeline";

const PHOTO = "tests/fixtures/parity/asl_025.png";
const FRAME_MS = 33;

function readPhoto(): RgbaImage {
    const { data, width, height } = PNG.sync.read(readFileSync(PHOTO));
    return { data: new Uint8Array(data), width, height };
}

/** The picture turned by a quarter: what a phone gives that was turned. */
function turned({ data, width, height }: RgbaImage): RgbaImage {
    const out = new Uint8Array(data.length);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const from = (y * width + x) * 4;
            out.set(data.subarray(from, from + 4), (x * height + (height - 1 - y)) * 4);
        }
    }
    return { data: out, width: height, height: width };
}

describe("hand pipeline on bad input", () => {
    let networks: { detector: PalmDetector; recoverer: Recoverer };
    const photo = readPhoto();
    const intrinsics = intrinsicsFromFieldOfView(photo.width, photo.height);

    beforeAll(async () => {
        networks = await loadNetworksAsync("models", "mediapipe");
    });

    it("skips frames of no size, too few bytes or impossible intrinsics with a typed error, and goes on", async () => {
        const pipeline = new HandPipeline(networks.detector, networks.recoverer);
        let timeMs = 0;
        const good = async (): Promise<number> =>
            (await pipeline.processAsync(photo, (timeMs += FRAME_MS), intrinsics)).hands.length;
        expect(await good()).toBe(1);
        const empty = { data: new Uint8Array(0), width: 0, height: 0 };
        const bad: [RgbaImage, number, typeof intrinsics][] = [
            [empty, 1000, intrinsics],
            [{ ...photo, data: photo.data.subarray(100) }, 1000, intrinsics],
            [photo, NaN, intrinsics],
            [photo, 1000, { ...intrinsics, fx: 0 }],
            [photo, 1000, { ...intrinsics, cy: NaN }],
        ];
        for (const [image, time, camera] of bad) {
            const error = await pipeline.processAsync(image, time, camera).catch((cause: unknown) => cause);
            expect(error).toBeInstanceOf(HandTrackingError);
            expect(error).toMatchObject({ code: "frame-invalid", fatal: false });
            console.log((error as Error).message);
            expect(await good()).toBe(1);
        }
    });

    it("finds the hand again at once when the camera is turned", async () => {
        const pipeline = new HandPipeline(networks.detector, networks.recoverer);
        const other = turned(photo);
        const found: number[] = [];
        for (let frame = 0; frame < 6; frame++) {
            const image = frame % 4 < 2 ? photo : other;
            const camera = intrinsicsFromFieldOfView(image.width, image.height);
            found.push((await pipeline.processAsync(image, frame * FRAME_MS, camera)).hands.length);
        }
        console.log(`hands in frames of changing orientation: ${found.join(", ")}`);
        expect(found).toEqual([1, 1, 1, 1, 1, 1]);
    });

    it("drops the hand of a network that says NaN, reports it, and has it back in the next frame", async () => {
        let isBroken = false;
        const { recoverer } = networks;
        const breaking = {
            startAsync: (...args: Parameters<Recoverer["startAsync"]>) => recoverer.startAsync(...args),
            finishAsync: () => recoverer.finishAsync(),
            take: (...args: Parameters<Recoverer["take"]>) => {
                recoverer.take(...args);
                if (isBroken) {
                    const layout = { length: 4 } as Parameters<typeof decodeState>[1];
                    decodeState(Float32Array.of(0, NaN, 0, 0), layout, false, args[1]);
                }
            },
        } as unknown as Recoverer;
        const pipeline = new HandPipeline(networks.detector, breaking);
        const errors: HandTrackingError[] = [];
        pipeline.onError = (error) => errors.push(error);
        const found: number[] = [];
        for (let frame = 0; frame < 6; frame++) {
            isBroken = frame === 2 || frame === 3;
            found.push((await pipeline.processAsync(photo, frame * FRAME_MS, intrinsics)).hands.length);
        }
        console.log(`hands: ${found.join(", ")}; ${errors[0].message}`);
        expect(found).toEqual([1, 1, 0, 0, 1, 1]);
        expect(new Set(errors.map(({ code, fatal }) => `${code} ${fatal}`))).toEqual(
            new Set(["network-output-invalid false"])
        );
    });
});

describe("another recoverer", () => {
    it("takes a track over without losing it", async () => {
        const { detector, recoverer } = await loadNetworksAsync("models", "mediapipe");
        const { recoverer: other } = await loadNetworksAsync("models", "camera-space");
        const photo = readPhoto();
        const intrinsics = intrinsicsFromFieldOfView(photo.width, photo.height);
        const pipeline = new HandPipeline(detector, recoverer);
        const look = async (frame: number): Promise<{ id: number; px: Float32Array; sigma: number }> => {
            const { hands } = await pipeline.processAsync(photo, frame * FRAME_MS, intrinsics);
            expect(hands).toHaveLength(1);
            return { id: hands[0].id, px: hands[0].keypointsPx.slice(), sigma: hands[0].sigma };
        };
        await look(0);
        const before = await look(1);
        pipeline.recoverer = other;
        const after = await look(2);
        const moved = before.px.reduce((sum, value, i) => sum + Math.abs(value - after.px[i]), 0) / before.px.length;
        console.log(
            `hand ${before.id} goes on as ${after.id}; its 2D moves by ${moved.toFixed(2)} px, its sigma from ${(before.sigma * 1000).toFixed(1)} to ${(after.sigma * 1000).toFixed(1)} mm`
        );
        expect(after.id).toBe(before.id);
        expect(moved).toBeGreaterThan(0);
        expect(moved).toBeLessThan(0.03 * photo.width);
        expect(after.sigma).not.toBe(before.sigma);
    });
});

describe("vertices", () => {
    it("are fetched while they are wanted, and surround the keypoints", async () => {
        const { detector, recoverer } = await loadNetworksAsync("models", "camera-space");
        const { recoverer: without } = await loadNetworksAsync("models", "mediapipe");
        const photo = readPhoto();
        const intrinsics = intrinsicsFromFieldOfView(photo.width, photo.height);
        const pipeline = new HandPipeline(detector, recoverer);
        const meshes: (boolean | null)[] = [];
        let mesh: RecoveredMesh | null = null;
        for (let frame = 0; frame < 8; frame++) {
            pipeline.wantsVertices = (frame >= 2 && frame < 4) || frame >= 6;
            if (frame === 7) {
                pipeline.recoverer = without;
            }
            const { hands, crops } = await pipeline.processAsync(photo, frame * FRAME_MS, intrinsics);
            expect(hands).toHaveLength(1);
            expect(crops).toBeGreaterThanOrEqual(1);
            // The same arrays in every frame.
            expect(mesh === null || hands[0].mesh === mesh).toBe(true);
            mesh = hands[0].mesh;
            meshes.push(mesh && mesh.isValid);
        }
        expect(meshes).toEqual([null, null, true, true, false, false, true, false]);
        const { vertices, keypoints } = mesh!;
        const nearest = Array.from({ length: KEYPOINT_COUNT }, (_, k) => {
            let best = Infinity;
            for (let at = 0; at < vertices.length; at += 3) {
                best = Math.min(
                    best,
                    Math.hypot(...[0, 1, 2].map((axis) => vertices[at + axis] - keypoints[k * 3 + axis]))
                );
            }
            return 1000 * best;
        });
        console.log(`nearest vertex of each keypoint: ${nearest.map((mm) => mm.toFixed(0)).join(" ")} mm`);
        expect(Math.max(...nearest)).toBeLessThan(25);
        expect(recoverer.hasVertices && !without.hasVertices).toBe(true);
    });
});
