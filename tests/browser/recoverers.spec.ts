// Every recoverer of the models folder: the whole chain on the clip in a real browser, and its network on WebGPU.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { PNG } from "pngjs";
import type { CropWindow } from "../../src/camera/cropWindow";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import { weldedHandMesh } from "../../src/hand/weldedHandMesh";
import type { ModelManifest } from "../../src/recovery/manifest";
import { sampleCrop } from "../../src/recovery/sampleCrop";
import type { Backend } from "../../src/recovery/session";
import type { RecoveredOutputs } from "../../scenes/parity/main";

const PARITY = "tests/fixtures/parity/";
/** Frames of the clip that each recoverer sees: an open hand that grabs. */
const FRAMES = 120;
/** Frames at which the shown mesh is compared with the picture. */
const LOOKS = [15, 40, 65, 90, 115];
/** What goes through each network on WebGPU, where SwiftShader takes seconds for a crop: photo, palm, kind. */
const CROPS = [["asl_025.png", 0, "mirrored"]] as const;
const KEYPOINT_NUMBERS = 63;

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const clip = readJson("assets/clip/clip.json") as {
    fieldOfView: number;
    width: number;
    height: number;
    framesPerSecond: number;
};
const recoverers = readdirSync("models")
    .filter((file) => file.endsWith(".json"))
    .map((file) => readJson(`models/${file}`) as ModelManifest)
    .filter(({ kind }) => kind === "recoverer");

/** How the shown mesh lies on the hand in the picture. */
interface Look {
    /** Share of the picture's keypoints that the mesh's silhouette covers, or misses by 3 px at most. */
    covered: number;
    /** Mean distance of a keypoint to the nearest projected vertex, px. */
    vertexPx: number;
    /** Diagonal of the vertices' box over that of the keypoints' box. */
    extent: number;
    /** Diagonal of the keypoints' box, px. */
    handPx: number;
}

/** Projects the shown mesh into the camera's picture and compares it with the keypoints that were found there. */
function look(page: Page): Promise<Look | null> {
    const { width, height, fieldOfView } = clip;
    return page.evaluate(
        ({ focal, cx, cy }) => {
            const { behaviour, world } = window.__scene;
            const hand = behaviour.hands[0];
            const shown = hand?.meshHand;
            if (!hand?.isTracked || !shown?.isVisible) {
                return null;
            }
            const positions = shown.mesh.getVerticesData("position")!;
            const indices = shown.mesh.getIndices()!;
            // The facing view turns camera space half about the vertical axis, in front of the scene's camera.
            const toCamera = world.camera.getWorldMatrix().clone().invert().m;
            const px: number[] = [];
            for (let at = 0; at < positions.length; at += 3) {
                const [x, y, z] = [0, 1, 2].map(
                    (k) =>
                        toCamera[k] * positions[at] +
                        toCamera[4 + k] * positions[at + 1] +
                        toCamera[8 + k] * positions[at + 2] +
                        toCamera[12 + k]
                );
                const depth = behaviour.facingDistance - z;
                px.push((focal * -x) / depth + cx, (focal * -y) / depth + cy);
            }
            const silhouette = new OffscreenCanvas(2 * cx, 2 * cy).getContext("2d", { willReadFrequently: true })!;
            silhouette.lineWidth = 6;
            for (let t = 0; t < indices.length; t += 3) {
                silhouette.beginPath();
                for (const vertex of [indices[t], indices[t + 1], indices[t + 2]]) {
                    silhouette.lineTo(px[vertex * 2], px[vertex * 2 + 1]);
                }
                silhouette.closePath();
                silhouette.fill();
                silhouette.stroke();
            }
            const { keypointsPx } = hand.capturedState;
            let covered = 0;
            let vertexPx = 0;
            for (let k = 0; k < keypointsPx.length; k += 2) {
                const [u, v] = [keypointsPx[k], keypointsPx[k + 1]];
                covered += silhouette.getImageData(u, v, 1, 1).data[3] > 0 ? 1 : 0;
                let nearest = Infinity;
                for (let i = 0; i < px.length; i += 2) {
                    nearest = Math.min(nearest, Math.hypot(px[i] - u, px[i + 1] - v));
                }
                vertexPx += nearest;
            }
            const diagonal = (points: ArrayLike<number>): number => {
                const of = (axis: number): number => {
                    const values = Array.from(points).filter((_, i) => i % 2 === axis);
                    return Math.max(...values) - Math.min(...values);
                };
                return Math.hypot(of(0), of(1));
            };
            const count = keypointsPx.length / 2;
            const handPx = diagonal(keypointsPx);
            return { covered: covered / count, vertexPx: vertexPx / count, extent: diagonal(px) / handPx, handPx };
        },
        { focal: intrinsicsFromFieldOfView(width, height, fieldOfView).fx, cx: width / 2, cy: height / 2 }
    );
}

