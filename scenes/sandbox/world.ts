// The sandbox's world: a table with plinths, things to take, a bin to throw them into, light and shadow.

import type { Engine } from "@babylonjs/core/Engines/engine";
import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { ShadowGenerator } from "@babylonjs/core/Lights/Shadows/shadowGenerator";
import "@babylonjs/core/Lights/Shadows/shadowGeneratorSceneComponent";
import { ImageProcessingConfiguration } from "@babylonjs/core/Materials/imageProcessingConfiguration";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import { Color3, Color4 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder";
import { CreateCylinder } from "@babylonjs/core/Meshes/Builders/cylinderBuilder";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsAggregate } from "@babylonjs/core/Physics/v2/physicsAggregate";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import type { HavokPhysicsWithBindings } from "@babylonjs/havok";

/** Height of the plinths: hands before a webcam stand upright, and wrists need room below the fingers, metres. */
const PLINTH = 0.13;
const CUBE = 0.05;
const BALL = 0.055;
/** The camera's place and how far it looks down; with it, the sample clip's hand closes where the first things lie. */
const CAMERA = new Vector3(0, 0.34, -0.5);
const CAMERA_PITCH = (20 * Math.PI) / 180;
const FRICTION = 0.8;

const WARM = [
    new Color3(0.92, 0.36, 0.22),
    new Color3(0.98, 0.7, 0.24),
    new Color3(0.22, 0.55, 0.85),
    new Color3(0.3, 0.68, 0.45),
];

/** A thing that can be taken, and where it began. */
interface Thing {
    mesh: Mesh;
    aggregate: PhysicsAggregate;
    start: Vector3;
}

export class World {
    public readonly scene: Scene;
    public readonly camera: FreeCamera;
    public readonly shadows: ShadowGenerator;
    /** Middle of the bin's floor. */
    public readonly bin = new Vector3(0.095, 0, -0.06);
    private readonly _things: Thing[] = [];

    public constructor(engine: Engine, havok: HavokPhysicsWithBindings) {
        const scene = new Scene(engine);
        this.scene = scene;
        scene.clearColor = new Color4(0.105, 0.118, 0.145, 1);
        scene.enablePhysics(new Vector3(0, -9.81, 0), new HavokPlugin(true, havok));
        this.camera = new FreeCamera("camera", CAMERA.clone(), scene);
        this.camera.rotation.x = CAMERA_PITCH;
        this.camera.minZ = 0.02;
        this.camera.maxZ = 20;
        this.camera.fov = 0.85;
        const { imageProcessingConfiguration: image } = scene;
        image.toneMappingEnabled = true;
        image.toneMappingType = ImageProcessingConfiguration.TONEMAPPING_ACES;
        image.exposure = 1.35;
        image.contrast = 1.15;
        image.vignetteEnabled = true;
        image.vignetteWeight = 1.2;
        this.shadows = this._createLight();
        this._createRoom();
        this._createThings();
    }

    /** Things that can be taken. */
    public get things(): readonly Mesh[] {
        return this._things.map((thing) => thing.mesh);
    }

    /** Puts everything back. */
    public reset(): void {
        for (const { aggregate, mesh, start } of this._things) {
            aggregate.body.disablePreStep = false;
            mesh.position.copyFrom(start);
            mesh.rotationQuaternion?.copyFromFloats(0, 0, 0, 1);
            aggregate.body.setLinearVelocity(Vector3.Zero());
            aggregate.body.setAngularVelocity(Vector3.Zero());
            this.scene.onAfterPhysicsObservable.addOnce(() => (aggregate.body.disablePreStep = true));
        }
    }

    /** Things that fell off the table come back. */
    public rescue(): void {
        for (const { aggregate, mesh, start } of this._things) {
            if (mesh.position.y < -0.5) {
                aggregate.body.disablePreStep = false;
                mesh.position.copyFrom(start).addInPlaceFromFloats(0, 0.05, 0);
                aggregate.body.setLinearVelocity(Vector3.Zero());
                aggregate.body.setAngularVelocity(Vector3.Zero());
                this.scene.onAfterPhysicsObservable.addOnce(() => (aggregate.body.disablePreStep = true));
            }
        }
    }

