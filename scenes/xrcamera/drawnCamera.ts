// A camera that sees a drawn hand and nothing else.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { RenderTargetTexture } from "@babylonjs/core/Materials/Textures/renderTargetTexture";
import { Matrix, Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { Scene } from "@babylonjs/core/scene";
import { HandRig } from "../../src/index";

/** The camera's picture, px, and its projection: 66 degrees wide, its principal point off the middle as headsets' are. */
export const WIDTH = 640;
export const HEIGHT = 480;
export const INTRINSICS = { fx: 490, fy: 490, cx: 334, cy: 228 };
/** Planes of the projection, metres. */
const NEAR = 0.05;
const FAR = 10;
/** Only the drawn camera sees the drawn hand. */
const HIDDEN_LAYER = 0x20000000;

/** Column-major 4 x 4, as XRView.projectionMatrix. */
export const PROJECTION = new Float32Array(16);
PROJECTION[0] = (2 * INTRINSICS.fx) / WIDTH;
PROJECTION[5] = (2 * INTRINSICS.fy) / HEIGHT;
PROJECTION[8] = 1 - (2 * INTRINSICS.cx) / WIDTH;
PROJECTION[9] = (2 * INTRINSICS.cy) / HEIGHT - 1;
PROJECTION[10] = -(FAR + NEAR) / (FAR - NEAR);
PROJECTION[11] = -1;
PROJECTION[14] = (-2 * FAR * NEAR) / (FAR - NEAR);

/** In a right-handed scene, where world and reference space have the same axes. */
export class DrawnCamera {
    /** The hand; place it with `update`. */
    public readonly hand: HandRig;
    private readonly _eye: FreeCamera;
    private readonly _picture: RenderTargetTexture;

    public constructor(scene: Scene) {
        this.hand = new HandRig(scene, "right");
        this.hand.mesh.layerMask = HIDDEN_LAYER;
        this._eye = new FreeCamera("eye", Vector3.Zero(), scene);
        this._eye.layerMask = HIDDEN_LAYER;
        this._eye.minZ = NEAR;
        this._eye.rotationQuaternion = new Quaternion();
        this._eye.freezeProjectionMatrix(Matrix.FromArray(PROJECTION));
        this._picture = new RenderTargetTexture("picture", { width: WIDTH, height: HEIGHT }, scene, false);
        this._picture.activeCamera = this._eye;
        this._picture.renderList = [this.hand.mesh];
        this._picture.samples = 4;
    }

    /** Draws what is seen from a pose of the world; false while shaders are compiled. */
    public draw(position: Vector3, rotation: Quaternion): boolean {
        if (!this._picture.isReady()) {
            return false;
        }
        this._eye.position.copyFrom(position);
        this._eye.rotationQuaternion!.copyFrom(rotation);
        this._eye.computeWorldMatrix();
        this._picture.render();
        return true;
    }

    /** What was drawn last; its first row is the lowest. */
    public get texture(): WebGLTexture {
        return this._picture.getInternalTexture()!._hardwareTexture!.underlyingResource as WebGLTexture;
    }

    /** What was drawn last, RGBA, rows from the top. */
    public async readAsync(): Promise<Uint8Array<ArrayBuffer>> {
        const pixels = (await this._picture.readPixels()) as Uint8Array;
        const rows = new Uint8Array(pixels.length);
        const stride = WIDTH * 4;
        for (let row = 0; row < HEIGHT; row++) {
            rows.set(pixels.subarray((HEIGHT - 1 - row) * stride, (HEIGHT - row) * stride), row * stride);
        }
        return rows;
    }
}
