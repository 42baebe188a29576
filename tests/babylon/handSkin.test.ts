// The hand's own colours on the shown meshes: on and off, blended, and only on skin.

import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import type { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Scene } from "@babylonjs/core/scene";
import { describe, expect, it } from "vitest";
import { CameraSpaceMapping } from "../../src/babylon/cameraSpace";
import { HandEvents } from "../../src/babylon/handEvents";
import type { HandMaterialKind } from "../../src/babylon/handMaterials";
import { HandRig } from "../../src/babylon/handRig";
import { HandSet } from "../../src/babylon/handSet";
import { HandSkin } from "../../src/babylon/handSkin";
import { MeshHand } from "../../src/babylon/meshHand";
import { weldedHandMesh, WELDED_VERTEX_COUNT } from "../../src/hand/weldedHandMesh";
import { packTexture, TEXTURE_LENGTH } from "../../src/texture/packedTexture";
import { createHandObservation, OBSERVATION_LENGTH, packObservation } from "../../src/tracking/handObservation";
import { gesturePose } from "../helpers/scriptedHand";

const STEP_MS = 16;
const SETTLED_MS = 2000;
const { seamVertices } = weldedHandMesh();
const colours = (mesh: Mesh): Float32Array | null => mesh.getVerticesData(VertexBuffer.ColorKind) as Float32Array;
const count = (scene: Scene): number[] =>
    [scene.meshes, scene.geometries, scene.skeletons, scene.materials].map((list) => list.length);

/** A packed texture of one colour. */
function textureOf(colour: readonly number[]): Float32Array {
    const packed = new Float32Array(TEXTURE_LENGTH);
    packTexture(
        Float32Array.from({ length: WELDED_VERTEX_COUNT * 3 }, (_, i) => colour[i % 3]),
        packed,
        0
    );
    return packed;
}

describe("a hand's skin", () => {
    it("goes over from the material's colour to the camera's, in linear space, without a leap", () => {
        const skin = new HandSkin();
        const before = skin.colours.slice(0, 4);
        skin.take(textureOf([0.8, 0.5, 0.2]), 0);
        let last = before[0];
        let leap = 0;
        for (let timeMs = 0; timeMs < SETTLED_MS; timeMs += STEP_MS) {
            skin.update(STEP_MS);
            leap = Math.max(leap, Math.abs(skin.colours[0] - last));
            last = skin.colours[0];
        }
        console.log(`from ${before[0].toFixed(2)} to ${last.toFixed(2)}, by ${leap.toFixed(3)} a frame at most`);
        [0.8, 0.5, 0.2].forEach((value, k) => expect(skin.colours[k]).toBeCloseTo(value ** 2.2, 5));
        expect(skin.colours[3]).toBe(1);
        expect(leap).toBeLessThan(0.1 * Math.abs(last - before[0]));
        expect(skin.update(STEP_MS)).toBe(false);
    });

    it("takes nothing of an empty texture", () => {
        const skin = new HandSkin();
        skin.take(new Float32Array(TEXTURE_LENGTH), 0);
        expect(skin.update(STEP_MS)).toBe(false);
    });
});

