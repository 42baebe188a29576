// Controls that work by being touched: nothing but bodies on springs.

import type { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial";
import { Color3 } from "@babylonjs/core/Maths/math.color";
import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateCylinder } from "@babylonjs/core/Meshes/Builders/cylinderBuilder";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder";
import type { Mesh } from "@babylonjs/core/Meshes/mesh";
import { Observable, type Observer } from "@babylonjs/core/Misc/observable";
import {
    PhysicsConstraintAxis,
    PhysicsConstraintMotorType,
    PhysicsMotionType,
    PhysicsShapeType,
} from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { PhysicsAggregate } from "@babylonjs/core/Physics/v2/physicsAggregate";
import { Physics6DoFConstraint } from "@babylonjs/core/Physics/v2/physicsConstraint";
import type { Scene } from "@babylonjs/core/scene";
import { createRoundedBox } from "./shapes";
import type { World } from "./world";

const HOUSING = Color3.FromHexString("#55606b");
/** How far a button's cap goes down, and where it is pressed and let go, metres. */
const TRAVEL = 0.016;
const PRESSED = 0.009;
const RELEASED = 0.005;
/** What a button's spring pushes back with, newtons: a finger wins, a cube does not. */
const SPRING = 1.5;
const CAP_MASS = 0.03;
const KNOB_MASS = 0.06;
/** What it takes to move the slider, newtons. */
const SLIDER_FRICTION = 0.4;

const LOCKED_TURNS = [
    PhysicsConstraintAxis.ANGULAR_X,
    PhysicsConstraintAxis.ANGULAR_Y,
    PhysicsConstraintAxis.ANGULAR_Z,
].map((axis) => ({ axis, minLimit: 0, maxLimit: 0 }));
const locked = (axis: PhysicsConstraintAxis): { axis: PhysicsConstraintAxis; minLimit: number; maxLimit: number } => ({
    axis,
    minLimit: 0,
    maxLimit: 0,
});

/** A body on a rail: free along one axis between two limits. */
class Rail {
    public readonly aggregate: PhysicsAggregate;
    private readonly _base: PhysicsAggregate;
    private readonly _constraint: Physics6DoFConstraint;

    public constructor(
        private readonly _world: World,
        public readonly mesh: Mesh,
        type: PhysicsShapeType,
        private readonly _housing: Mesh,
        private readonly _start: Vector3,
        axis: PhysicsConstraintAxis.LINEAR_X | PhysicsConstraintAxis.LINEAR_Y,
        limits: readonly [number, number],
        mass: number,
        motor: { type: PhysicsConstraintMotorType; target: number; force: number }
    ) {
        const { scene, studio } = _world;
        for (const part of [mesh, _housing]) {
            part.receiveShadows = true;
            studio.shadows.addShadowCaster(part);
        }
        mesh.position.copyFrom(_start);
        this._base = new PhysicsAggregate(_housing, PhysicsShapeType.BOX, { mass: 0, friction: 0.3 }, scene);
        this.aggregate = new PhysicsAggregate(mesh, type, { mass, friction: 0.6, restitution: 0 }, scene);
        this.aggregate.body.setMotionType(PhysicsMotionType.DYNAMIC);
        mesh.metadata = { ...(mesh.metadata as object | null), handGrabbable: axis === PhysicsConstraintAxis.LINEAR_X };
        const other =
            axis === PhysicsConstraintAxis.LINEAR_X ? PhysicsConstraintAxis.LINEAR_Y : PhysicsConstraintAxis.LINEAR_X;
        this._constraint = new Physics6DoFConstraint(
            { pivotA: _start.subtract(_housing.position), pivotB: Vector3.Zero(), collision: false },
            [
                { axis, minLimit: limits[0], maxLimit: limits[1] },
                locked(other),
                locked(PhysicsConstraintAxis.LINEAR_Z),
                ...LOCKED_TURNS,
            ],
            scene
        );
        this._base.body.addConstraint(this.aggregate.body, this._constraint);
        this._constraint.setAxisMotorType(axis, motor.type);
        this._constraint.setAxisMotorTarget(axis, motor.target);
        this._constraint.setAxisMotorMaxForce(axis, motor.force);
    }

    public reset(): void {
        const { body } = this.aggregate;
        body.disablePreStep = false;
        this.mesh.position.copyFrom(this._start);
        this.mesh.rotationQuaternion = Quaternion.Identity();
        body.setLinearVelocity(Vector3.Zero());
        this._world.scene.onAfterPhysicsObservable.addOnce(() => (body.disablePreStep = true));
    }

    public dispose(): void {
        this._constraint.dispose();
        for (const [mesh, aggregate] of [
            [this.mesh, this.aggregate],
            [this._housing, this._base],
        ] as const) {
            this._world.studio.shadows.removeShadowCaster(mesh);
            aggregate.dispose();
            mesh.dispose(false, true);
        }
    }
}

/** A button that a finger, or anything heavy enough, pushes down. */
export class PushButton {
    public readonly onPressedObservable = new Observable<void>();
    /** How often it was pressed. */
    public presses = 0;
    private readonly _rail: Rail;
    private readonly _rest: number;
    private readonly _observer: Observer<Scene>;
    private _isDown = false;

