// What the debug view writes beside a hand.

import type { FrameTimes, PipelineStats } from "../worker/protocol";
import type { TrackedHand } from "./trackedHand";

const MM = 1000;

/**
 * Lines of text about one hand and the pipeline that finds it.
 * @param unit scene units per metre
 * @param lag of the body that is held, scene units; null for an empty hand
 * @param stats null where hands come without a pipeline (a `HandSource`)
 */
export function debugLines(
    hand: TrackedHand,
    unit: number,
    lag: number | null,
    stats: PipelineStats | null
): readonly string[] {
    const { state, pinch, grab } = hand;
    const held = hand.grabber?.heldBody ?? null;
    const lines = [
        `${hand.side} ${hand.isTracked ? "tracked" : "lost"}, ${percent(state.confidence)} sure, size ${state.size.toFixed(2)}`,
        `pinch ${pinch.strength.toFixed(2)}${pinch.isActive ? " on" : ""}, grab ${grab.strength.toFixed(2)}${grab.isActive ? " on" : ""}`,
        `sigma ${millimetres(state.sigma)}, in depth ${millimetres(state.depthSigma)}`,
        held && lag !== null ? `holds ${held.transformNode.name}, lag ${millimetres(lag / unit)}` : "holds nothing",
    ];
    if (!stats) {
        return [...lines, "no pipeline: hands come as they are"];
    }
    return [
        ...lines,
        `${stats.backend}, ${stats.threads} threads, ${milliseconds(stats.latencyMs)} late`,
        timesLine(stats.times),
        `${stats.processed} frames, ${stats.dropped} dropped`,
    ];
}

function timesLine({ pixelsMs, detectMs, recoverMs, solveMs }: FrameTimes): string {
    const [pixels, detect, recover, solve] = [pixelsMs, detectMs, recoverMs, solveMs].map((ms) => ms.toFixed(1));
    return `px ${pixels} det ${detect} rec ${recover} solve ${solve} ms`;
}

function percent(fraction: number): string {
    return `${Math.round(fraction * 100)} %`;
}

function millimetres(metres: number): string {
    return `${(metres * MM).toFixed(1)} mm`;
}

function milliseconds(ms: number): string {
    return `${Math.round(ms)} ms`;
}
