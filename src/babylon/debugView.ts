// Shows what hand tracking knows: joints, bones, uncertainty, colliders, grip, gestures, timings. Off, it leaves no trace.

import type { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import type { Node } from "@babylonjs/core/node";
import type { Scene } from "@babylonjs/core/scene";
import { CameraSpaceMapping } from "./cameraSpace";
import { DebugDrawing } from "./debugDrawing";
import { DebugPalette, debugNode } from "./debugMeshes";
import type { HandTrackingBehavior } from "./handTrackingBehavior";

/** What the view reads of a behaviour. */
export type DebugSubject = Pick<HandTrackingBehavior, "hands" | "stats" | "attachedNode" | "view">;

/** Text is drawn no more often than this, ms: nobody reads faster. */
const TEXT_INTERVAL_MS = 250;

/**
 * Draws over every hand of a behaviour: the 25 joints and their bones, one standard deviation of its place as an ellipsoid
 * around the wrist, its colliders where Havok has them, a line to the grip of what it holds, and beside it gesture strengths
 * (bars: pinch, grab), uncertainties, backend, latency and ms a stage. Lies over the scene (rendering group 1), is never
 * picked or saved; in the Inspector all of it is below the node `hand-debug-view`. Made switched off.
 *
 * ```ts
 * const debug = new HandDebugView(behavior, scene);
 * debug.toggle();
 * ```
 */
export class HandDebugView {
    private _shown: Shown | null = null;

    /** @param behavior may be attached later, detached and attached again */
    public constructor(
        private readonly _behavior: DebugSubject,
        private readonly _scene: Scene
    ) {}

    /** Whether anything is drawn. */
    public get isEnabled(): boolean {
        return this._shown !== null;
    }

    /** Switches the view on or off; off, the scene has nothing of it. */
    public setEnabled(enabled: boolean): void {
        if (enabled === this.isEnabled || (enabled && this._scene.isDisposed)) {
            return;
        }
        this._shown?.dispose();
        this._shown = enabled ? new Shown(this._behavior, this._scene, () => this.setEnabled(false)) : null;
    }

    /** @returns whether it is on now */
    public toggle(): boolean {
        this.setEnabled(!this.isEnabled);
        return this.isEnabled;
    }

    /** Switches it off. */
    public dispose(): void {
        this.setEnabled(false);
    }
}

/** All that the view adds to a scene while it is on. */
class Shown {
    private readonly _root: TransformNode;
    private readonly _palette: DebugPalette;
    private readonly _drawings: DebugDrawing[] = [];
    private readonly _observers: { remove(): void }[];
    private _mapping: CameraSpaceMapping | null = null;
    private _node: Node | null = null;
    private _writtenMs = -Infinity;

    public constructor(
        private readonly _behavior: DebugSubject,
        private readonly _scene: Scene,
        onSceneDisposed: () => void
    ) {
        this._root = debugNode("view", null, _scene);
        this._palette = new DebugPalette(_scene);
        // After the physics: colliders and bodies are drawn where they have gone.
        this._observers = [
            _scene.onBeforeRenderObservable.add(() => this._update()),
            _scene.onDisposeObservable.add(onSceneDisposed),
        ];
    }

    public dispose(): void {
        this._observers.forEach((observer) => observer.remove());
        this._drawings.forEach((drawing) => drawing.dispose());
        this._drawings.length = 0;
        this._palette.dispose();
        this._root.dispose();
    }

    private _update(): void {
        const mapping = this._refreshMapping();
        const { hands, stats } = this._behavior;
        for (let i = this._drawings.length - 1; i >= 0; i--) {
            if (!mapping || !hands.includes(this._drawings[i].hand)) {
                this._drawings[i].dispose();
                this._drawings.splice(i, 1);
            }
        }
        if (!mapping) {
            return;
        }
        const nowMs = performance.now();
        const writesText = nowMs - this._writtenMs >= TEXT_INTERVAL_MS;
        if (writesText) {
            this._writtenMs = nowMs;
        }
        for (let i = 0; i < hands.length; i++) {
            this._drawingOf(i).update(mapping.viewingDirection, stats, writesText);
        }
    }

    private _drawingOf(index: number): DebugDrawing {
        const hand = this._behavior.hands[index];
        for (const drawing of this._drawings) {
            if (drawing.hand === hand) {
                return drawing;
            }
        }
        const drawing = new DebugDrawing(hand, this._palette, this._root);
        this._drawings.push(drawing);
        // A hand that has just come is written about at once.
        this._writtenMs = -Infinity;
        return drawing;
    }

    /** For the direction in which the physical camera looks; the behaviour keeps its own. */
    private _refreshMapping(): CameraSpaceMapping | null {
        const { attachedNode, view } = this._behavior;
        if (attachedNode !== this._node) {
            this._node = attachedNode;
            this._mapping = attachedNode && new CameraSpaceMapping(this._scene, attachedNode, { view });
        }
        if (this._mapping) {
            this._mapping.view = view;
            this._mapping.refresh();
        }
        return this._mapping;
    }
}
