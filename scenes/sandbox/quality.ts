// How finely the sandbox is drawn: as finely as the machine can at 50 frames a second or more.

import type { Engine } from "@babylonjs/core/Engines/engine";
import type { Studio } from "./studio";

/** A level of detail. */
interface Level {
    /** Pixels of the drawing for one of the page's (CSS) pixels, along an edge. */
    pixels: number;
    /** Pixels along an edge of the shadow map. */
    shadows: number;
    /** Least time between drawn frames, ms: where the processor draws, networks need it as well. */
    restMs: number;
}

const LEVELS: readonly Level[] = [
    { pixels: 2, shadows: 2048, restMs: 0 },
    { pixels: 1, shadows: 2048, restMs: 0 },
    { pixels: 0.7, shadows: 1024, restMs: 0 },
    { pixels: 0.4, shadows: 512, restMs: 45 },
];
/** Level of a machine with a graphics processor, before it was measured. */
const HARDWARE_START = 1;
const SOFTWARE_START = LEVELS.length - 1;
/** Frames over which the rate is judged. */
const WINDOW = 45;
const TOO_SLOW_MS = 26;
/** Only a display that is waited for with much time to spare can take four times the pixels. */
const TIME_TO_SPARE_MS = 4;

/** Whether WebGL is drawn by the processor. */
export function isSoftwareDrawn(): boolean {
    const gl = document.createElement("canvas").getContext("webgl2");
    const info = gl?.getExtension("WEBGL_debug_renderer_info");
    const renderer = gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
    return /swiftshader|llvmpipe|software|basic render/i.test(renderer);
}

export class Quality {
    private _level: number;
    private _frames = 0;
    private _start = 0;
    private _busyMs = 0;
    private _drawnMs = -Infinity;
    private _hasDropped = false;

    /** @param fixed keep the finest level that is worth a picture, however long frames take */
    public constructor(
        private readonly _engine: Engine,
        private readonly _studio: Studio,
        softwareDrawn: boolean,
        private readonly _fixed: boolean
    ) {
        this._level = softwareDrawn && !_fixed ? SOFTWARE_START : HARDWARE_START;
        this._apply();
    }

    /** Draws a frame if it is time for one, and learns from how long frames take. */
    public draw(render: () => void): void {
        const now = performance.now();
        if (now - this._drawnMs < LEVELS[this._level].restMs) {
            return;
        }
        this._drawnMs = now;
        render();
        this._busyMs += performance.now() - now;
        this._frames++;
        if (this._frames === WINDOW) {
            this._judge((now - this._start) / WINDOW, this._busyMs / WINDOW);
            this._frames = this._busyMs = 0;
            this._start = now;
        }
    }

    /** Draws one frame as finely as a picture deserves. */
    public drawFinely(render: () => void): void {
        const level = this._level;
        this._level = HARDWARE_START;
        this._apply();
        render();
        this._level = level;
    }

    /** Returns to the level before `drawFinely`. */
    public restore(): void {
        this._apply();
    }

    private _judge(frameMs: number, busyMs: number): void {
        // The first window began before the first frame, and a hidden page draws nothing.
        if (this._fixed || this._start === 0 || document.hidden || frameMs > 1000) {
            return;
        }
        const last = LEVELS.length - 1;
        if (frameMs > TOO_SLOW_MS && this._level < last) {
            // Never up again: a picture that keeps changing its sharpness is worse than a coarse one.
            this._hasDropped = true;
            this._level++;
            this._apply();
        } else if (
            this._level === 1 &&
            !this._hasDropped &&
            window.devicePixelRatio > 1 &&
            frameMs < 18 &&
            busyMs < TIME_TO_SPARE_MS
        ) {
            this._level = 0;
            this._apply();
        }
    }

    private _apply(): void {
        const { pixels, shadows } = LEVELS[this._level];
        this._engine.setHardwareScalingLevel(1 / Math.min(pixels, Math.max(1, window.devicePixelRatio)));
        this._studio.setShadowDetail(shadows);
    }
}
