// Reads values of unknown origin piece by piece; all that is wrong ends as one typed error with its place and value.

import { HandTrackingError } from "../errors";

/** Longest piece of a wrong value that a message shows, characters. */
const SHOWN_CHARACTERS = 40;

/** A wrong value as a message shows it. */
export function describe(value: unknown): string {
    if (Array.isArray(value)) {
        return `an array of ${value.length}`;
    }
    if (typeof value === "string") {
        return JSON.stringify(value.slice(0, SHOWN_CHARACTERS));
    }
    return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** The error of everything in this folder that reads: where, what, and what to do. */
export function invalid(
    message: string,
    advice = "Correct it there or record it again",
    cause?: unknown
): HandTrackingError {
    const text = `The recorded hands are not valid: ${message}. ${advice}; docs/recording.md has the formats.`;
    return new HandTrackingError("recording-invalid", text, true, { cause });
}

export type Fields = Record<string, unknown>;

export function readObject(value: unknown, where: string): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw invalid(`${where} is ${describe(value)} where an object should be`);
    }
    return value as Fields;
}

/** An array with `min` to `max` elements. */
export function readArray(value: unknown, where: string, field: string, min: number, max: number): unknown[] {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
        const count = min === max ? String(min) : `${min} to ${max}`;
        throw invalid(`${where}${field} is ${describe(value)} where an array of ${count} should be`);
    }
    return value;
}

export function readNumber(value: unknown, where: string, field: string): number {
    if (typeof value !== "number" || !Number.isFinite(value)) {
        throw invalid(`${where}${field} is ${describe(value)} where a finite number should be`);
    }
    return value;
}

/** Fills `out` with the numbers of an array of its length, each times `unit`. */
export function readNumbers(
    value: unknown,
    where: string,
    field: string,
    unit: number,
    out: Float32Array | Float64Array
): void {
    const numbers = readArray(value, where, field, out.length, out.length);
    for (let i = 0; i < out.length; i++) {
        const number = numbers[i];
        out[i] = typeof number === "number" ? number * unit : NaN;
        if (!Number.isFinite(out[i])) {
            throw invalid(`${where}${field}[${i}] is ${describe(number)} where a finite number should be`);
        }
    }
}

/** Passes typed errors on and wraps all others: a stack exhausted by nesting, a string too long, a getter that throws. */
export function withTypedErrors<T>(what: string, run: () => T): T {
    try {
        return run();
    } catch (cause) {
        if (cause instanceof HandTrackingError) {
            throw cause;
        }
        throw invalid(
            `${what} failed with "${cause instanceof Error ? cause.message : typeof cause}"`,
            undefined,
            cause
        );
    }
}
