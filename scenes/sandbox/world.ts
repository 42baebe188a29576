// The sandbox's world: a table, light and shadow, and what the level of the moment puts on it.

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
import { createRoundedBox, createWood, type Size } from "./shapes";
import { Studio } from "./studio";

/** Width, height, depth, metres. */
const TABLE: Size = [1.15, 0.04, 0.66];
/** The camera's place and how far it looks down; with it, the sample clip's hand closes where the first things lie. */
const CAMERA = new Vector3(0, 0.34, -0.5);
const CAMERA_PITCH = (20 * Math.PI) / 180;
const FRICTION = 0.8;
const PHYSICS_STEP_MS = 1000 / 120;

/** Things below this height have left the table and the floor's sight, metres. */
const FALLEN = -0.5;

/** Edge of a cube and diameter of a ball, metres. */
export const CUBE = 0.05;
export const BALL = 0.055;
/** Mass of a cube or a ball, kg. */
const MASS = 0.08;

/** Paint of the things. */
const PAINTS = ["#e2522f", "#f2a51a", "#2f7fb8", "#2f9d7e"].map((color) => Color3.FromHexString(color));

/** A thing that can be taken, and where it began. */
export interface Thing {
    mesh: Mesh;
    aggregate: PhysicsAggregate;
    start: Vector3;
}

/** What a level is. */
export interface Level {
    title: string;
    /** What there is to do, in a sentence. */
    hint: string;
    /** Puts everything on the table. */
    build: (world: World) => void;
}

/** Anything that goes when the level does. */
interface Disposable {
    dispose(): void;
}

export class World {
    public readonly scene: Scene;
    public readonly camera: FreeCamera;
    public readonly studio: Studio;
    private readonly _things: Thing[] = [];
    private readonly _furniture: Disposable[] = [];
    private readonly _resets: (() => void)[] = [];

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
        const wood = this.material("wood", Color3.White(), 0.5);
        wood.albedoTexture = createWood(scene);
        const table = createRoundedBox("table", TABLE, 0.012, scene);
        table.position.set(0, -TABLE[1] / 2, 0.08);
        this._fix(table, PhysicsShapeType.BOX, wood);
    }

    /** Things that can be taken. */
    public get things(): readonly Mesh[] {
        return this._things.map((thing) => thing.mesh);
    }

    /** Clears the table for another level. */
    public load(level: Level): void {
        for (const { mesh, aggregate } of this._things) {
            this._discard(mesh, aggregate);
        }
        this._furniture.forEach((item) => item.dispose());
        this._things.length = this._furniture.length = this._resets.length = 0;
        level.build(this);
    }

    /** Puts everything back. */
    public reset(): void {
        for (const thing of this._things) {
            this._putBack(thing, 0);
        }
        this._resets.forEach((reset) => reset());
    }

    /** Things that fell off the table come back from above. */
    public rescue(): void {
        for (const thing of this._things) {
            if (thing.mesh.position.y < FALLEN) {
                this._putBack(thing, 0.05);
            }
        }
    }

    public material(name: string, color: Color3, roughness: number): PBRMaterial {
        const material = new PBRMaterial(name, this.scene);
        material.albedoColor = color.toLinearSpace();
        material.metallic = 0;
        material.roughness = roughness;
        return material;
    }

    /** One of the sandbox's four paints. */
    public paint(name: string, color: number): PBRMaterial {
        return this.material(name, PAINTS[color % PAINTS.length], 0.35);
    }

    /** Something that stands for good, as long as the level does. */
    public addFurniture(mesh: Mesh, type: PhysicsShapeType, material: PBRMaterial): void {
        const aggregate = this._fix(mesh, type, material);
        this._furniture.push({ dispose: () => this._discard(mesh, aggregate) });
    }

    /** Anything else of the level, and how it is put back. */
    public own(item: Disposable, reset?: () => void): void {
        this._furniture.push(item);
        if (reset) {
            this._resets.push(reset);
        }
    }

    public addCube(color: number, x: number, y: number, z: number, name = "cube"): Thing {
        return this.addThing(
            createRoundedBox(name, [CUBE, CUBE, CUBE], 0.005, this.scene),
            PhysicsShapeType.BOX,
            color,
            new Vector3(x, y, z)
        );
    }

    public addBall(color: number, x: number, y: number, z: number): Thing {
        return this.addThing(
            CreateSphere("ball", { diameter: BALL, segments: 32 }, this.scene),
            PhysicsShapeType.SPHERE,
            color,
            new Vector3(x, y, z)
        );
    }

    /** A thing that can be taken. */
    public addThing(mesh: Mesh, type: PhysicsShapeType, color: number, at: Vector3, mass = MASS): Thing {
        mesh.position.copyFrom(at);
        mesh.material = this.paint(mesh.name, color);
        mesh.receiveShadows = true;
        this.studio.shadows.addShadowCaster(mesh);
        const aggregate = new PhysicsAggregate(mesh, type, { mass, friction: FRICTION, restitution: 0.2 }, this.scene);
        aggregate.body.setAngularDamping(0.6);
        aggregate.body.setCollisionCallbackEnabled(true);
        const thing = { mesh, aggregate, start: mesh.position.clone() };
        this._things.push(thing);
        return thing;
    }

    private _fix(mesh: Mesh, type: PhysicsShapeType, material: PBRMaterial): PhysicsAggregate {
        mesh.material = material;
        mesh.receiveShadows = true;
        this.studio.shadows.addShadowCaster(mesh);
        return new PhysicsAggregate(mesh, type, { mass: 0, friction: FRICTION, restitution: 0.1 }, this.scene);
    }

    private _discard(mesh: Mesh, aggregate: PhysicsAggregate): void {
        this.studio.shadows.removeShadowCaster(mesh);
        aggregate.dispose();
        mesh.dispose(false, true);
    }

    private _putBack({ aggregate, mesh, start }: Thing, above: number): void {
        aggregate.body.disablePreStep = false;
        mesh.position.copyFrom(start).addInPlaceFromFloats(0, above, 0);
        mesh.rotationQuaternion?.copyFromFloats(0, 0, 0, 1);
        aggregate.body.setLinearVelocity(Vector3.Zero());
        aggregate.body.setAngularVelocity(Vector3.Zero());
        this.scene.onAfterPhysicsObservable.addOnce(() => (aggregate.body.disablePreStep = true));
    }
}