for (const { name, outputs } of recoverers) {
    test(`${name} keeps the clip's hand, and its mesh lies on it`, async ({ page }) => {
        await page.setViewportSize({ width: 160, height: 90 });
        await page.goto(`/sandbox/?clip=frames&frames=${FRAMES}&backend=wasm&recoverer=${name}&mesh=recovered`);
        await page.waitForFunction(() => "__scene" in window);
        // Drawing is not what is tested, and SwiftShader would take most of the time for it.
        await page.evaluate(() => (window.__scene.world.camera.layerMask = 0));
        const waitFor = (frames: number): Promise<unknown> =>
            page.waitForFunction((count) => (window.__sandbox?.framesProcessed ?? 0) >= count, frames, {
                timeout: 120_000,
            });
        const looks: Look[] = [];
        for (const frame of LOOKS) {
            await waitFor(frame);
            const seen = await look(page);
            if (seen) {
                looks.push(seen);
            }
        }
        await waitFor(FRAMES);
        const { framesProcessed, framesWithHand, errors } = await page.evaluate(() => window.__sandbox);
        const stats = await page.evaluate(() => window.__scene.behaviour.stats);
        const mean = (value: (look: Look) => number): number =>
            looks.reduce((sum, each) => sum + value(each), 0) / looks.length;
        const hasMesh = "vertices" in outputs;
        console.log(
            `${name}: hand in ${framesWithHand} of ${framesProcessed} frames, ${stats?.times.recoverMs.toFixed(0)} ms a frame; ` +
                (looks.length > 0
                    ? `mesh in ${looks.length} of ${LOOKS.length} looks: covers ${(100 * mean(({ covered }) => covered)).toFixed(0)} % of keypoints, nearest vertex ${mean(({ vertexPx }) => vertexPx).toFixed(1)} px away, ${mean(({ extent }) => extent).toFixed(2)} times the keypoints' extent of ${mean(({ handPx }) => handPx).toFixed(0)} px`
                    : `no mesh; ${errors.join("; ").slice(0, 60)}`)
        );
        expect(framesWithHand / framesProcessed).toBeGreaterThanOrEqual(0.98);
        expect(await page.evaluate(() => window.__scene.behaviour.recoverer)).toBe(name);
        if (!hasMesh) {
            // Said once, and the rig is shown.
            expect(errors.map((error) => error.split(":")[0])).toEqual(["vertices-missing"]);
            expect(looks).toEqual([]);
            expect(await page.evaluate(() => window.__scene.behaviour.hands[0].rig?.isVisible)).toBe(true);
            return;
        }
        expect(errors).toEqual([]);
        expect(looks).toHaveLength(LOOKS.length);
        expect(mean(({ covered }) => covered)).toBeGreaterThan(0.85);
        expect(mean(({ vertexPx, handPx }) => vertexPx / handPx)).toBeLessThan(0.05);
        expect(mean(({ extent }) => extent)).toBeGreaterThan(0.95);
        // The mesh goes on a little beyond the wrist, and around a fist it is much larger than the keypoints.
        expect(mean(({ extent }) => extent)).toBeLessThan(1.7);
    });
}

/** Mean colour of the clip at a frame around the given places (px), 0..255. */
function clipColour(page: Page, frame: number, places: readonly number[]): Promise<number[]> {
    return page.evaluate(
        async ({ seconds, at }) => {
            const video = document.createElement("video");
            video.muted = true;
            video.src = "/assets/clip/hand.webm";
            await new Promise((resolve) => (video.onloadeddata = resolve));
            video.currentTime = seconds;
            await new Promise((resolve) => (video.onseeked = resolve));
            const context = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext("2d")!;
            context.drawImage(video, 0, 0);
            const sum = [0, 0, 0];
            let count = 0;
            for (let i = 0; i < at.length; i += 2) {
                const { data } = context.getImageData(at[i] - 4, at[i + 1] - 4, 9, 9);
                for (let k = 0; k < data.length; k += 4, count++) {
                    sum.forEach((_, channel) => (sum[channel] += data[k + channel]));
                }
            }
            return sum.map((value) => value / count);
        },
        { seconds: (frame + 0.5) / clip.framesPerSecond, at: places }
    );
}

