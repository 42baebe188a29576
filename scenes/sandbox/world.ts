// The sandbox's world: a table with plinths, things to take, a bin to throw them into, light and shadow.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import type { Engine } from "@babylonjs/core/Engines/engine";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsAggregate } from "@babylonjs/core/Physics/v2/physicsAggregate";
import { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import { Scene } from "@babylonjs/core/scene";
import type { HavokPhysicsWithBindings } from "@babylonjs/havok";
import { createBin, createPlinth, createRoundedBox, createWood, type Size } from "./shapes";
import { Studio } from "./studio";

/** Width, height, depth, metres. */
const TABLE: Size = [1.15, 0.04, 0.66];
/** Height of the plinths: hands before a webcam stand upright, and wrists need room below the fingers, metres. */
const PLINTH = 0.13;
/** Where they stand (x, z). */
const PLINTHS = [
    [-0.07, -0.086],
    [0.008, 0.06],
    [-0.16, 0.12],
    [0.2, 0.08],
] as const;
const CUBE = 0.05;
const BALL = 0.055;
/** The camera's place and how far it looks down; with it, the sample clip's hand closes where the first things lie. */
const CAMERA = new Vector3(0, 0.34, -0.5);
const CAMERA_PITCH = (20 * Math.PI) / 180;
const FRICTION = 0.8;
const PHYSICS_STEP_MS = 1000 / 120;

/** Things below this height have left the table and the floor's sight, metres. */
const FALLEN = -0.5;

/** Paint of the things. */
const PAINTS = ["#e2522f", "#f2a51a", "#2f7fb8", "#2f9d7e"].map((color) => Color3.FromHexString(color));

/** A thing that can be taken, and where it began. */
interface Thing {
    mesh: Mesh;
    aggregate: PhysicsAggregate;
    start: Vector3;
}

export class World {
    public readonly scene: Scene;
    public readonly camera: FreeCamera;
    public readonly studio: Studio;
    /** Middle of the bin's floor. */
    public readonly bin = new Vector3(0.095, 0, -0.06);
    private readonly _things: Thing[] = [];

    public constructor(engine: Engine, havok: HavokPhysicsWithBindings) {
        const scene = new Scene(engine);
        this.scene = scene;
        scene.enablePhysics(new Vector3(0, -9.81, 0), new HavokPlugin(true, havok));
        // A slow frame is many short steps: towers stay up, and nothing is thrown through the table.
        scene.getPhysicsEngine()!.setSubTimeStep(PHYSICS_STEP_MS);
        this.camera = new FreeCamera("camera", CAMERA.clone(), scene);
        this.camera.rotation.x = CAMERA_PITCH;
        this.camera.minZ = 0.02;
        this.camera.maxZ = 20;
        this.camera.fov = 0.85;
        this.studio = new Studio(scene, this.camera);
        this._createFurniture();
        this._createThings();
    }

    /** Things that can be taken. */
    public get things(): readonly Mesh[] {
        return this._things.map((thing) => thing.mesh);
    }

    /** Puts everything back. */
    public reset(): void {
        for (const thing of this._things) {
            this._putBack(thing, 0);
        }
    }

    /** Things that fell off the table come back from above. */
    public rescue(): void {
        for (const thing of this._things) {
            if (thing.mesh.position.y < FALLEN) {
                this._putBack(thing, 0.05);
            }
        }
    }

    private _putBack({ aggregate, mesh, start }: Thing, above: number): void {
        aggregate.body.disablePreStep = false;
        mesh.position.copyFrom(start).addInPlaceFromFloats(0, above, 0);
        mesh.rotationQuaternion?.copyFromFloats(0, 0, 0, 1);
        aggregate.body.setLinearVelocity(Vector3.Zero());
        aggregate.body.setAngularVelocity(Vector3.Zero());
        this.scene.onAfterPhysicsObservable.addOnce(() => (aggregate.body.disablePreStep = true));
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
        this.studio.shadows.addShadowCaster(mesh);
        new PhysicsAggregate(mesh, type, { mass: 0, friction: FRICTION, restitution: 0.1 }, this.scene);
    }

    private _createFurniture(): void {
        const wood = this._material("wood", Color3.White(), 0.5);
        wood.albedoTexture = createWood(this.scene);
        const table = createRoundedBox("table", TABLE, 0.012, this.scene);
        table.position.set(0, -TABLE[1] / 2, 0.08);
        this._static(table, PhysicsShapeType.BOX, wood);
        const plaster = this._material("plinth", Color3.FromHexString("#efe9df"), 0.75);
        for (const [x, z] of PLINTHS) {
            const plinth = createPlinth(0.075, PLINTH, this.scene);
            plinth.position.set(x, 0, z);
            this._static(plinth, PhysicsShapeType.MESH, plaster);
        }
        const bin = createBin(0.14, 0.09, 0.006, this.scene);
        bin.position.copyFrom(this.bin);
        this._static(bin, PhysicsShapeType.MESH, this._material("bin", Color3.FromHexString("#3d4c5c"), 0.6));
    }

    private _createThings(): void {
        const on = PLINTH + CUBE / 2;
        // The first two lie where the sample clip's hand closes.
        this._cube(0, PLINTHS[0][0], on, PLINTHS[0][1]);
        this._cube(1, PLINTHS[1][0], on, PLINTHS[1][1]);
        this._ball(2, PLINTHS[2][0], PLINTH + BALL / 2, PLINTHS[2][1]);
        this._cube(3, PLINTHS[3][0], on, PLINTHS[3][1]);
        this._ball(0, PLINTHS[3][0], PLINTH + CUBE + BALL / 2, PLINTHS[3][1]);
        // A tower to topple.
        for (let level = 0; level < 4; level++) {
            this._cube(level, -0.27, CUBE / 2 + level * CUBE, 0.12);
        }
        this._cube(2, 0.3, CUBE / 2, 0.1);
        this._ball(1, 0.26, BALL / 2, -0.05);
        this._ball(3, -0.24, BALL / 2, -0.06);
    }

    private _cube(color: number, x: number, y: number, z: number): void {
        this._thing(
            createRoundedBox("cube", [CUBE, CUBE, CUBE], 0.005, this.scene),
            PhysicsShapeType.BOX,
            color,
            x,
            y,
            z
        );
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
        mesh.material = this._material(mesh.name, PAINTS[color % PAINTS.length], 0.35);
        mesh.receiveShadows = true;
        this.studio.shadows.addShadowCaster(mesh);
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
