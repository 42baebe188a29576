// What happened in the sandbox, for the headless demo and the tests: window.__sandbox.

import {
    createHandObservation,
    unpackObservation,
    type HandTrackingBehavior,
    type ImageSequenceSource,
} from "../../src/index";
import type { World } from "./world";

/** One line of the log. */
export interface SandboxEvent {
    timeMs: number;
    frame: number;
    kind: string;
    side?: string;
    detail?: string;
}

/** Figures and events, read by tools/demo.ts and the browser tests. */
export interface SandboxReport {
    events: SandboxEvent[];
    framesProcessed: number;
    framesWithHand: number;
    errors: string[];
    /** Greatest height of each held thing above where it was taken, metres. */
    lifts: number[];
    done: boolean;
    /** The first frames' results: 2D keypoints (px) and wrist (metres) of the first hand. */
    firstHands: { keypointsPx: number[]; wrist: number[] }[];
}

declare global {
    interface Window {
        __sandbox: SandboxReport;
        /** For tests that reach into the running scene. */
        __scene: { behaviour: HandTrackingBehavior; world: World };
    }
}

/** How many results are kept in `firstHands`. */
const KEPT_RESULTS = 4;

/** Frames a second of the stepped world. */
const RENDER_RATE = 60;

export class EventLog {
    /** Whether the world is stepped with the clip instead of running by itself. */
    public isStepping = false;
    private readonly _report: SandboxReport = {
        events: [],
        framesProcessed: 0,
        framesWithHand: 0,
        errors: [],
        lifts: [],
        done: false,
        firstHands: [],
    };
    private readonly _taken = new Map<unknown, number>();

    public constructor(
        behaviour: HandTrackingBehavior,
        private readonly _world: World
    ) {
        window.__sandbox = this._report;
        window.__scene = { behaviour, world: _world };
        behaviour.onFrameObservable.add((result) => {
            this._report.framesProcessed++;
            this._report.framesWithHand += result.count > 0 ? 1 : 0;
            if (result.count > 0 && this._report.firstHands.length < KEPT_RESULTS) {
                const hand = createHandObservation();
                unpackObservation(result.buffer, 0, result.timeMs, hand);
                this._report.firstHands.push({ keypointsPx: [...hand.keypointsPx], wrist: [...hand.pose.translation] });
            }
        });
        behaviour.onHandFoundObservable.add((hand) => this._add("hand-found", hand.side));
        behaviour.onHandLostObservable.add((hand) => this._add("hand-lost", hand.side));
        behaviour.onPinchStartObservable.add((hand) => this._add("pinch-start", hand.side));
        behaviour.onPinchEndObservable.add((hand) => this._add("pinch-end", hand.side));
        behaviour.onPinchCancelObservable.add((hand) => this._add("pinch-cancel", hand.side));
        behaviour.onGrabStartObservable.add((hand) => this._add("grab-start", hand.side));
        behaviour.onGrabEndObservable.add((hand) => this._add("grab-end", hand.side));
        behaviour.onGrabCancelObservable.add((hand) => this._add("grab-cancel", hand.side));
        behaviour.onErrorObservable.add((error) => {
            this._report.errors.push(`${error.code}: ${error.message}`);
            this._add("error", undefined, error.code);
        });
        behaviour.onObjectGrabbedObservable.add(({ side, body }) => {
            this._taken.set(body, this._report.lifts.length);
            this._report.lifts.push(0);
            const y = body.transformNode.position.y;
            const observer = _world.scene.onAfterRenderObservable.add(() => {
                const index = this._taken.get(body);
                if (index === undefined) {
                    observer.remove();
                } else {
                    this._report.lifts[index] = Math.max(this._report.lifts[index], body.transformNode.position.y - y);
                }
            });
            this._add("object-grabbed", side, body.transformNode.name);
        });
        behaviour.onObjectReleasedObservable.add(({ side, body, velocity, isLost }) => {
            this._taken.delete(body);
            this._add(
                "object-released",
                side,
                `${body.transformNode.name} ${velocity.length().toFixed(2)} m/s${isLost ? " lost" : ""}`
            );
        });
    }

    /** Steps the world together with a clip: after every processed frame as many rendered ones as its time holds. */
    public follow(source: ImageSequenceSource, frames: number, frameMs: number): void {
        this.isStepping = true;
        const steps = Math.round((frameMs * RENDER_RATE) / 1000);
        const engine = this._world.scene.getEngine();
        engine.getDeltaTime = () => 1000 / RENDER_RATE;
        source.onAdvanced = (index) => {
            for (let i = 0; i < steps; i++) {
                this._world.scene.render();
            }
            if (index === frames - 1) {
                this._report.done = true;
                this.isStepping = false;
            }
        };
    }

    private _add(kind: string, side?: string, detail?: string): void {
        this._report.events.push({
            timeMs: performance.now(),
            frame: this._report.framesProcessed,
            kind,
            side,
            detail,
        });
    }
}