    /** @param at where it stands on the table */
    public constructor(
        private readonly _world: World,
        at: Vector3,
        color: Color3
    ) {
        const { scene } = _world;
        const housing = createRoundedBox("button-housing", [0.09, 0.03, 0.09], 0.008, scene);
        housing.position.set(at.x, at.y + 0.015, at.z);
        housing.material = _world.material("housing", HOUSING, 0.6);
        const cap = CreateCylinder("button", { diameter: 0.064, height: 0.03, tessellation: 48 }, scene);
        cap.material = _world.material("cap", color, 0.35);
        const start = new Vector3(at.x, at.y + 0.042, at.z);
        this._rest = start.y;
        this._rail = new Rail(
            _world,
            cap,
            PhysicsShapeType.CYLINDER,
            housing,
            start,
            PhysicsConstraintAxis.LINEAR_Y,
            [-TRAVEL, 0],
            CAP_MASS,
            {
                type: PhysicsConstraintMotorType.POSITION,
                target: 0,
                force: SPRING,
            }
        );
        this._observer = scene.onAfterPhysicsObservable.add(() => this._judge());
    }

    public get mesh(): Mesh {
        return this._rail.mesh;
    }

    public reset(): void {
        this._rail.reset();
    }

    public dispose(): void {
        this._world.scene.onAfterPhysicsObservable.remove(this._observer);
        this._rail.dispose();
        this.onPressedObservable.clear();
    }

    private _judge(): void {
        const depth = this._rest - this._rail.mesh.position.y;
        if (!this._isDown && depth > PRESSED) {
            this._isDown = true;
            this.presses++;
            this.onPressedObservable.notifyObservers();
        } else if (this._isDown && depth < RELEASED) {
            this._isDown = false;
        }
    }
}

/** A knob on a rail; its value is 0 on the left and 1 on the right. */
export class Slider {
    public readonly onChangedObservable = new Observable<number>();
    private readonly _rail: Rail;
    private readonly _observer: Observer<Scene>;
    private _value = 0.5;

    /** @param at middle of the rail @param length of the knob's way, metres */
    public constructor(
        private readonly _world: World,
        private readonly _at: Vector3,
        private readonly _length: number
    ) {
        const { scene } = _world;
        const housing = createRoundedBox("slider-rail", [_length + 0.06, 0.02, 0.04], 0.008, scene);
        housing.position.set(_at.x, 0.01, _at.z);
        housing.material = _world.material("housing", HOUSING, 0.6);
        const knob = createRoundedBox("slider", [0.036, 0.055, 0.036], 0.008, scene);
        knob.material = _world.paint("knob", 3);
        const start = new Vector3(_at.x, 0.052, _at.z);
        const reach = _length / 2;
        this._rail = new Rail(
            _world,
            knob,
            PhysicsShapeType.BOX,
            housing,
            start,
            PhysicsConstraintAxis.LINEAR_X,
            [-reach, reach],
            KNOB_MASS,
            {
                type: PhysicsConstraintMotorType.VELOCITY,
                target: 0,
                force: SLIDER_FRICTION,
            }
        );
        this._observer = scene.onAfterPhysicsObservable.add(() => this._read());
    }

    public get value(): number {
        return this._value;
    }

    public reset(): void {
        this._rail.reset();
    }

    public dispose(): void {
        this._world.scene.onAfterPhysicsObservable.remove(this._observer);
        this._rail.dispose();
        this.onChangedObservable.clear();
    }

    private _read(): void {
        const value = Math.min(Math.max((this._rail.mesh.position.x - this._at.x) / this._length + 0.5, 0), 1);
        if (Math.abs(value - this._value) > 1e-3) {
            this._value = value;
            this.onChangedObservable.notifyObservers(value);
        }
    }
}

/** What the controls command. */
export class Lamp {
    private readonly _globe: Mesh;
    private readonly _foot: Mesh;
    private readonly _material: PBRMaterial;
    private _color: Color3 | null = null;
    private _brightness = 0.5;

    public constructor(
        private readonly _world: World,
        at: Vector3
    ) {
        const { scene, studio } = _world;
        this._foot = CreateCylinder("lamp-foot", { diameter: 0.07, height: 0.05, tessellation: 48 }, scene);
        this._foot.position.set(at.x, at.y + 0.025, at.z);
        this._foot.material = _world.material("housing", HOUSING, 0.6);
        this._globe = CreateSphere("lamp", { diameter: 0.13, segments: 32 }, scene);
        this._globe.position.set(at.x, at.y + 0.11, at.z);
        this._material = _world.material("lamp", Color3.FromHexString("#d9d4cc"), 0.4);
        this._globe.material = this._material;
        studio.shadows.addShadowCaster(this._globe);
    }

    /** null turns it off. */
    public show(color: Color3 | null): void {
        this._color = color;
        this._shine();
    }

    /** @param brightness 0 to 1 */
    public dim(brightness: number): void {
        this._brightness = brightness;
        this._shine();
    }

    public dispose(): void {
        this._world.studio.shadows.removeShadowCaster(this._globe);
        this._globe.dispose(false, true);
        this._foot.dispose(false, true);
    }

    private _shine(): void {
        const color = this._color?.toLinearSpace() ?? Color3.Black();
        this._material.emissiveColor = color.scale(0.15 + 1.1 * this._brightness);
    }
}
