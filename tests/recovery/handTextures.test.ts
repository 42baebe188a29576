// Whose texture is whose, when a hand is looked at, and what the pipeline computes for it.

import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { createRecoveredHand, type RecoveredHand } from "../../src/hand/recoveredHand";
import { WELDED_VERTEX_COUNT } from "../../src/hand/weldedHandMesh";
import { HandPipeline } from "../../src/recovery/handPipeline";
import { HandTextures, RETURN_MS, TEXTURE_INTERVAL_MS } from "../../src/recovery/handTextures";
import { loadTextureModelAsync } from "../../src/recovery/modelStore";
import type { Recoverer } from "../../src/recovery/recoverer";
import { loadRuntimeAsync, NetworkSession } from "../../src/recovery/session";
import { TEXTURE_NETWORK, TextureNetwork, type TextureSource } from "../../src/recovery/textureNetwork";
import { SURE_SIGMA } from "../../src/texture/handTexture";
import { fetchBytesFromDisk, loadNetworksAsync } from "../../tools/evaluation/evaluatePipeline";

const FRAME_MS = 33;
/** Frames in which a hand's side is voted on before it is looked at. */
const FIRST = 4;
const CROP = new Float32Array(3);

/** A network that says one grey of every vertex, and counts how often it is asked. */
class Grey implements TextureSource {
    public runs = 0;
    public grey = 0.5;
    private readonly _texture = new Float32Array(WELDED_VERTEX_COUNT * 4);
    public textureAsync(): Promise<Float32Array> {
        this.runs++;
        return Promise.resolve(this._texture.map((_, i) => (i % 4 === 3 ? 0.9 : this.grey)));
    }
}

function recovered(sigma: number, hasVertices = true): RecoveredHand {
    const hand = createRecoveredHand();
    hand.logSigma.fill(Math.log(sigma));
    hand.vertices = hasVertices ? new Float32Array(WELDED_VERTEX_COUNT * 3) : null;
    return hand;
}
const SURE = recovered(SURE_SIGMA / 2);
const UNSURE = recovered(SURE_SIGMA * 2);

describe("the textures of hands", () => {
    const setUp = (maxHands = 2) => {
        const network = new Grey();
        const textures = new HandTextures(network, maxHands);
        /** Shows hands, of ids and sides, for a while; the colour of each that is new at its end. */
        const show = async (hands: [number, "left" | "right"][], fromMs: number, untilMs: number, hand = SURE) => {
            const tracks = hands.map(([id]) => ({ id }));
            for (let timeMs = fromMs; timeMs < untilMs; timeMs += FRAME_MS) {
                for (const [id, side] of hands) {
                    await textures.lookAsync(id, side, tracks, hand, CROP, timeMs);
                }
            }
            return hands.map(([id]) => textures.takeNew(id)?.[0] ?? null);
        };
        return { network, textures, show };
    };

    it("are looked at once in an interval, and told once", async () => {
        const { network, textures, show } = setUp();
        const [grey] = await show([[1, "right"]], 0, 6 * TEXTURE_INTERVAL_MS);
        console.log(`${network.runs} looks in ${6 * TEXTURE_INTERVAL_MS} ms`);
        expect(network.runs).toBeGreaterThanOrEqual(5);
        expect(network.runs).toBeLessThanOrEqual(6);
        expect(grey).toBeCloseTo(0.5, 6);
        expect(textures.takeNew(1)).toBe(null);
        textures.renew();
        expect(textures.takeNew(1)![0]).toBeCloseTo(0.5, 6);
    });

    it("cost no run of the network in unsure frames, nor without vertices, and are looked at in the next sure one", async () => {
        const { network, textures, show } = setUp();
        expect(await show([[1, "right"]], 0, 2000, UNSURE)).toEqual([null]);
        expect(await show([[1, "right"]], 2000, 3000, recovered(SURE_SIGMA / 2, false))).toEqual([null]);
        expect(network.runs).toBe(0);
        expect(textures.isDue(1, 3000)).toBe(true);
        await show([[1, "right"]], 3000, 3000 + FRAME_MS);
        expect(network.runs).toBe(1);
        expect(textures.isDue(1, 3000 + FRAME_MS)).toBe(false);
    });

    it("of two hands are their own, on one side too", async () => {
        for (const other of ["left", "right"] as const) {
            const { network, show } = setUp();
            network.grey = 0.2;
            await show([[1, "right"]], 0, 100);
            network.grey = 0.8;
            // The newer hand is looked at first, as the pipeline does.
            const greys = await show([[2, other], [1, "right"]], 100, 200); // prettier-ignore
            expect(greys).toEqual([expect.closeTo(0.8, 5), null]);
        }
    });

    it("outlast a moment out of sight, and are told anew to the hand that is back", async () => {
        const { network, show } = setUp();
        network.grey = 0.2;
        await show([[1, "right"]], 0, 100);
        const back = await show([[2, "right"]], RETURN_MS, RETURN_MS + FRAME_MS, UNSURE);
        expect(back).toEqual([expect.closeTo(0.2, 5)]);
    });

    it("start anew with a hand that comes later, or on the other side", async () => {
        for (const [side, atMs] of [
            ["right", 2 * RETURN_MS],
            ["left", 200],
        ] as const) {
            // prettier-ignore
            for (const maxHands of [1, 2]) {
                const { network, show } = setUp(maxHands);
                network.grey = 0.2;
                await show([[1, "right"]], 0, 100);
                network.grey = 0.8;
                expect(await show([[2, side]], atMs, atMs + FRAME_MS, UNSURE)).toEqual([null]);
                expect(await show([[2, side]], atMs + 100, atMs + 100 + FRAME_MS)).toEqual([expect.closeTo(0.8, 5)]);
            }
        }
    });
});

