// How costs grow with the picture and with the number of hands in it.

import { besides, scaled, type Clip } from "./clips";
import type { Field } from "./field";
import type { Growth } from "./report";
import type { Settings } from "./settings";
import { median } from "./statistics";

const WIDTHS = [320, 640, 960, 1280, 1920];
const HANDS = [0, 1, 2] as const;
/** Of the rounds and of a turn's pictures, those that a step of growth gets: there are many steps. */
const SHARE = 0.5;

/** @param tell hears what is going on */
export async function measureGrowthAsync(
    field: Field,
    images: readonly ImageBitmap[],
    settings: Settings,
    tell: (doing: string) => void
): Promise<Growth[]> {
    const entries = field.entries.filter(({ isTwin }) => !isTwin);
    const grow = async (of: string, at: readonly number[], maxHands: 1 | 2, clips: Clip[]): Promise<Growth> => {
        const frames = Math.ceil(settings.frames * SHARE);
        const rounds = Math.ceil(settings.rounds * SHARE);
        const times = new Map(entries.map(({ name }) => [name, at.map((): number[] => [])]));
        for (let round = 0; round < rounds; round++) {
            for (const [i, clip] of clips.entries()) {
                for (const entry of entries) {
                    tell(`Round ${round + 1} of ${rounds}, ${of} ${at[i]}: ${entry.name}`);
                    const { processed } = await field.takeTurnAsync(entry, maxHands, clip, round * frames, frames);
                    times.get(entry.name)![i].push(...processed.map(({ ms }) => ms));
                }
            }
        }
        const lines = [...times].map(([name, own]) => [name, own.map(median)] as const);
        return { of, at: [...at], ms: Object.fromEntries(lines) };
    };
    return [
        await grow(
            "picture width, px",
            WIDTHS,
            1,
            WIDTHS.map((width) => scaled(images, width))
        ),
        await grow(
            "hands in the picture",
            HANDS,
            2,
            HANDS.map((hands) => besides(images, hands))
        ),
    ];
}