    private _createLight(): ShadowGenerator {
        const sky = new HemisphericLight("sky", new Vector3(0.2, 1, -0.3), this.scene);
        sky.intensity = 0.75;
        sky.diffuse = new Color3(0.82, 0.88, 1);
        sky.groundColor = new Color3(0.42, 0.34, 0.3);
        const sun = new DirectionalLight("sun", new Vector3(0.45, -1, 0.55).normalize(), this.scene);
        sun.position.set(-0.6, 1.4, -0.7);
        sun.intensity = 2.6;
        sun.diffuse = new Color3(1, 0.93, 0.82);
        sun.autoUpdateExtends = false;
        sun.orthoLeft = -0.7;
        sun.orthoRight = 0.7;
        sun.orthoTop = 0.7;
        sun.orthoBottom = -0.7;
        sun.shadowMinZ = 0.2;
        sun.shadowMaxZ = 3;
        const shadows = new ShadowGenerator(2048, sun);
        shadows.usePercentageCloserFiltering = true;
        shadows.bias = 0.002;
        shadows.normalBias = 0.004;
        shadows.setDarkness(0.25);
        return shadows;
    }

    private _material(name: string, color: Color3, roughness: number): PBRMaterial {
        const material = new PBRMaterial(name, this.scene);
        material.albedoColor = color.toLinearSpace();
        material.metallic = 0;
        material.roughness = roughness;
        return material;
    }

    private _static(mesh: Mesh, type: PhysicsShapeType, material: PBRMaterial): void {
        mesh.material = material;
        mesh.receiveShadows = true;
        this.shadows.addShadowCaster(mesh);
        new PhysicsAggregate(mesh, type, { mass: 0, friction: FRICTION, restitution: 0.1 }, this.scene);
    }

    private _createRoom(): void {
        const wood = this._material("wood", new Color3(0.62, 0.46, 0.34), 0.6);
        const table = CreateBox("table", { width: 0.9, height: 0.04, depth: 0.6 }, this.scene);
        table.position.set(0, -0.02, 0.05);
        this._static(table, PhysicsShapeType.BOX, wood);
        const plinth = this._material("plinth", new Color3(0.9, 0.88, 0.85), 0.7);
        for (const [x, z] of [
            [-0.07, -0.086],
            [0.008, 0.06],
            [-0.16, 0.12],
            [0.2, 0.08],
        ]) {
            const column = CreateCylinder("plinth", { diameter: 0.075, height: PLINTH, tessellation: 48 }, this.scene);
            column.position.set(x, PLINTH / 2, z);
            this._static(column, PhysicsShapeType.CYLINDER, plinth);
        }
        this._createBin();
    }

    private _createBin(): void {
        const material = this._material("bin", new Color3(0.28, 0.32, 0.4), 0.5);
        const [side, height, wall] = [0.13, 0.09, 0.006];
        const add = (width: number, depth: number, x: number, z: number): void => {
            const board = CreateBox("bin", { width, height, depth }, this.scene);
            board.position.set(this.bin.x + x, height / 2, this.bin.z + z);
            this._static(board, PhysicsShapeType.BOX, material);
        };
        const half = (side - wall) / 2;
        add(side, wall, 0, half);
        add(side, wall, 0, -half);
        add(wall, side, half, 0);
        add(wall, side, -half, 0);
    }

    private _createThings(): void {
        const on = PLINTH + CUBE / 2;
        // The first two lie where the sample clip's hand closes.
        this._cube(0, -0.07, on, -0.086);
        this._cube(1, 0.008, on, 0.06);
        this._ball(2, -0.16, PLINTH + BALL / 2, 0.12);
        this._cube(3, 0.2, on, 0.08);
        this._ball(0, 0.2, PLINTH + CUBE + BALL / 2, 0.08);
        // A tower to topple.
        for (let level = 0; level < 4; level++) {
            this._cube(level, -0.27, CUBE / 2 + level * CUBE, 0.12);
        }
        this._cube(2, 0.3, CUBE / 2, 0.1);
        this._ball(1, 0.26, BALL / 2, -0.05);
        this._ball(3, -0.24, BALL / 2, -0.06);
    }

    private _cube(color: number, x: number, y: number, z: number): void {
        this._thing(CreateBox("cube", { size: CUBE }, this.scene), PhysicsShapeType.BOX, color, x, y, z);
    }

    private _ball(color: number, x: number, y: number, z: number): void {
        this._thing(
            CreateSphere("ball", { diameter: BALL, segments: 32 }, this.scene),
            PhysicsShapeType.SPHERE,
            color,
            x,
            y,
            z
        );
    }

    private _thing(mesh: Mesh, type: PhysicsShapeType, color: number, x: number, y: number, z: number): void {
        mesh.position.set(x, y, z);
        mesh.material = this._material(mesh.name, WARM[color % WARM.length], 0.35);
        mesh.receiveShadows = true;
        this.shadows.addShadowCaster(mesh);
        const aggregate = new PhysicsAggregate(
            mesh,
            type,
            { mass: 0.08, friction: FRICTION, restitution: 0.2 },
            this.scene
        );
        aggregate.body.setAngularDamping(0.6);
        this._things.push({ mesh, aggregate, start: mesh.position.clone() });
    }
}
