// What there is to do in the sandbox: levels, one on the table at a time.

import { Color3 } from "@babylonjs/core/Maths/math.color";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { CreateCylinder } from "@babylonjs/core/Meshes/Builders/cylinderBuilder";
import { PhysicsShapeType } from "@babylonjs/core/Physics/v2/IPhysicsEnginePlugin";
import { Lamp, PushButton, Slider } from "./controls";
import { createBin, createPlinth, createRoundedBox } from "./shapes";
import { BALL, CUBE, type Level, type World } from "./world";

/** Height of the plinths: hands before a webcam stand upright, and wrists need room below the fingers, metres. */
const PLINTH = 0.13;
/** Where they stand (x, z). */
const PLINTHS = [
    [-0.066, -0.004],
    [0.02, 0.056],
    [-0.16, 0.12],
    [0.2, 0.08],
] as const;
/** Middle of the bin's floor. */
const BIN = new Vector3(0.095, 0, -0.06);
const PLASTER = Color3.FromHexString("#efe9df");
const SLATE = Color3.FromHexString("#3d4c5c");

function addPlinth(world: World, x: number, z: number, height = PLINTH): void {
    const plinth = createPlinth(0.075, height, world.scene);
    plinth.position.set(x, 0, z);
    world.addFurniture(plinth, PhysicsShapeType.MESH, world.material("plinth", PLASTER, 0.75));
}

function addBin(world: World, at: Vector3): void {
    const bin = createBin(0.14, 0.09, 0.006, world.scene);
    bin.position.copyFrom(at);
    world.addFurniture(bin, PhysicsShapeType.MESH, world.material("bin", SLATE, 0.6));
}

/** Things to take, stack and throw. */
function buildTable(world: World): void {
    PLINTHS.forEach(([x, z]) => addPlinth(world, x, z));
    addBin(world, BIN);
    const on = PLINTH + CUBE / 2;
    // The first two lie where the sample clip's hand closes.
    world.addCube(0, PLINTHS[0][0], on, PLINTHS[0][1]);
    world.addCube(1, PLINTHS[1][0], on, PLINTHS[1][1]);
    world.addBall(2, PLINTHS[2][0], PLINTH + BALL / 2, PLINTHS[2][1]);
    world.addCube(3, PLINTHS[3][0], on, PLINTHS[3][1]);
    world.addBall(0, PLINTHS[3][0], PLINTH + CUBE + BALL / 2, PLINTHS[3][1]);
    // A tower to topple.
    for (let level = 0; level < 4; level++) {
        world.addCube(level, -0.27, CUBE / 2 + level * CUBE, 0.12, "tower");
    }
    world.addCube(2, 0.3, CUBE / 2, 0.1);
    world.addBall(1, 0.26, BALL / 2, -0.05);
    world.addBall(3, -0.24, BALL / 2, -0.06);
}

/** Balls in front, cans at the back. */
function buildTargets(world: World): void {
    const shelf = createRoundedBox("shelf", [0.6, 0.02, 0.1], 0.006, world.scene);
    shelf.position.set(0, 0.14, 0.3);
    world.addFurniture(shelf, PhysicsShapeType.BOX, world.material("shelf", PLASTER, 0.75));
    for (const x of [-0.26, 0.26]) {
        addPlinth(world, x, 0.3);
    }
    const diameter = 0.05;
    const height = 0.08;
    const can = (color: number, x: number, y: number): void => {
        world.addThing(
            CreateCylinder("can", { diameter, height, tessellation: 32 }, world.scene),
            PhysicsShapeType.CYLINDER,
            color,
            new Vector3(x, 0.15 + height / 2 + y, 0.3),
            0.04
        );
    };
    // A pyramid and two outposts.
    [-0.055, 0, 0.055].forEach((x) => can(2, x, 0));
    [-0.028, 0.028].forEach((x) => can(1, x, height));
    can(0, 0, 2 * height);
    can(3, -0.2, 0);
    can(3, 0.2, 0);
    for (const [i, x] of [-0.18, -0.06, 0.06, 0.18].entries()) {
        addPlinth(world, x, -0.06, 0.08);
        world.addBall(i, x, 0.08 + BALL / 2, -0.06);
    }
}

/** Three buttons and a slider that command a lamp. */
function buildControls(world: World): void {
    const lamp = new Lamp(world, new Vector3(0, 0, 0.26));
    const colors = ["#e2522f", "#f2a51a", "#2f7fb8"];
    colors.forEach((color, i) => {
        const button = new PushButton(world, new Vector3(-0.16 + 0.16 * i, 0, 0.08), Color3.FromHexString(color));
        button.onPressedObservable.add(() => lamp.show(Color3.FromHexString(color)));
        world.own(button, () => button.reset());
    });
    const slider = new Slider(world, new Vector3(0, 0.02, -0.04), 0.3);
    slider.onChangedObservable.add((value) => lamp.dim(value));
    world.own(slider, () => slider.reset());
    world.own(lamp, () => lamp.show(null));
}

/** A tray that takes two hands. */
function buildTogether(world: World): void {
    for (const x of [-0.17, 0.17]) {
        addPlinth(world, x, 0, 0.09);
    }
    const tray = createRoundedBox("tray", [0.46, 0.024, 0.16], 0.008, world.scene);
    world.addThing(tray, PhysicsShapeType.BOX, 1, new Vector3(0, 0.102, 0), 0.5);
    [-0.08, 0, 0.08].forEach((x, i) => world.addCube(i + 2, x, 0.114 + CUBE / 2, 0, "load"));
    addBin(world, new Vector3(0.28, 0, 0.2));
    addBin(world, new Vector3(-0.28, 0, 0.2));
}

export const LEVELS: readonly Level[] = [
    {
        title: "Table",
        hint: "Pinch or grab things, stack them, topple the tower, throw a ball into the bin.",
        build: buildTable,
    },
    { title: "Targets", hint: "Throw the balls at the cans.", build: buildTargets },
    {
        title: "Controls",
        hint: "Press a button for the lamp's colour, move the slider for its brightness.",
        build: buildControls,
    },
    {
        title: "Together",
        hint: "Take the tray with both hands and carry it off without losing its load.",
        build: buildTogether,
    },
];
