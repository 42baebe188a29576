// Time that hand tracking takes of the page's own thread, measured from outside: every way into the plugin is timed.

import type { Observable } from "@babylonjs/core/Misc/observable";
import type { Scene } from "@babylonjs/core/scene";

/** Adds up the time that wrapped functions take. */
export class MainThreadMeter {
    private _ms = 0;
    private readonly _undo: (() => void)[] = [];

    /** ms since the last call. */
    public lap(): number {
        const ms = this._ms;
        this._ms = 0;
        return ms;
    }

    public wrap<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
        return (...args) => {
            const start = performance.now();
            try {
                return call(...args);
            } finally {
                this._ms += performance.now() - start;
            }
        };
    }

    /** Calls now, and times it. */
    public time<R>(call: () => R): R {
        return this.wrap(call)();
    }

    /** Workers made from now on have what they say to the page timed. */
    public watchWorkers(): void {
        const native = window.Worker;
        const wrap = <T>(handler: T): T =>
            typeof handler === "function" ? (this.wrap(handler as never) as T) : handler;
        window.Worker = class extends native {
            public override set onmessage(handler: Worker["onmessage"]) {
                super.onmessage = wrap(handler);
            }
            public override get onmessage(): Worker["onmessage"] {
                return super.onmessage;
            }
        };
        this._undo.push(() => (window.Worker = native));
    }

    /** Video frames that are handed over from now on are timed. */
    public watchVideos(): void {
        const { prototype } = HTMLVideoElement;
        const native = prototype.requestVideoFrameCallback;
        const wrap = (callback: VideoFrameRequestCallback): VideoFrameRequestCallback => this.wrap(callback);
        prototype.requestVideoFrameCallback = function (callback) {
            return native.call(this, wrap(callback));
        };
        this._undo.push(() => (prototype.requestVideoFrameCallback = native));
    }

    /** What is hooked into a scene's frame and physics is timed; here that is hand tracking alone. */
    public watchScene(scene: Scene): void {
        for (const observable of [scene.onBeforeAnimationsObservable, scene.onBeforePhysicsObservable]) {
            const target = observable as Observable<Scene>;
            target.notifyObservers = this.wrap(target.notifyObservers.bind(target));
        }
    }

    /** Nothing more is watched; what is wrapped already goes on being timed. */
    public dispose(): void {
        this._undo.forEach((undo) => undo());
    }
}
