// Babylon's near interaction for tracked hands: `isNearGrabbable` meshes are dragged by a pinch, `isNearPickable` ones touched.

import type { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh";
import type { Node } from "@babylonjs/core/node";
import { UtilityLayerRenderer } from "@babylonjs/core/Rendering/utilityLayerRenderer";
import type { Scene } from "@babylonjs/core/scene";
import { PINCH_REACH, PINCH_REACH_MAX } from "./grabber";
import { NearPointer } from "./nearPointer";
import type { TrackedHand } from "./trackedHand";

/** Ids of the hands' pointers: even for left hands, odd for right ones. Babylon's own begin at 0 (screen) and 200 (XR). */
const FIRST_POINTER_ID = 7000;
/** Radii about the index finger's tip within which meshes are hovered and touched: WebXRNearInteraction's, metres. */
const HOVER_REACH = 0.1;
const TOUCH_REACH = 0.02;
/** A touch ends this much farther out: the depth's standard deviation, within these limits, metres. */
const TOUCH_MARGIN = 0.01;
const TOUCH_MARGIN_MAX = 0.03;
/** A hand that pinched beside a mesh may still take it for so long, ms: place and gesture do not err in the same frame. */
const LATE_PINCH_MS = 100;

/**
 * Makes tracked hands pointers of Babylon's, as WebXRNearInteraction makes those of a headset: pointer type `xr-near`, with
 * `originMesh` (index finger's tip), `aimTransform` and `gripTransform` in the picking info. SixDofDragBehavior,
 * PointerDragBehavior, gizmos and 3D GUI take part without knowing of hands.
 *
 * Call `update` once a rendered frame for every tracked hand, after it was placed; `release` when a hand is gone for good.
 * Between the two a hand may be missing for a while: what it drags waits.
 */
export class NearInteraction {
    private readonly _pointers = new Map<TrackedHand, NearPointer>();
    private readonly _scenes: Scene[] = [];
    private readonly _isGrabbable = (mesh: AbstractMesh): boolean =>
        mesh.isNearGrabbable && isReachable(mesh) && !this._isTaken(mesh);

    /**
     * @param _unit scene units per metre
     * @param layers scenes of utility layers that hands reach into besides Babylon's two default ones
     */
    public constructor(
        private readonly _scene: Scene,
        private readonly _unit = 1,
        public readonly layers: readonly Scene[] = []
    ) {}

    /** Whether a hand drags this node, something in it, or something that it is part of. A `Grabber` leaves it alone then. */
    public claims(node: Node): boolean {
        for (const { pressed, press } of this._pointers.values()) {
            if (pressed && press === "grab" && isSameTree(pressed, node)) {
                return true;
            }
        }
        return false;
    }

    /** Pointer id of a hand's events; null for a hand that was never updated or was released. */
    public pointerIdOf(hand: TrackedHand): number | null {
        return this._pointers.get(hand)?.id ?? null;
    }

    /** Sends the pointer events of a tracked hand; once a rendered frame. */
    public update(hand: TrackedHand): void {
        const pointer = this._pointers.get(hand) ?? this._addPointer(hand);
        pointer.place(hand);
        const { isActive } = hand.pinch;
        const { timeMs } = hand.capturedState;
        if (isActive && !pointer.wasPinching) {
            pointer.pinchUntilMs = timeMs + LATE_PINCH_MS;
        }
        pointer.wasPinching = isActive;
        if (pointer.pressed && !isReachable(pointer.pressed)) {
            pointer.leave();
        }
        if (pointer.pressed && pointer.press === "grab") {
            pointer.move();
            if (!isActive) {
                pointer.up(false);
            }
        } else if (hand.grabber?.heldBody) {
            // A hand that holds a body has no finger to spare.
            pointer.leave();
        } else {
            this._collectScenes();
            if (!(isActive && timeMs <= pointer.pinchUntilMs && this._startGrab(hand, pointer))) {
                this._touchOrHover(hand, pointer);
            }
        }
    }

    /** The hand is gone: its pointer is lifted without a click and forgotten. */
    public release(hand: TrackedHand): void {
        const pointer = this._pointers.get(hand);
        if (pointer) {
            this._pointers.delete(hand);
            pointer.dispose();
        }
    }

    /** Releases all hands. */
    public dispose(): void {
        for (const hand of [...this._pointers.keys()]) {
            this.release(hand);
        }
    }

    private _addPointer(hand: TrackedHand): NearPointer {
        let id = FIRST_POINTER_ID + (hand.side === "left" ? 0 : 1);
        const isUsed = (): boolean => [...this._pointers.values()].some((pointer) => pointer.id === id);
        // Behaviours keep something for every id that they have seen: ids of hands that are gone are used again.
        while (isUsed()) {
            id += 2;
        }
        const pointer = new NearPointer(this._scene, `hand-${hand.side}-pointer`, id);
        this._pointers.set(hand, pointer);
        return pointer;
    }

    private _startGrab(hand: TrackedHand, pointer: NearPointer): boolean {
        const reach = this._clamp(2 * hand.state.depthSigma, PINCH_REACH, PINCH_REACH_MAX);
        if (!this._find(pointer, pointer.pinch, reach, this._isGrabbable)) {
            return false;
        }
        pointer.pinchUntilMs = -Infinity;
        if (pointer.pressed === pointer.picked) {
            // The finger was on it already: the touch goes on as a grab.
            pointer.press = "grab";
        } else {
            if (pointer.pressed) {
                pointer.up(true);
                this._find(pointer, pointer.pinch, reach, this._isGrabbable);
            }
            pointer.move();
            pointer.down("grab");
        }
        return true;
    }

    private _touchOrHover(hand: TrackedHand, pointer: NearPointer): void {
        const touch = TOUCH_REACH * this._unit;
        if (pointer.pressed) {
            const margin = this._clamp(hand.state.depthSigma, TOUCH_MARGIN, TOUCH_MARGIN_MAX);
            const isTouching = pointer.follow(touch + margin);
            pointer.move();
            if (!isTouching) {
                pointer.up(false);
            }
            return;
        }
        if (!this._find(pointer, pointer.indexTip, HOVER_REACH * this._unit, isHoverable)) {
            pointer.leave();
            return;
        }
        if (pointer.distance > touch) {
            pointer.move();
            return;
        }
        // What can be touched goes before what is nearer and cannot.
        if (this._find(pointer, pointer.indexTip, touch, isTouchable)) {
            pointer.move();
            pointer.down("touch");
        } else {
            this._find(pointer, pointer.indexTip, touch, isHoverable);
            pointer.move();
        }
    }

    private _find(
        pointer: NearPointer,
        point: Vector3,
        reach: number,
        accepts: (mesh: AbstractMesh) => boolean
    ): boolean {
        return pointer.findNearest(this._scenes, point, reach, accepts);
    }

    /** The scene itself, and those of utility layers over it. */
    private _collectScenes(): void {
        // Overwritten from the beginning: an array that was emptied would get new memory with its next element.
        let count = 0;
        this._scenes[count++] = this._scene;
        for (let i = 0; i < this.layers.length; i++) {
            this._scenes[count++] = this.layers[i];
        }
        // Read here, not through `DefaultUtilityLayer`: that would make one where nobody has asked for it.
        count = this._addLayer(UtilityLayerRenderer._DefaultUtilityLayer, count);
        count = this._addLayer(UtilityLayerRenderer._DefaultKeepDepthUtilityLayer, count);
        this._scenes.length = count;
    }

    /** @returns how many of `_scenes` are collected by now */
    private _addLayer(layer: UtilityLayerRenderer | null, count: number): number {
        if (layer?.originalScene === this._scene && this._scenes.lastIndexOf(layer.utilityLayerScene, count - 1) < 0) {
            this._scenes[count++] = layer.utilityLayerScene;
        }
        return count;
    }

    /** Whether a hand holds the body that a mesh belongs to. */
    private _isTaken(mesh: AbstractMesh): boolean {
        for (const hand of this._pointers.keys()) {
            const body = hand.grabber?.heldBody;
            if (body && !body.isDisposed && isSameTree(mesh, body.transformNode)) {
                return true;
            }
        }
        return false;
    }

    private _clamp(value: number, min: number, max: number): number {
        return Math.min(Math.max(value, min), max) * this._unit;
    }
}

function isReachable(mesh: AbstractMesh): boolean {
    return !mesh.isDisposed() && mesh.isEnabled() && mesh.isVisible && mesh.isPickable;
}

function isTouchable(mesh: AbstractMesh): boolean {
    return mesh.isNearPickable && isReachable(mesh);
}

function isHoverable(mesh: AbstractMesh): boolean {
    return (mesh.isNearPickable || mesh.isNearGrabbable) && isReachable(mesh);
}

function isSameTree(a: Node, b: Node): boolean {
    return a === b || a.isDescendantOf(b) || b.isDescendantOf(a);
}
