// The texture of a hand from one crop: what the crop shows of its vertices, completed by a network (AMVUR §3.4).

import { HandTrackingError } from "../errors";
import type { RecoveredHand } from "../hand/recoveredHand";
import { WELDED_VERTEX_COUNT, weldedHandMesh } from "../hand/weldedHandMesh";
import { sampleColours } from "../texture/sampleColours";
import { VertexPlacement } from "../texture/vertexPlacement";
import { VertexVisibility } from "../texture/vertexVisibility";
import type { NetworkSession } from "./session";

/** Name of the network: `<modelBaseUrl>/amvur-texture.json` is its manifest. */
export const TEXTURE_NETWORK = "amvur-texture";

/** The part of a texture network that accumulation needs. */
export interface TextureSource {
    /**
     * @param recovered with vertices, of this very crop
     * @param crop 3 x S x S planes red, green, blue, 0..1
     * @returns V x 4: red, green, blue, confidence, 0..1; valid until the next call
     * @throws HandTrackingError `network-output-invalid` (not fatal)
     */
    textureAsync(recovered: RecoveredHand, crop: Float32Array): Promise<Float32Array>;
}

/** Owns its session. */
export class TextureNetwork implements TextureSource {
    private readonly _placement: VertexPlacement;
    private readonly _visibility: VertexVisibility;
    private readonly _places = new Float32Array(WELDED_VERTEX_COUNT * 2);
    private readonly _seen = new Uint8Array(WELDED_VERTEX_COUNT);

    public constructor(private readonly _session: NetworkSession) {
        const mesh = weldedHandMesh();
        this._placement = new VertexPlacement(mesh);
        this._visibility = new VertexVisibility(mesh.indices, WELDED_VERTEX_COUNT);
    }

    public async textureAsync(
        { vertices, keypoints, crop: keypoints2d }: RecoveredHand,
        crop: Float32Array
    ): Promise<Float32Array> {
        const { colours, seen } = this._session.inputs;
        this._placement.place(vertices!, keypoints, keypoints2d, this._places);
        this._visibility.find(this._places, vertices!, this._seen);
        sampleColours(crop, Math.sqrt(crop.length / 3), this._places, this._seen, colours);
        seen.set(this._seen);
        const { texture } = await this._session.runAsync();
        const wrong = texture.findIndex((value) => !Number.isFinite(value));
        if (wrong >= 0) {
            throw new HandTrackingError(
                "network-output-invalid",
                `Number ${wrong} of ${texture.length} of the network's output texture is ${texture[wrong]}; the hand's colours are left as they were.`,
                false
            );
        }
        return texture;
    }

    public async disposeAsync(): Promise<void> {
        await this._session.disposeAsync();
    }
}
