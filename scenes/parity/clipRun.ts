// The sample clip through the whole behaviour in a scene that is not drawn, so in browsers without WebGL too: window.__followClip.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine";
import { Vector3 } from "@babylonjs/core/Maths/math.vector";
import { Scene } from "@babylonjs/core/scene";
import { HandTrackingBehavior, type FrameSource, type PipelineStats } from "../../src/index";
import { createHandObservation, unpackObservation } from "../../src/tracking/handObservation";
import { createClipSequence, createClipSource, loadClipDescription } from "../sandbox/clip";

/** One way of following it. */
export interface ClipFigures {
    frames: number;
    framesWithHand: number;
    /** Of the last frame with a hand, 21 x 2, px. */
    keypointsPx: number[];
    stats: PipelineStats | null;
    errors: string[];
}

declare global {
    interface Window {
        /**
         * @param frames so many, each when the last was processed; null plays the video in real time instead
         * @param seconds at most
         */
        __followClip: (recoverer: string, frames: number | null, seconds: number) => Promise<ClipFigures>;
    }
}

const RENDER_MS = 16;

/** See `window.__followClip`. */
export const followClipAsync: Window["__followClip"] = async (recoverer, count, seconds) => {
    const clip = await loadClipDescription();
    const source: FrameSource =
        count === null ? createClipSource(clip) : (await createClipSequence(clip, count)).source;
    const engine = new NullEngine();
    const scene = new Scene(engine);
    const camera = new FreeCamera("camera", Vector3.Zero(), scene);
    const behaviour = new HandTrackingBehavior({ source, recoverer, modelBaseUrl: "/models/" });
    const figures: ClipFigures = { frames: 0, framesWithHand: 0, keypointsPx: [], stats: null, errors: [] };
    const observation = createHandObservation();
    behaviour.onErrorObservable.add(({ code, message }) => figures.errors.push(`${code}: ${message}`));
    camera.addBehavior(behaviour, true);
    const timer = setInterval(() => scene.render(), RENDER_MS);
    await behaviour.readyPromise.catch(() => undefined);
    await new Promise<void>((resolve) => {
        setTimeout(resolve, 1000 * seconds);
        behaviour.onFrameObservable.add(({ count: hands, buffer, timeMs }) => {
            figures.frames++;
            if (hands > 0) {
                figures.framesWithHand++;
                unpackObservation(buffer, 0, timeMs, observation);
                figures.keypointsPx = [...observation.keypointsPx];
            }
            if (figures.frames === count) {
                resolve();
            }
        });
    });
    figures.stats = behaviour.stats && { ...behaviour.stats };
    clearInterval(timer);
    behaviour.dispose();
    source.dispose();
    engine.dispose();
    return figures;
};