for (const [name, create] of [
    ["HandRig", (scene: Scene, kind: HandMaterialKind) => new HandRig(scene, "left", kind)],
    ["MeshHand", (scene: Scene, kind: HandMaterialKind) => new MeshHand(scene, "left", kind)],
] as const) {
    describe(`${name} in its own skin`, () => {
        const own = Float32Array.from({ length: seamVertices.length * 4 }, (_, i) => (i % 7) / 7);

        it("has the colours given on a neutral material, and is as it was without them", () => {
            const scene = new Scene(new NullEngine());
            const hand = create(scene, "skin");
            const before = count(scene);
            const albedo = (hand.mesh.material as PBRMaterial).albedoColor.asArray();
            hand.setColours(own);
            expect(colours(hand.mesh)).toEqual(own);
            expect(hand.mesh.useVertexColors).toBe(true);
            const [r, g, b] = (hand.mesh.material as PBRMaterial).albedoColor.asArray();
            expect([g, b]).toEqual([r, r]);
            const changed = own.map((value) => 1 - value);
            hand.setColours(changed);
            expect(colours(hand.mesh)).toEqual(changed);
            expect(count(scene)).toEqual(before);
            hand.setColours(null);
            expect(colours(hand.mesh)).toBe(null);
            expect(hand.mesh.useVertexColors).toBe(false);
            expect((hand.mesh.material as PBRMaterial).albedoColor.asArray()).toEqual(albedo);
            expect(count(scene)).toEqual(before);
            scene.dispose();
        });

        it("keeps other looks as they are, and is back with skin's", () => {
            const scene = new Scene(new NullEngine());
            const hand = create(scene, "ghost");
            const before = count(scene);
            for (const kind of ["ghost", "wireframe", "occluder"] as const) {
                hand.setMaterial(kind);
                hand.setColours(own);
                expect(hand.mesh.useVertexColors).toBe(false);
                expect(hand.mesh.material!.name).toBe(`hand-${kind}`);
            }
            hand.setMaterial("skin");
            expect(hand.mesh.useVertexColors).toBe(true);
            expect(count(scene)).toEqual(before);
            hand.dispose();
            expect(count(scene)).toEqual([0, 0, 0, 0]);
            scene.dispose();
        });
    });
}

describe("the hands of a behaviour", () => {
    function setUp() {
        const scene = new Scene(new NullEngine());
        const mapping = new CameraSpaceMapping(scene, new TransformNode("node", scene), { view: "camera" });
        const hands = new HandSet(
            scene,
            mapping,
            { rig: "skin", handMesh: "recovered", handTexture: true, colliders: false, grab: false },
            new HandEvents()
        );
        const buffer = new Float32Array(OBSERVATION_LENGTH);
        const observation = createHandObservation();
        observation.id = 1;
        observation.pose = gesturePose([0, 0, 0.5], {});
        let nowMs = 0;
        const show = (textures: Float32Array | null, forMs: number): void => {
            for (const untilMs = nowMs + forMs; nowMs < untilMs; nowMs += STEP_MS) {
                observation.timeMs = nowMs;
                packObservation(observation, buffer, 0);
                const times = { pixelsMs: 0, detectMs: 0, recoverMs: 0, solveMs: 0, textureMs: 0 };
                hands.receive({
                    timeMs: nowMs,
                    width: 640,
                    height: 480,
                    count: 1,
                    buffer,
                    meshes: null,
                    textures,
                    crops: 1,
                    times,
                });
                hands.update(nowMs);
                textures?.fill(0, 0, 1);
            }
        };
        return { scene, hands, show };
    }

    it("wear their own skin on rig and recovered mesh, also on those made later, until it is switched off", () => {
        const { scene, hands, show } = setUp();
        show(null, 100);
        const [hand] = hands.hands;
        expect(hand.skin).toBe(null);
        expect(colours(hand.rig!.mesh)).toBe(null);
        show(textureOf([0.5, 0.5, 0.5]), SETTLED_MS);
        const grey = 0.5 ** 2.2;
        expect(colours(hand.rig!.mesh)![0]).toBeCloseTo(grey, 5);
        expect(colours(hand.meshHand!.mesh)![0]).toBeCloseTo(grey, 5);
        hands.setHandMesh("rig");
        hands.setHandMesh("recovered");
        expect(colours(hand.meshHand!.mesh)![0]).toBeCloseTo(grey, 5);
        hands.setRig(false);
        hands.setRig("skin");
        expect(colours(hand.rig!.mesh)![0]).toBeCloseTo(grey, 5);
        hands.setHandTexture(false);
        // A result that was on its way.
        show(textureOf([0.9, 0.9, 0.9]), 100);
        expect([hand.skin, colours(hand.rig!.mesh), colours(hand.meshHand!.mesh)]).toEqual([null, null, null]);
        hands.dispose();
        expect(count(scene)).toEqual([0, 0, 0, 0]);
        scene.dispose();
    });
});
