// The look of one shown mesh of a hand: its material, and the colours of its vertices while they are known.

import { VertexBuffer } from "@babylonjs/core/Buffers/buffer";
import type { Material } from "@babylonjs/core/Materials/material";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { createHandMaterial, createOwnSkinMaterial, type HandMaterialKind } from "./handMaterials";

/** Owns the mesh's material and its vertex colours. */
export class HandLook {
    private _material: Material;
    private _hasColours = false;

    /** @param _mesh without vertex colours; stays the caller's */
    public constructor(
        private readonly _mesh: Mesh,
        private _kind: HandMaterialKind
    ) {
        _mesh.useVertexColors = false;
        _mesh.material = this._material = createHandMaterial(_kind, _mesh.getScene());
    }

    /** Changes the look; colours of vertices stay for when it is skin's again. */
    public setMaterial(kind: HandMaterialKind): void {
        this._kind = kind;
        this._renewMaterial();
    }

    /**
     * Gives the skin colours of its own; other looks are not changed by them.
     * @param colours 1360 x 4 linear red, green, blue, alpha, 0..1, in the order of the mesh's vertices; copied. null returns
     * to the material as it was
     */
    public setColours(colours: Float32Array | null): void {
        if (!colours) {
            if (this._hasColours) {
                this._hasColours = false;
                this._renewMaterial();
                this._mesh.removeVerticesData(VertexBuffer.ColorKind);
            }
        } else if (this._hasColours) {
            this._mesh.updateVerticesData(VertexBuffer.ColorKind, colours);
        } else {
            this._hasColours = true;
            this._mesh.setVerticesData(VertexBuffer.ColorKind, colours.slice(), true);
            this._renewMaterial();
        }
    }

    /** Frees the material. */
    public dispose(): void {
        this._material.dispose();
    }

    private _renewMaterial(): void {
        const before = this._material;
        const scene = this._mesh.getScene();
        const isOwn = this._hasColours && this._kind === "skin";
        this._mesh.useVertexColors = isOwn;
        this._mesh.material = this._material = isOwn
            ? createOwnSkinMaterial(scene)
            : createHandMaterial(this._kind, scene);
        before.dispose();
    }
}