async function loadTextureNetworkAsync(): Promise<TextureNetwork> {
    const model = await loadTextureModelAsync(TEXTURE_NETWORK, fetchBytesFromDisk("models"));
    return new TextureNetwork(
        await NetworkSession.createAsync(await loadRuntimeAsync("wasm", { threads: 1 }), model, "wasm")
    );
}

/** The picture as a mirror shows it: the other hand. */
function mirrored(image: PNG): PNG {
    const out = new PNG({ width: image.width, height: image.height });
    for (let y = 0; y < image.height; y++) {
        for (let x = 0; x < image.width; x++) {
            const from = (y * image.width + x) * 4;
            image.data.copy(out.data, (y * image.width + image.width - 1 - x) * 4, from, from + 4);
        }
    }
    return out;
}

/** Mean colour of a picture around some of a hand's keypoints, 0..1. */
function colourAt({ data, width }: PNG, px: Float32Array, keypoints: readonly number[]): number[] {
    const sum = [0, 0, 0];
    let count = 0;
    for (const k of keypoints) {
        for (let dy = -3; dy <= 3; dy++) {
            for (let dx = -3; dx <= 3; dx++) {
                const at = (Math.round(px[k * 2 + 1] + dy) * width + Math.round(px[k * 2] + dx)) * 4;
                [0, 1, 2].forEach((c) => (sum[c] += data[at + c] / 255));
                count++;
            }
        }
    }
    return sum.map((value) => value / count);
}

const meanOf = (colours: Float32Array): number[] =>
    [0, 1, 2].map((c) => colours.reduce((sum, value, i) => sum + (i % 3 === c ? value : 0), 0) / (colours.length / 3));

function bound(target: Recoverer, name: string | symbol): unknown {
    const value: unknown = Reflect.get(target, name, target);
    return typeof value === "function" ? (value.bind(target) as unknown) : value;
}

describe("the pipeline", () => {
    const photo = PNG.sync.read(readFileSync("tests/fixtures/parity/asl_025.png"));
    const camera = intrinsicsFromFieldOfView(photo.width, photo.height);

    it("gives a left hand and its mirror image the same skin, that of the picture", async () => {
        const network = await loadTextureNetworkAsync();
        const found: { side: string; mean: number[]; skin: number[]; ms: number }[] = [];
        for (const image of [photo, mirrored(photo)]) {
            const { detector, recoverer } = await loadNetworksAsync("models", "camera-space");
            const pipeline = new HandPipeline(detector, recoverer);
            const textures = new HandTextures(network, 2);
            let colours: Float32Array | null = null;
            let skin: number[] = [];
            let side = "";
            let ms = 0;
            for (let frame = 0; frame < FIRST + 4; frame++) {
                pipeline.textures = frame >= FIRST ? textures : null;
                const { hands, times } = await pipeline.processAsync(image, frame * TEXTURE_INTERVAL_MS, camera);
                if (frame < FIRST) {
                    continue;
                }
                expect(hands).toHaveLength(1);
                expect(times.textureMs).toBeGreaterThan(0);
                ms = times.textureMs;
                side = hands[0].side;
                skin = colourAt(image, hands[0].keypointsPx, [0, 5, 9, 13, 17]);
                colours = textures.takeNew(hands[0].id) ?? colours;
                expect(colours).not.toBe(null);
            }
            found.push({ side, mean: meanOf(colours!), skin, ms });
        }
        const text = (colour: number[]): string => colour.map((value) => Math.round(255 * value)).join(" ");
        for (const { side, mean, skin, ms } of found) {
            console.log(`${side}: texture ${text(mean)}, picture at the palm ${text(skin)}; ${ms.toFixed(1)} ms`);
            mean.forEach((value, c) => expect(Math.abs(value - skin[c])).toBeLessThan(35 / 255));
        }
        expect(new Set(found.map(({ side }) => side))).toEqual(new Set(["left", "right"]));
        found[0].mean.forEach((value, c) => expect(Math.abs(value - found[1].mean[c])).toBeLessThan(8 / 255));
        await network.disposeAsync();
    });

    it("fetches vertices for textures only in frames that are due, and goes on after a failure", async () => {
        const { detector, recoverer } = await loadNetworksAsync("models", "camera-space");
        const wanted: boolean[] = [];
        const spy = new Proxy(recoverer, {
            get: (target, name) =>
                name === "startAsync"
                    ? (...args: Parameters<Recoverer["startAsync"]>) => {
                          wanted.push(args[4]?.vertices ?? false);
                          return target.startAsync(...args);
                      }
                    : // Its own fields are found through the target, not through this.
                      bound(target, name),
        });
        const pipeline = new HandPipeline(detector, spy, { maxHands: 1 });
        const failing: TextureSource = { textureAsync: () => Promise.reject(new Error("no memory")) };
        const failures: string[] = [];
        pipeline.onTextureError = (cause) => failures.push((cause as Error).message);
        const look = async (frame: number): Promise<void> => {
            expect((await pipeline.processAsync(photo, frame * FRAME_MS, camera)).hands).toHaveLength(1);
        };
        await look(0);
        await look(1);
        pipeline.textures = new HandTextures(new Grey(), 1);
        wanted.length = 0;
        for (let frame = 2; frame < 12; frame++) {
            await look(frame);
        }
        expect(wanted).toEqual([true, ...Array.from({ length: 9 }, () => false)]);
        pipeline.textures = new HandTextures(failing, 1);
        await look(12);
        await look(13);
        console.log(`${failures.length} failure: ${failures[0]}`);
        expect(failures).toEqual(["no memory"]);
    });
});