test("the shown palm has the colour that the clip's palm has", async ({ page }) => {
    const frames = 45;
    const palm = [0, 1, 5, 9, 13, 17];
    await page.setViewportSize({ width: 160, height: 90 });
    await page.goto(`/sandbox/?clip=frames&frames=${frames}&backend=wasm&recoverer=camera-space&mesh=recovered&skin`);
    await page.waitForFunction(() => "__scene" in window);
    await page.evaluate(() => (window.__scene.world.camera.layerMask = 0));
    await page.waitForFunction(() => window.__sandbox?.done, undefined, { timeout: 120_000 });
    const { shown, mesh, px, isSkin } = await page.evaluate(() => {
        const hand = window.__scene.behaviour.hands[0];
        return {
            shown: [...hand.meshHand!.mesh.getVerticesData("color")!],
            mesh: { vertices: [...hand.recoveredMesh!.vertices], keypoints: [...hand.recoveredMesh!.keypoints] },
            px: [...hand._observation.keypointsPx],
            isSkin: hand.meshHand!.mesh.useVertexColors,
        };
    });
    expect(isSkin).toBe(true);
    // What the camera sees around these keypoints: within a finger's breadth, and nearer to it than they are.
    const { seamVertices } = weldedHandMesh();
    const sum = [0, 0, 0];
    let count = 0;
    seamVertices.forEach((welded, vertex) => {
        const isSeen = palm.some((k) => {
            const [x, y, z] = [0, 1, 2].map((axis) => mesh.vertices[welded * 3 + axis] - mesh.keypoints[k * 3 + axis]);
            return Math.hypot(x, y) < 0.015 && z < 0;
        });
        if (isSeen) {
            sum.forEach((_, channel) => (sum[channel] += 255 * shown[vertex * 4 + channel] ** (1 / 2.2)));
            count++;
        }
    });
    const colour = sum.map((value) => value / count);
    const expected = await clipColour(page, frames - 1, palm.flatMap((k) => [px[k * 2], px[k * 2 + 1]])); // prettier-ignore
    const text = (values: number[]): string => values.map((value) => value.toFixed(0)).join(" ");
    console.log(`${count} vertices of the palm: ${text(colour)}; the clip there: ${text(expected)}`);
    colour.forEach((value, channel) => expect(Math.abs(value - expected[channel])).toBeLessThan(25));
    expect(await page.evaluate(() => window.__sandbox.errors)).toEqual([]);
    // Off: the material as it was.
    const albedo = await page.evaluate(() => {
        window.__scene.behaviour.handTexture = false;
        const { mesh: made } = window.__scene.behaviour.hands[0].meshHand!;
        return { isSkin: made.useVertexColors, colours: made.getVerticesData("color") };
    });
    expect(albedo).toEqual({ isSkin: false, colours: null });
});

type Kinds<T> = Record<"plain" | "mirrored", T>;
const { photos } = readJson(`${PARITY}reference.json`) as {
    photos: Record<string, { hands: Kinds<{ window: CropWindow; cropKeypoints: number[] | number[][] }>[] }>;
};

/** 21 x 3 keypoints of a crop as Python's onnxruntime says them; null of a recoverer without a reference. */
function reference(name: string, [photo, palm, kind]: (typeof CROPS)[number]): number[] | null {
    if (existsSync(`${PARITY}${name}.json`)) {
        const states = readJson(`${PARITY}${name}.json`) as Record<string, Kinds<number[]>[]>;
        return states[photo][palm][kind].slice(0, KEYPOINT_NUMBERS);
    }
    return name === "mediapipe" ? photos[photo].hands[palm][kind].cropKeypoints.flat() : null;
}

/** Longest difference of two sets of points, mm. */
function worstMm(a: readonly number[], b: readonly number[]): number {
    let worst = 0;
    for (let at = 0; at < a.length; at += 3) {
        worst = Math.max(worst, 1000 * Math.hypot(a[at] - b[at], a[at + 1] - b[at + 1], a[at + 2] - b[at + 2]));
    }
    return worst;
}

