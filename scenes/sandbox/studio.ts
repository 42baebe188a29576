// Light, shadow, what is mirrored in things, and the wall behind them. All of it is computed: nothing is fetched.

import type { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Constants } from "@babylonjs/core/Engines/constants";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight";
import { ShadowGenerator } from "@babylonjs/core/Lights/Shadows/shadowGenerator";
import "@babylonjs/core/Lights/Shadows/shadowGeneratorSceneComponent";
import { ImageProcessingConfiguration } from "@babylonjs/core/Materials/imageProcessingConfiguration";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial";
import { DynamicTexture } from "@babylonjs/core/Materials/Textures/dynamicTexture";
import { RawCubeTexture } from "@babylonjs/core/Materials/Textures/rawCubeTexture";
import { Texture } from "@babylonjs/core/Materials/Textures/texture";
import { Color3, Color4 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreatePlane } from "@babylonjs/core/Meshes/Builders/planeBuilder";
import { CubeMapToSphericalPolynomialTools } from "@babylonjs/core/Misc/HighDynamicRange/cubemapToSphericalPolynomial";
import type { Scene } from "@babylonjs/core/scene";

/** Pixels along an edge of the mirrored room. */
const ROOM_PIXELS = 64;
/** Directions of a cube map's faces: [right, up, forward] of each, in the order +x, -x, +y, -y, +z, -z. */
const FACES: readonly (readonly [number[], number[], number[]])[] = [
    [
        [0, 0, -1],
        [0, -1, 0],
        [1, 0, 0],
    ],
    [
        [0, 0, 1],
        [0, -1, 0],
        [-1, 0, 0],
    ],
    [
        [1, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
    ],
    [
        [1, 0, 0],
        [0, 0, -1],
        [0, -1, 0],
    ],
    [
        [1, 0, 0],
        [0, -1, 0],
        [0, 0, 1],
    ],
    [
        [-1, 0, 0],
        [0, -1, 0],
        [0, 0, -1],
    ],
];
/** Soft boxes of the room: direction, size of their square, colour. */
const SOFT_BOXES = [
    { direction: new Vector3(-0.75, 0.6, -0.35).normalize(), half: 0.42, color: [1, 0.96, 0.88] },
    { direction: new Vector3(0.85, 0.35, -0.1).normalize(), half: 0.3, color: [0.62, 0.74, 0.9] },
];
/** Where the key light comes from. */
const KEY = new Vector3(0.5, -1, 0.42).normalize();

const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
const smooth = (from: number, to: number, x: number): number => {
    const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
    return t * t * (3 - 2 * t);
};

/** Colour of the room in a direction, gamma space 0..1. */
function roomColor(direction: Vector3, out: number[]): void {
    const { y } = direction;
    const up = smooth(-0.05, 0.9, y);
    const down = smooth(0.05, -0.35, y);
    out[0] = mix(mix(0.72, 0.84, up), 0.5, down);
    out[1] = mix(mix(0.7, 0.85, up), 0.38, down);
    out[2] = mix(mix(0.68, 0.88, up), 0.28, down);
    for (const box of SOFT_BOXES) {
        const facing = Vector3.Dot(direction, box.direction);
        if (facing > 0) {
            const right = Vector3.Cross(Vector3.UpReadOnly, box.direction).normalize();
            const x = Vector3.Dot(direction, right) / facing;
            const above = Vector3.Dot(direction, Vector3.Cross(box.direction, right)) / facing;
            const inside = smooth(box.half + 0.08, box.half - 0.08, Math.max(Math.abs(x), Math.abs(above)));
            for (let i = 0; i < 3; i++) {
                out[i] = mix(out[i], box.color[i], inside);
            }
        }
    }
}

/** The room as a cube map, for reflections and ambient light. */
function createRoom(scene: Scene): RawCubeTexture {
    const n = ROOM_PIXELS;
    const color = [0, 0, 0];
    const direction = new Vector3();
    const faces = FACES.map(([right, up, forward]) => {
        const data = new Uint8Array(n * n * 4);
        for (let row = 0; row < n; row++) {
            for (let column = 0; column < n; column++) {
                const u = (2 * (column + 0.5)) / n - 1;
                const v = (2 * (row + 0.5)) / n - 1;
                direction.set(
                    forward[0] + right[0] * u + up[0] * v,
                    forward[1] + right[1] * u + up[1] * v,
                    forward[2] + right[2] * u + up[2] * v
                );
                roomColor(direction.normalize(), color);
                const at = (row * n + column) * 4;
                data[at] = 255 * color[0];
                data[at + 1] = 255 * color[1];
                data[at + 2] = 255 * color[2];
                data[at + 3] = 255;
            }
        }
        return data;
    });
    const { TEXTUREFORMAT_RGBA: format, TEXTURETYPE_UNSIGNED_BYTE: type } = Constants;
    const texture = new RawCubeTexture(scene, faces, n, format, type, true, false, Texture.TRILINEAR_SAMPLINGMODE);
    texture.gammaSpace = true;
    const [right, left, up, down, front, back] = faces;
    texture.sphericalPolynomial = CubeMapToSphericalPolynomialTools.ConvertCubeMapToSphericalPolynomial({
        size: n,
        right,
        left,
        up,
        down,
        front,
        back,
        format,
        type,
        gammaSpace: true,
    });
    return texture;
}

/** A plain wall with a glow of daylight on it. */
function createWall(scene: Scene): void {
    const texture = new DynamicTexture("wall", { width: 512, height: 256 }, scene, true);
    const context = texture.getContext() as CanvasRenderingContext2D;
    const shade = context.createLinearGradient(0, 0, 0, 256);
    shade.addColorStop(0, "#d3d4d6");
    shade.addColorStop(0.55, "#e9e4dc");
    shade.addColorStop(1, "#d9cdbf");
    context.fillStyle = shade;
    context.fillRect(0, 0, 512, 256);
    const glow = context.createRadialGradient(190, 90, 10, 190, 90, 230);
    glow.addColorStop(0, "rgb(255 250 238 / 85%)");
    glow.addColorStop(1, "rgb(255 250 238 / 0%)");
    context.fillStyle = glow;
    context.fillRect(0, 0, 512, 256);
    texture.update();
    const wall = CreatePlane("wall", { width: 6, height: 3 }, scene);
    wall.position.set(0, 0.1, 1.8);
    const material = new StandardMaterial("wall", scene);
    material.disableLighting = true;
    material.emissiveTexture = texture;
    wall.material = material;
    wall.isPickable = false;
}

/** The lit room around the table. */
export class Studio {
    public readonly shadows: ShadowGenerator;

    public constructor(scene: Scene, camera: FreeCamera) {
        scene.clearColor = new Color4(0.85, 0.83, 0.8, 1);
        scene.environmentTexture = createRoom(scene);
        scene.environmentIntensity = 0.85;
        const { imageProcessingConfiguration: image } = scene;
        image.toneMappingEnabled = true;
        image.toneMappingType = ImageProcessingConfiguration.TONEMAPPING_KHR_PBR_NEUTRAL;
        image.exposure = 1;
        image.contrast = 1.08;
        image.vignetteEnabled = true;
        image.vignetteWeight = 0.9;
        image.vignetteCameraFov = camera.fov;
        createWall(scene);
        this.shadows = this._createKey(scene);
    }

    /** @param pixels along an edge of the shadow map */
    public setShadowDetail(pixels: number): void {
        if (this.shadows.mapSize !== pixels) {
            this.shadows.mapSize = pixels;
        }
    }

    private _createKey(scene: Scene): ShadowGenerator {
        const key = new DirectionalLight("key", KEY, scene);
        key.position.copyFrom(KEY).scaleInPlace(-1.6);
        key.intensity = 2.6;
        key.diffuse = new Color3(1, 0.94, 0.84);
        key.autoUpdateExtends = false;
        key.orthoLeft = key.orthoBottom = -0.75;
        key.orthoRight = key.orthoTop = 0.75;
        key.shadowMinZ = 0.5;
        key.shadowMaxZ = 2.6;
        const shadows = new ShadowGenerator(2048, key);
        shadows.usePercentageCloserFiltering = true;
        shadows.bias = 0.0015;
        shadows.normalBias = 0.003;
        shadows.setDarkness(0.1);
        return shadows;
    }
}
