// Beside a hand in the debug view: how far it pinches and grabs as bars, all else as text. It turns to the camera.

import { DynamicTexture } from "@babylonjs/core/Materials/Textures/dynamicTexture";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import { CreatePlane } from "@babylonjs/core/Meshes/Builders/planeBuilder";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Bars, debugNode, flatMaterial, markAsDebug, type DebugPalette } from "./debugMeshes";
import { WRIST } from "../hand/joints";
import type { TrackedHand } from "./trackedHand";

/** Size of the text's plane, metres, and pixels per metre of it. */
const WIDTH = 0.16;
const HEIGHT = 0.07;
const PIXELS_PER_METRE = 4000;
/** How far below the wrist the plane's middle is, metres. */
const DROP = 0.06;
const LINE_PX = 36;
const FONT = "26px monospace";
const MARGIN_PX = 14;
const TEXT_COLOR = "#ffffff";
/** Dark behind the text, so that it can be read before any background. */
const BACKGROUND = "rgba(0, 0, 0, 0.6)";
/** Bars, left of the text: their width, their length at strength 1, metres. */
const BAR_WIDTH = 0.006;
const BAR_LENGTH = HEIGHT;
const PINCH_BAR = 0;
const GRAB_BAR = 1;

/** Text that is drawn on a canvas of Babylon's own. */
class TextPlane {
    private readonly _texture: DynamicTexture;
    private readonly _dispose: () => void;
    private _shown = "";

    public constructor(parent: TransformNode) {
        const scene = parent.getScene();
        const size = { width: WIDTH * PIXELS_PER_METRE, height: HEIGHT * PIXELS_PER_METRE };
        const texture = new DynamicTexture("hand-debug-text", size, scene, false);
        texture.hasAlpha = true;
        const material = flatMaterial("hand-debug-text", Color3.White(), scene);
        material.diffuseTexture = texture;
        material.useAlphaFromDiffuseTexture = true;
        const plane = markAsDebug(CreatePlane("hand-debug-text", { width: WIDTH, height: HEIGHT }, scene), parent);
        plane.material = material;
        this._texture = texture;
        this._dispose = () => {
            plane.dispose();
            material.dispose();
            texture.dispose();
        };
    }

    public write(lines: readonly string[]): void {
        const text = lines.join("\n");
        if (text === this._shown) {
            return;
        }
        this._shown = text;
        const context = this._texture.getContext();
        const { width, height } = this._texture.getSize();
        context.clearRect(0, 0, width, height);
        context.fillStyle = BACKGROUND;
        context.fillRect(0, 0, width, height);
        context.fillStyle = TEXT_COLOR;
        context.font = FONT;
        lines.forEach((line, i) => context.fillText(line, MARGIN_PX, (i + 1) * LINE_PX));
        this._texture.update();
    }

    public dispose(): void {
        this._dispose();
    }
}

export class DebugLabel {
    private readonly _anchor: TransformNode;
    private readonly _bars: Bars;
    /** Headless engines have nothing to draw text with: there the bars are alone. */
    private readonly _text: TextPlane | null;

    public constructor(palette: DebugPalette, parent: TransformNode) {
        const scene = parent.getScene();
        this._anchor = debugNode("label", parent, scene);
        this._anchor.billboardMode = TransformNode.BILLBOARDMODE_ALL;
        const shifted = debugNode("label-place", this._anchor, scene);
        shifted.position.y = -DROP;
        this._bars = new Bars(2, palette, shifted);
        this._text = scene.getEngine().getRenderingCanvas() ? new TextPlane(shifted) : null;
    }

    /** Whether `write` shows anything. */
    public get hasText(): boolean {
        return this._text !== null;
    }

    /** Once a rendered frame. @param unit scene units per metre */
    public place(hand: TrackedHand, unit: number): void {
        this._anchor.position.fromArray(hand.worldJoints, WRIST * 3);
        this._anchor.scaling.setAll(unit);
        const first = -WIDTH / 2 - 4 * BAR_WIDTH;
        const foot = -HEIGHT / 2;
        this._bars.place(PINCH_BAR, BAR_WIDTH, hand.pinch.strength * BAR_LENGTH, first, foot);
        this._bars.place(GRAB_BAR, BAR_WIDTH, hand.grab.strength * BAR_LENGTH, first + 2 * BAR_WIDTH, foot);
        this._bars.show();
    }

    public write(lines: readonly string[]): void {
        this._text?.write(lines);
    }

    public dispose(): void {
        this._text?.dispose();
        this._bars.dispose();
        this._anchor.dispose();
    }
}
