// A hand's own colours in the scene: blended slowly from what is shown to what the frames say.

import { ToLinearSpace } from "@babylonjs/core/Maths/math.constants";
import { weldedHandMesh, WELDED_VERTEX_COUNT } from "../hand/weldedHandMesh";
import { meshColours } from "../texture/meshColours";
import { TEXTURE_LENGTH, unpackTexture } from "../texture/packedTexture";
import { SKIN } from "./handMaterials";

/** Time in which shown colours come within 1/e of new ones, ms: nothing pops. */
const BLEND_MS = 200;
/** After so many of these times the rest of the way is less than a display's step. */
const SETTLED = 6;

/** Made when a hand's colours first come; allocates nothing after it. */
export class HandSkin {
    /** 1360 x 4 linear red, green, blue, alpha, 0..1: the vertices of the shown meshes. */
    public readonly colours: Float32Array;
    private readonly _seamVertices = weldedHandMesh().seamVertices;
    /** V x 3, linear. */
    private readonly _shown = new Float32Array(WELDED_VERTEX_COUNT * 3);
    private readonly _target = new Float32Array(WELDED_VERTEX_COUNT * 3);
    private _leftMs = 0;

    public constructor() {
        for (let at = 0; at < this._shown.length; at += 3) {
            SKIN.toArray(this._shown, at);
        }
        this._target.set(this._shown);
        this.colours = new Float32Array(this._seamVertices.length * 4);
        meshColours(this._shown, this._seamVertices, this.colours);
    }

    /** Takes the `index`-th of packed textures, if it is there: cameras' colours, which are gamma-encoded. */
    public take(textures: Float32Array, index: number): void {
        if (!unpackTexture(textures, index * TEXTURE_LENGTH, this._target)) {
            return;
        }
        for (let i = 0; i < this._target.length; i++) {
            // Babylon's own conversion, whose inverse ends its rendering.
            this._target[i] = Math.pow(this._target[i], ToLinearSpace);
        }
        this._leftMs = SETTLED * BLEND_MS;
    }

    /** Blends on. @returns whether `colours` changed */
    public update(elapsedMs: number): boolean {
        if (this._leftMs <= 0 || !(elapsedMs > 0)) {
            return false;
        }
        this._leftMs -= elapsedMs;
        const share = this._leftMs <= 0 ? 1 : 1 - Math.exp(-elapsedMs / BLEND_MS);
        for (let i = 0; i < this._shown.length; i++) {
            this._shown[i] += share * (this._target[i] - this._shown[i]);
        }
        meshColours(this._shown, this._seamVertices, this.colours);
        return true;
    }
}
