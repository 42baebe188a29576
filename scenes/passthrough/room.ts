// The sandbox's world without its room: things and their shadows on a table that is there.

import { BackgroundMaterial } from "@babylonjs/core/Materials/Background/backgroundMaterial";
import { Color3, Color4 } from "@babylonjs/core/Maths/math.color";
import type { TrackedHand } from "../../src/index";
import type { World } from "../sandbox/world";

/** How dark shadows on a real table are: rooms have more lamps than the scene. */
const SHADOW = 0.5;

/** Draws only what falls on a real table: the shadows of things and hands. */
export class BareTable {
    private readonly _table;
    private readonly _wood;
    private readonly _shadows: BackgroundMaterial;
    private readonly _room: { clear: Color4; vignette: boolean };

    public constructor(private readonly _world: World) {
        const { scene } = _world;
        this._table = scene.getMeshByName("table")!;
        this._wood = this._table.material;
        this._shadows = new BackgroundMaterial("table-shadows", scene);
        this._shadows.shadowOnly = true;
        this._shadows.primaryColor = Color3.Black();
        this._shadows.alpha = SHADOW;
        this._room = {
            clear: scene.clearColor,
            vignette: scene.imageProcessingConfiguration.vignetteEnabled,
        };
    }

    /** @param isReal whether a picture of the user's own room is behind the scene */
    public setReal(isReal: boolean): void {
        const { scene } = this._world;
        this._table.material = isReal ? this._shadows : this._wood;
        scene.getMeshByName("wall")?.setEnabled(!isReal);
        scene.clearColor = isReal ? new Color4(0, 0, 0, 0) : this._room.clear;
        scene.imageProcessingConfiguration.vignetteEnabled = !isReal && this._room.vignette;
    }

    /** Hands cast shadows whether they are drawn or only hide what is behind them. */
    public castShadow({ rig, meshHand }: TrackedHand): void {
        for (const shown of [rig, meshHand]) {
            if (shown) {
                this._world.studio.shadows.addShadowCaster(shown.mesh);
            }
        }
    }
}
