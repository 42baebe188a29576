// How a physics step grows with the bodies in the scene, in this browser.

import HavokPhysics from "@babylonjs/havok";
import { measureBodiesCost } from "./bodiesCost";
import type { Growth } from "./report";
import type { Settings } from "./settings";
import { median } from "./statistics";

const BODIES = [10, 50, 100, 200, 400];

/** @param tell hears what is going on */
export async function measureBodiesGrowthAsync(
    { steps, repeats }: Settings,
    tell: (doing: string) => Promise<void>
): Promise<Growth> {
    const havok = await HavokPhysics();
    const costs = BODIES.map(() => ({ ours: [] as number[], withHands: [] as number[], without: [] as number[] }));
    for (let round = 0; round < repeats; round++) {
        for (const [i, bodies] of BODIES.entries()) {
            await tell(`Round ${round + 1} of ${repeats}, physics with ${bodies} bodies`);
            const count = Math.ceil(steps / repeats);
            const without = measureBodiesCost(havok, bodies, false, count);
            const { hands, physics } = measureBodiesCost(havok, bodies, true, count);
            costs[i].ours.push(...hands);
            costs[i].withHands.push(...physics);
            costs[i].without.push(...without.physics);
        }
    }
    return {
        of: "bodies",
        at: BODIES,
        ms: {
            "our code, two hands": costs.map(({ ours }) => median(ours)),
            "physics step with two hands": costs.map(({ withHands }) => median(withHands)),
            "physics step without hands": costs.map(({ without }) => median(without)),
        },
    };
}