test("every recoverer says on WebGPU what it says in Python, and the same mesh as on WASM", async ({ page }) => {
    test.setTimeout(600_000);
    await page.goto("/parity/");
    await page.waitForFunction(() => "__recover" in window);
    for (const { name, input } of recoverers) {
        const expected = CROPS.map((crop) => reference(name, crop));
        if (expected.includes(null)) {
            console.log(`${name}: no reference in ${PARITY}`);
            continue;
        }
        const crops = CROPS.map(([photo, palm, kind]) => {
            const planes = new Float32Array(3 * input.size * input.size);
            const image = PNG.sync.read(readFileSync(PARITY + photo));
            sampleCrop(image, photos[photo].hands[palm][kind].window, input.size, planes, input.oversampling);
            return Buffer.from(planes.buffer).toString("base64");
        });
        const run = (backend: Backend): Promise<RecoveredOutputs[]> =>
            page.evaluate(([which, where, what]) => window.__recover(which, where, what), [
                name,
                backend,
                crops,
            ] as const);
        const onWebGpu = await run("webgpu");
        const onWasm = await run("wasm");
        const keypoints = Math.max(
            ...expected.map((points, i) => worstMm(points!, onWebGpu[i].state.slice(0, KEYPOINT_NUMBERS)))
        );
        const meshes = onWebGpu.map(({ vertices }, i) => (vertices ? worstMm(vertices, onWasm[i].vertices!) : null));
        const mesh = meshes[0] === null ? null : Math.max(...(meshes as number[]));
        console.log(
            `${name} on WebGPU: ${crops.length} crops, keypoints within ${keypoints.toFixed(4)} mm of Python's, ` +
                (mesh === null ? "no mesh" : `mesh within ${mesh.toFixed(4)} mm of WASM's`) +
                `; ${onWebGpu.map(({ ms }) => ms.toFixed(0)).join(", ")} ms a crop, ${onWasm.map(({ ms }) => ms.toFixed(0)).join(", ")} on WASM`
        );
        expect(keypoints).toBeLessThan(1);
        expect(mesh ?? 0).toBeLessThan(1);
    }
});

test("the sandbox lists the recoverers that there are, and loads another on a click", async ({ page }) => {
    await page.goto("/sandbox/?clip&backend=wasm");
    await page.waitForFunction(() => (window.__sandbox?.framesWithHand ?? 0) >= 2, undefined, { timeout: 120_000 });
    const rows = page.locator("#recoverers button");
    expect(await rows.count()).toBe(recoverers.length);
    const other = rows.and(page.locator('[aria-pressed="false"]')).filter({ hasNotText: "MediaPipe" }).first();
    const label = (await other.getAttribute("aria-label"))!;
    await page.evaluate(() => {
        const seen = new Set<string>();
        (window as unknown as { __notes: Set<string> }).__notes = seen;
        new MutationObserver(() =>
            document.querySelectorAll("#recoverers [aria-busy] small").forEach((note) => seen.add(note.textContent!))
        ).observe(document.getElementById("recoverers")!, { subtree: true, childList: true, characterData: true });
    });
    await other.dispatchEvent("click");
    const pressed = page.locator(`#recoverers button[aria-label="${label}"][aria-pressed="true"]`);
    await expect(pressed).toBeVisible({ timeout: 60_000 });
    const notes = await page.evaluate(() => [...(window as unknown as { __notes: Set<string> }).__notes]);
    await page.waitForFunction(() => / ms/.test(document.getElementById("cost")!.textContent!), undefined, {
        timeout: 60_000,
    });
    const cost = (await page.locator("#cost").textContent())!;
    console.log(
        `${label}: ${notes.length} notes while it loads, among them "${notes.find((note) => / of /.test(note))}"; ${cost}`
    );
    expect(notes.some((note) => /^\d+\.\d of \d+\.\d MB$/.test(note))).toBe(true);
    expect(await page.locator("#recoverers [aria-busy]").count()).toBe(0);
    await expect(page.getByRole("button", { name: "Recovered" })).toBeEnabled();
    await page.getByRole("button", { name: "MediaPipe" }).dispatchEvent("click");
    await expect(page.getByRole("button", { name: "Recovered" })).toBeDisabled({ timeout: 60_000 });
    await expect(page.getByRole("group", { name: "Your skin" }).getByRole("button", { name: "On" })).toBeDisabled();
    expect(await page.evaluate(() => window.__sandbox.errors)).toEqual([]);
});
