// The situations in which contenders are compared, and the figures of each.

import { besides, comingAndGoing, oneHand, standingStill, VISIT_FRAMES, type Clip } from "./clips";
import { REFERENCE } from "./contenders/contenderList";
import type { Field, Turn } from "./field";
import { jitter } from "./jitter";
import type { SituationFigures, SituationReport } from "./report";
import type { Settings } from "./settings";
import { median, medianRatio, spread } from "./statistics";

interface Situation {
    id: string;
    title: string;
    maxHands: 1 | 2;
    clip: Clip;
    /** Pictures of a turn. */
    frames: number;
    /** Whether nothing moves: what does is jitter. */
    isStill?: boolean;
}

function listSituations(images: readonly ImageBitmap[], frames: number): Situation[] {
    const visits = Math.ceil(frames / VISIT_FRAMES) * VISIT_FRAMES;
    const still = standingStill(images, frames);
    return [
        { id: "one", title: "one hand", maxHands: 1, clip: oneHand(images), frames },
        { id: "one-of-two", title: "one hand, two allowed", maxHands: 2, clip: oneHand(images), frames },
        { id: "two", title: "two hands", maxHands: 2, clip: besides(images, 2), frames },
        { id: "visits", title: "a hand comes and goes", maxHands: 1, clip: comingAndGoing(images), frames: visits },
        { id: "still", title: "a hand keeps still", maxHands: 1, clip: still, frames, isStill: true },
    ];
}

/** @param tell hears what is going on */
export async function measureSituationsAsync(
    field: Field,
    images: readonly ImageBitmap[],
    { rounds, frames }: Settings,
    tell: (doing: string) => void
): Promise<SituationReport[]> {
    const situations = listSituations(images, frames).map((situation) => ({
        ...situation,
        turns: new Map<string, Turn[]>(field.entries.map(({ name }) => [name, []])),
    }));
    for (let round = 0; round < rounds; round++) {
        for (const { title, maxHands, clip, frames: count, turns } of situations) {
            for (const entry of field.entries) {
                tell(`Round ${round + 1} of ${rounds}, ${title}: ${entry.name}`);
                turns.get(entry.name)!.push(await field.takeTurnAsync(entry, maxHands, clip, round * count, count));
            }
        }
    }
    return situations.map(({ id, title, maxHands, clip, isStill = false, turns }) => ({
        id,
        title,
        size: `${clip.width} x ${clip.height}`,
        maxHands,
        figures: Object.fromEntries(
            [...turns].map(([name, own]) => [name, figuresOf(own, turns.get(REFERENCE) ?? null, isStill)])
        ),
    }));
}

function figuresOf(turns: readonly Turn[], reference: readonly Turn[] | null, isStill: boolean): SituationFigures {
    const processed = turns.flatMap((turn) => turn.processed);
    const shown = turns.flatMap((turn) => turn.shown);
    const found = processed.map(({ hands }) => hands.length);
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    const empty = found.filter((_, i) => shown[i] === 0);
    return {
        ms: spread(processed.map(({ ms }) => ms)),
        blockingMs: spread(processed.map(({ blockingMs }) => blockingMs)),
        roundsMs: turns.map(medianMs),
        ratio: reference && medianRatio(turns.map(medianMs), reference.map(medianMs)),
        found: sum(found.map((count, i) => Math.min(count, shown[i] ?? 0))) / sum(shown.map((count) => count ?? 0)),
        falselyFound: empty.length > 0 ? empty.filter((count) => count > 0).length / empty.length : null,
        jitterPx: isStill ? jitter(turns.map((turn) => turn.processed.map(({ hands }) => hands[0] ?? null))) : null,
    };
}

const medianMs = (turn: Turn): number => median(turn.processed.map(({ ms }) => ms));
