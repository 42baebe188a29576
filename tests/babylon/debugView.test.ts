import "@babylonjs/core/Engines/Extensions/engine.dynamicTexture";
import type { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { SceneSerializer } from "@babylonjs/core/Misc/sceneSerializer";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Meshes/thinInstanceMesh";
import { describe, expect, it, vi } from "vitest";
import { debugLines } from "../../src/babylon/debugText";
import { HandDebugView, type DebugSubject } from "../../src/babylon/debugView";
import { HandTrackingBehavior } from "../../src/babylon/handTrackingBehavior";
import type { TrackedHand } from "../../src/babylon/trackedHand";
import type { HandState } from "../../src/hand/handState";
import { JOINT_COUNT, ROOT_JOINT, TIP_JOINTS, WRIST } from "../../src/hand/joints";
import type { PipelineStats } from "../../src/worker/protocol";
import { createHandScene, type HandScene } from "../helpers/handScene";
import { createBoxBody } from "../helpers/havok";
import { gestureState, ScriptedHand } from "../helpers/scriptedHand";

const SIGMA = 0.006;
const DEPTH_SIGMA = 0.021;
const STATS: PipelineStats = {
    backend: "wasm",
    reason: "no adapter",
    threads: 4,
    times: { pixelsMs: 1.2, detectMs: 0.4, recoverMs: 18.3, solveMs: 0.9, textureMs: 0 },
    latencyMs: 61.7,
    processed: 312,
    dropped: 4,
};

function unsure(state: HandState): HandState {
    state.sigma = SIGMA;
    state.depthSigma = DEPTH_SIGMA;
    return state;
}

/** The hands of a test scene as a behaviour would show them. */
function subjectOf({ hands, node }: HandScene): DebugSubject {
    return {
        get hands() {
            return hands.hands;
        },
        stats: STATS,
        attachedNode: node,
        view: "camera",
    };
}

function draw(scene: Scene): void {
    scene.onBeforeRenderObservable.notifyObservers(scene);
}

function debugMeshes(scene: Scene, name: string): Mesh[] {
    return scene.meshes.filter((mesh) => mesh.name === `hand-debug-${name}`) as Mesh[];
}

/** Vertices of a mesh in the scene's world. */
function worldVertices(mesh: AbstractMesh): Vector3[] {
    const matrix = mesh.computeWorldMatrix(true);
    const positions = mesh.getVerticesData("position")!;
    return Array.from({ length: positions.length / 3 }, (_, i) =>
        Vector3.TransformCoordinates(Vector3.FromArray(positions, i * 3), matrix)
    );
}

function farthest(vertices: readonly Vector3[], joints: Float32Array): number {
    return Math.max(...vertices.map((at, joint) => Vector3.Distance(at, Vector3.FromArray(joints, joint * 3))));
}

function count(scene: Scene): Record<string, number> {
    return {
        nodes: scene.transformNodes.length,
        roots: scene.rootNodes.length,
        meshes: scene.meshes.length,
        geometries: scene.geometries.length,
        materials: scene.materials.length,
        textures: scene.textures.length,
        beforeRender: scene.onBeforeRenderObservable.observers.length,
        disposing: scene.onDisposeObservable.observers.length,
    };
}

for (const rightHanded of [false, true]) {
    const system = rightHanded ? "right-handed" : "left-handed";

    describe(`the debug view (${system})`, () => {
        for (const worldScale of [1, 10]) {
            it(`draws 25 joints and their bones where the hand is, at ${worldScale} units a metre`, async () => {
                const stage = await createHandScene(rightHanded, { view: "camera", worldScale });
                const view = new HandDebugView(subjectOf(stage), stage.scene);
                view.setEnabled(true);
                const upload = vi.spyOn(stage.scene.getEngine() as NullEngine, "updateDynamicVertexBuffer");
                let [joints, bones] = [0, 0];
                for (let i = 0; i < 30; i++) {
                    upload.mockClear();
                    stage.frame([
                        unsure(gestureState("right", 0, [0.1 + i * 0.002, 0, 0.5], {}, [0.02 * i, 0.3, 0])),
                        Object.assign(gestureState("left", 0, [0.1, 0, 0.5], { fist: i / 30 }), { id: 1 }),
                    ]);
                    draw(stage.scene);
                    // What went to the GPU in this frame, hand by hand.
                    const uploads = upload.mock.calls.map(([, data]) => data as Float32Array);
                    for (const [k, hand] of stage.hands.hands.entries()) {
                        expect(debugMeshes(stage.scene, "joints")[k].thinInstanceCount).toBe(JOINT_COUNT);
                        const matrices = uploads.filter((data) => data.length === JOINT_COUNT * 16)[k];
                        const drawn = Array.from({ length: JOINT_COUNT }, (_, joint) =>
                            Vector3.FromArray(matrices, joint * 16 + 12)
                        );
                        joints = Math.max(joints, farthest(drawn, hand.worldJoints));
                        const lines = debugMeshes(stage.scene, "bones")[k];
                        const ends = uploads.filter((data) => data.length === JOINT_COUNT * 3)[k];
                        const vertices = Array.from({ length: JOINT_COUNT }, (_, joint) =>
                            Vector3.FromArray(ends, joint * 3)
                        );
                        bones = Math.max(bones, farthest(vertices, hand.worldJoints));
                        expect(lines.computeWorldMatrix(true).isIdentity()).toBe(true);
                        expect(lines.getTotalIndices() / 2).toBe(JOINT_COUNT - 1);
                    }
                }
                console.log(
                    `${system}: joints within ${joints.toExponential(1)}, bones within ${bones.toExponential(1)} units of worldJoints`
                );
                expect(joints).toBeLessThan(1e-4);
                expect(bones).toBeLessThan(1e-4);
                view.dispose();
                stage.dispose();
            });
        }

        it("draws the uncertainty as an ellipsoid: sigma across, depthSigma along the viewing direction", async () => {
            const worldScale = 2;
            const stage = await createHandScene(rightHanded, { view: "camera", worldScale });
            stage.node.rotation.set(0.3, 0.8, 0);
            const view = new HandDebugView(subjectOf(stage), stage.scene);
            view.setEnabled(true);
            stage.frame([unsure(gestureState("right", 0, [0.1, 0, 0.5], {}))]);
            draw(stage.scene);
            const [ellipsoid] = debugMeshes(stage.scene, "sigma");
            const wrist = Vector3.FromArray(stage.hands.hands[0].worldJoints, WRIST * 3);
            const forward = new Vector3(0, 0, rightHanded ? -1 : 1);
            const direction = Vector3.TransformNormal(forward, stage.node.computeWorldMatrix(true));
            let [along, across] = [0, 0];
            for (const vertex of worldVertices(ellipsoid)) {
                const offset = vertex.subtract(wrist);
                const depth = Vector3.Dot(offset, direction);
                along = Math.max(along, Math.abs(depth));
                across = Math.max(across, offset.subtract(direction.scale(depth)).length());
            }
            console.log(
                `${system}: half axes ${((across / worldScale) * 1000).toFixed(3)} of ${SIGMA * 1000} mm across, ${((along / worldScale) * 1000).toFixed(3)} of ${DEPTH_SIGMA * 1000} mm along`
            );
            expect(across).toBeCloseTo(SIGMA * worldScale, 6);
            expect(along).toBeCloseTo(DEPTH_SIGMA * worldScale, 6);
            view.dispose();
            stage.dispose();
        });

        it("draws Havok's own shapes where their bodies are, also of a hand that grew", async () => {
            const stage = await createHandScene(rightHanded);
            const view = new HandDebugView(subjectOf(stage), stage.scene);
            view.setEnabled(true);
            const far = (size: number): number => {
                for (let i = 0; i < 60; i++) {
                    const x = 0.1 + 0.003 * Math.min(i, 10);
                    const state = unsure(gestureState("right", 0, [x, 0, 0.5], {}));
                    for (let k = 0; k < state.joints.length; k++) {
                        state.joints[k] = state.joints[k % 3] + size * (state.joints[k] - state.joints[k % 3]);
                    }
                    state.radii.forEach((radius, joint) => (state.radii[joint] = radius * size));
                    stage.frame([state]);
                }
                draw(stage.scene);
                const hand = stage.hands.hands[0];
                let worst = 0;
                for (const body of hand.colliders!.bodies as readonly PhysicsBody[]) {
                    const name = body.transformNode.name;
                    const [mesh] = debugMeshes(stage.scene, name);
                    expect(mesh.isVisible).toBe(true);
                    const vertices = worldVertices(mesh);
                    const joint = Number(name.split("-").pop());
                    const at = (of: number): Vector3 => Vector3.FromArray(hand.worldJoints, of * 3);
                    if (Number.isNaN(joint)) {
                        // A box of the knuckles' width, 0.26 of the palm's length thick, 0.85 of it long.
                        const length = Vector3.Distance(at(WRIST), at(ROOT_JOINT));
                        const size = [Vector3.Distance(at(6), at(21)), 0.26 * length, 0.85 * length];
                        const local = mesh.getBoundingInfo().boundingBox.extendSize.asArray();
                        size.forEach((side, k) => (worst = Math.max(worst, Math.abs(2 * local[k] - side))));
                    } else {
                        const radius = (hand.state.radii[joint] + hand.state.radii[joint + 1]) / 2;
                        const bone = at(joint + 1).subtract(at(joint));
                        for (const vertex of vertices) {
                            const share = Vector3.Dot(vertex.subtract(at(joint)), bone) / bone.lengthSquared();
                            const nearest = at(joint).add(bone.scale(Math.min(Math.max(share, 0), 1)));
                            worst = Math.max(worst, Math.abs(Vector3.Distance(vertex, nearest) - radius));
                        }
                    }
                }
                return worst;
            };
            const normal = far(1);
            const grown = far(1.3);
            console.log(
                `${system}: surfaces of 16 shapes within ${(normal * 1000).toFixed(2)} mm, grown by 30 % ${(grown * 1000).toFixed(2)} mm`
            );
            // Havok draws round shapes with facets.
            expect(normal).toBeLessThan(2e-3);
            expect(grown).toBeLessThan(2e-3);
            // A lost hand touches nothing.
            stage.frame([]);
            draw(stage.scene);
            const drawn = debugMeshes(stage.scene, "hand-right-collider-palm");
            expect(drawn.map((mesh) => mesh.isVisible)).toEqual([false]);
            view.dispose();
            stage.dispose();
        });

        it("draws a line from the hand to the grip of what it holds, as long as the body lags", async () => {
            const stage = await createHandScene(rightHanded);
            const view = new HandDebugView(subjectOf(stage), stage.scene);
            view.setEnabled(true);
            const scripted = new ScriptedHand(stage.scene, stage.node).wristAt([0, 0.08, 0.5], { pinch: 1 });
            const tips = (joints: Float32Array): Vector3 =>
                Vector3.FromArray(joints, TIP_JOINTS[0] * 3)
                    .add(Vector3.FromArray(joints, TIP_JOINTS[1] * 3))
                    .scaleInPlace(0.5);
            // Of 2 kg, so that a pinch moves it and it lags.
            const { body } = createBoxBody(stage.scene, tips(scripted.joints), new Vector3(0.04, 0.04, 0.04), 2);
            body.setGravityFactor(0);
            let [lag, length, wrong] = [0, 0, 0];
            for (let i = 0; i < 60; i++) {
                const pinch = Math.min(i / 8, 1);
                const x = 0.3 * Math.max(0, (i - 30) / 30);
                stage.frame([unsure(gestureState("right", 0, [x, 0.08, 0.5], { pinch }))]);
                draw(stage.scene);
                const hand = stage.hands.hands[0];
                const [line] = debugMeshes(stage.scene, "hold");
                expect(line.isEnabled()).toBe(hand.grabber!.heldBody !== null);
                if (hand.grabber!.heldBody) {
                    const [from, to] = worldVertices(line);
                    wrong = Math.max(wrong, Vector3.Distance(from, tips(hand.worldJoints)));
                    length = Vector3.Distance(from, to);
                    lag = Math.max(lag, length);
                }
            }
            expect(stage.grabs).toHaveLength(1);
            console.log(
                `${system}: line starts ${wrong.toExponential(1)} m from the fingertips, at most ${(lag * 1000).toFixed(1)} mm long`
            );
            expect(wrong).toBeLessThan(1e-6);
            expect(lag).toBeGreaterThan(0.002);
            stage.frame([unsure(gestureState("right", 0, [0.3, 0.08, 0.5], {}))]);
            for (let i = 0; i < 5; i++) {
                stage.frame([unsure(gestureState("right", 0, [0.3, 0.08, 0.5], {}))]);
            }
            draw(stage.scene);
            expect(debugMeshes(stage.scene, "hold")[0].isEnabled()).toBe(false);
            view.dispose();
            stage.dispose();
        });

        it("leaves nothing behind, and is of one root, unpickable and unsaved", async () => {
            const stage = await createHandScene(rightHanded);
            const view = new HandDebugView(subjectOf(stage), stage.scene);
            const show = (): void => {
                stage.frame([
                    unsure(gestureState("right", 0, [0.1, 0, 0.5], {})),
                    Object.assign(gestureState("left", 0, [0.1, 0, 0.5], {}), { id: 1 }),
                ]);
                draw(stage.scene);
            };
            show();
            const before = count(stage.scene);
            const others = new Set([...stage.scene.meshes, ...stage.scene.transformNodes]);
            let most = before;
            for (let i = 0; i < 20; i++) {
                expect(view.toggle()).toBe(true);
                show();
                most = count(stage.scene);
                expect(view.toggle()).toBe(false);
            }
            expect(count(stage.scene)).toEqual(before);
            view.setEnabled(true);
            show();
            const own = [...stage.scene.meshes, ...stage.scene.transformNodes].filter((node) => !others.has(node));
            for (const node of own) {
                expect(node.name).toMatch(/^hand-debug-/);
                expect(node.doNotSerialize).toBe(true);
            }
            expect(own.filter((node) => !node.parent).map((node) => node.name)).toEqual(["hand-debug-view"]);
            expect(stage.scene.meshes.filter((mesh) => mesh.name.startsWith("hand-debug") && mesh.isPickable)).toEqual(
                []
            );
            expect(JSON.stringify(SceneSerializer.Serialize(stage.scene))).not.toContain("hand-debug");
            // Hands that go take their drawings with them.
            for (let i = 0; i < 60; i++) {
                stage.frame([]);
            }
            draw(stage.scene);
            expect(stage.hands.hands).toHaveLength(0);
            expect(debugMeshes(stage.scene, "joints")).toHaveLength(0);
            view.dispose();
            expect(count(stage.scene)).toEqual(before);
            console.log(`${system}: before and after ${JSON.stringify(before)}, on ${JSON.stringify(most)}`);
            view.setEnabled(true);
            stage.dispose();
            expect(view.isEnabled).toBe(false);
        });

        it("writes where the engine can draw text, and frees texture and material", async () => {
            const stage = await createHandScene(rightHanded);
            const engine = stage.scene.getEngine();
            const fillText = vi.fn();
            const context = { clearRect: vi.fn(), fillRect: vi.fn(), fillText };
            const canvas = { width: 1, height: 1, getContext: () => context };
            vi.spyOn(engine, "getRenderingCanvas").mockReturnValue(canvas as unknown as HTMLCanvasElement);
            vi.spyOn(engine, "createCanvas").mockReturnValue(canvas as never);
            vi.spyOn(engine, "createDynamicTexture").mockImplementation((width, height) =>
                engine.createTexture(null, true, false, null, undefined, undefined, undefined, {
                    width,
                    height,
                } as never)
            );
            const view = new HandDebugView(subjectOf(stage), stage.scene);
            stage.frame([unsure(gestureState("right", 0, [0.1, 0, 0.5], {}))]);
            const before = count(stage.scene);
            view.setEnabled(true);
            draw(stage.scene);
            expect(count(stage.scene).textures).toBe(before.textures + 1);
            const text = fillText.mock.calls.map(([line]) => String(line));
            console.log(`${system}: ${text.join(" | ")}`);
            expect(text).toEqual(debugLines(stage.hands.hands[0], 1, null, STATS));
            expect(text.join()).toContain("sigma 6.0 mm, in depth 21.0 mm");
            expect(text.join()).toContain("rec 18.3");
            view.dispose();
            expect(count(stage.scene)).toEqual(before);
            stage.dispose();
        });
    });
}

describe("the debug view of a behaviour", () => {
    it("follows it through attach, render, detach and dispose", async () => {
        const { scene, hands, dispose } = await createHandScene(false);
        hands.dispose();
        const camera = new FreeCamera("camera", Vector3.Zero(), scene);
        let give: ((states: readonly HandState[], timeMs: number) => void) | null = null;
        const source = {
            set onHands(listener: typeof give) {
                give = listener;
            },
            get onHands() {
                return give;
            },
            onError: null,
            now: () => 0,
            startAsync: () => Promise.resolve(),
            stop: () => undefined,
            dispose: () => undefined,
        };
        const behavior = new HandTrackingBehavior({ source, view: "camera", rig: false });
        const view = new HandDebugView(behavior, scene);
        view.setEnabled(true);
        draw(scene);
        behavior.attach(camera);
        await behavior.readyPromise;
        give!([unsure(gestureState("right", 0, [0, 0, 0.5], {}))], 0);
        scene.render();
        const [hand] = behavior.hands as TrackedHand[];
        const drawn = worldVertices(debugMeshes(scene, "bones")[0]);
        console.log(
            `behaviour: bones within ${farthest(drawn, hand.worldJoints).toExponential(1)} m; "${debugLines(hand, 1, null, behavior.stats).join(" | ")}"`
        );
        expect(farthest(drawn, hand.worldJoints)).toBeLessThan(1e-4);
        expect(debugLines(hand, 1, null, behavior.stats).join()).toContain("no pipeline");
        behavior.detach();
        draw(scene);
        expect(debugMeshes(scene, "bones")).toHaveLength(0);
        behavior.dispose();
        view.dispose();
        expect(scene.transformNodes.filter((node) => node.name.startsWith("hand-debug"))).toHaveLength(0);
        dispose();
    });
});
