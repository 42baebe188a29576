// What the benchmark writes: the JSON that the page's button copies and the tool saves.

import type { Settings } from "./settings";
import type { Spread } from "./statistics";

/** Where it was measured. */
export interface Machine {
    userAgent: string;
    cores: number;
    /** WebGPU's adapter; null where there is none. */
    gpuAdapter: string | null;
    /** What WebGL says it draws with. */
    webglRenderer: string;
    /** Without it networks run on one thread. */
    crossOriginIsolated: boolean;
}

export interface ContenderReport {
    name: string;
    /** Backend and threads; null where it did not run. */
    how: string | null;
    /** Why it did not run; null where it did. */
    unavailable: string | null;
}

/** One contender in one situation. */
export interface SituationFigures {
    /** Per picture, ms. */
    ms: Spread;
    /** In which the page's thread can do nothing else, ms a picture. */
    blockingMs: Spread;
    /** Medians of the single rounds, ms. */
    roundsMs: number[];
    /** Times the reference: median over the rounds; null where that did not run. */
    ratio: number | null;
    /** Hands found of those that there were, 0..1. */
    found: number;
    /** Pictures without a hand in which one was found; null where there were none. */
    falselyFound: number | null;
    /** RMS of the keypoints' second differences, px; of standing pictures only. */
    jitterPx: number | null;
}

export interface SituationReport {
    id: string;
    title: string;
    /** Width x height, px. */
    size: string;
    maxHands: number;
    /** By contender. */
    figures: Record<string, SituationFigures>;
}

/** From the call to the first hand, medians over fresh pages. */
export interface StartFigures {
    /** Nothing cached: from this machine, so without the network's time; null where it was not measured. */
    coldMs: number | null;
    /** A later visit of the same browser. */
    warmMs: number;
    /** What a first visit fetches, by kind; null where it was not counted. */
    bytes: Record<ByteKind, Bytes> | null;
}

export type ByteKind = "script" | "wasm" | "model";

export interface Bytes {
    raw: number;
    gzip: number;
}

/** A running scene. */
export interface SceneFigures {
    bodies: number;
    mode: TrackingMode;
    framesPerSecond: number;
    /** Time between two rendered frames, ms. */
    intervalMs: Spread;
    /** Our code in the page's thread, ms a rendered frame; null where networks run in it too. */
    oursMs: Spread | null;
    /** Camera frames a second with a hand. */
    handsPerSecond: number;
}

/** How tracking runs beside the picture. */
export type TrackingMode = "none" | "worker" | "page";

/** Lines of a chart over a quantity. */
export interface Growth {
    /** What grows, with its unit. */
    of: string;
    at: number[];
    /** Medians, ms, by line. */
    ms: Record<string, number[]>;
}

export interface BenchmarkReport {
    /** ISO 8601. */
    date: string;
    settings: Settings;
    machine: Machine;
    reference: string;
    contenders: ContenderReport[];
    situations: SituationReport[];
    /** By contender. */
    starts: Record<string, StartFigures>;
    scenes: SceneFigures[];
    growth: Growth[];
    done: boolean;
    error: string | null;
}
