// Running scenes, with and without tracking, in turn.

import type { ClipDescription } from "../sandbox/clip";
import { measureSceneAsync, sceneFigures, type SceneTurn } from "./renderRate";
import type { SceneFigures, TrackingMode } from "./report";
import type { Settings } from "./settings";

const BODIES = [30, 100];
const MODES: TrackingMode[] = ["none", "worker", "page"];

/**
 * @param canvas is replaced by its like for every turn: a context can't be had twice
 * @param tell hears what is going on
 */
export async function measureScenesAsync(
    canvas: HTMLCanvasElement,
    clip: ClipDescription,
    { repeats, seconds, recoverers }: Settings,
    tell: (doing: string) => void
): Promise<SceneFigures[]> {
    const scenes = BODIES.flatMap((bodies) => MODES.map((mode) => ({ bodies, mode, turns: [] as SceneTurn[] })));
    let current = canvas;
    for (let round = 0; round < repeats; round++) {
        for (const { bodies, mode, turns } of scenes) {
            tell(`Round ${round + 1} of ${repeats}, a scene of ${bodies} bodies, tracking: ${mode}`);
            const fresh = current.cloneNode() as HTMLCanvasElement;
            current.replaceWith(fresh);
            current = fresh;
            const options = { bodies, mode, recoverer: recoverers.at(-1)!, seconds: seconds / repeats };
            turns.push(await measureSceneAsync(fresh, clip, options));
        }
    }
    return scenes.map(({ bodies, mode, turns }) => sceneFigures(bodies, mode, turns));
}
