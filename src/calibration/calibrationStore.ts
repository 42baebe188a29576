// What was measured of a camera and of its user, kept in the browser between visits.

/** What is known; all of it may be missing. */
export interface Calibration {
    /** Field of view of the camera's longer side, radians. */
    fieldOfView?: number;
    /** Length of the user's palm, metres. */
    palmLength?: number;
}

/** What a store needs of `localStorage`. */
export type CalibrationStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Under this key all cameras' calibrations lie together. */
export const CALIBRATION_KEY = "babylon-hand-tracking.calibration";
/** Content of another version is not read. */
const VERSION = 1;
/** Cameras that are remembered: the least recently saved is forgotten first. */
const MAX_CAMERAS = 16;
const MAX_LABEL_LENGTH = 256;
/** A text that is longer is not of this store's making, characters. */
const MAX_TEXT_LENGTH = 64 * 1024;
/** Possible values, exclusive: radians and metres. */
const LIMITS: Record<keyof Calibration, readonly [number, number]> = {
    fieldOfView: [0.2, 2.6],
    palmLength: [0.04, 0.2],
};
const FIELDS = Object.keys(LIMITS) as (keyof Calibration)[];

interface Entry extends Calibration {
    label: string;
}

/**
 * Calibrations by the camera's label (`MediaStreamTrack.label`). What is damaged, of another version, or out of bounds is
 * ignored and written over by the next `save`; a storage that refuses (private windows, a full disk) keeps nothing and does no harm.
 */
export class CalibrationStore {
    /** @param _storage `localStorage` where there is one; null keeps nothing */
    public constructor(private readonly _storage: CalibrationStorage | null = defaultStorage()) {}

    /** What is known of a camera and its user; empty where nothing is. */
    public load(label: string): Calibration {
        return checked(this._read().find((entry) => entry.label === key(label)) ?? {});
    }

    /**
     * Keeps what is given; what is not given stays as it was, and values that are not possible are left out.
     * @returns whether it was kept
     */
    public save(label: string, calibration: Calibration): boolean {
        const known = { ...this.load(label), ...checked(calibration) };
        const others = this._read().filter((entry) => entry.label !== key(label));
        return this._write([{ label: key(label), ...known }, ...others].slice(0, MAX_CAMERAS));
    }

    /** Forgets a camera; without a label, all. @returns whether that was possible */
    public forget(label?: string): boolean {
        if (label !== undefined) {
            return this._write(this._read().filter((entry) => entry.label !== key(label)));
        }
        try {
            this._storage?.removeItem(CALIBRATION_KEY);
            return this._storage !== null;
        } catch {
            return false;
        }
    }

    private _read(): Entry[] {
        try {
            const text = this._storage?.getItem(CALIBRATION_KEY);
            return typeof text === "string" && text.length <= MAX_TEXT_LENGTH ? readEntries(JSON.parse(text)) : [];
        } catch {
            // Damaged text, or a storage that refuses: as if nothing had been kept.
            return [];
        }
    }

    private _write(cameras: Entry[]): boolean {
        try {
            this._storage?.setItem(CALIBRATION_KEY, JSON.stringify({ version: VERSION, cameras }));
            return this._storage !== null;
        } catch {
            return false;
        }
    }
}

function key(label: string): string {
    return label.slice(0, MAX_LABEL_LENGTH);
}

function readEntries(content: unknown): Entry[] {
    if (!isRecord(content) || content.version !== VERSION || !Array.isArray(content.cameras)) {
        return [];
    }
    return content.cameras
        .slice(0, MAX_CAMERAS)
        .filter(
            (entry): entry is Record<string, unknown> & { label: string } =>
                isRecord(entry) && typeof entry.label === "string"
        )
        .map((entry) => ({ label: key(entry.label), ...checked(entry) }));
}

/** The values that are possible, and nothing else. */
function checked(values: Readonly<Record<string, unknown>> | Calibration): Calibration {
    const out: Calibration = {};
    for (const field of FIELDS) {
        const value = (values as Record<string, unknown>)[field];
        const [low, high] = LIMITS[field];
        if (typeof value === "number" && value > low && value < high) {
            out[field] = value;
        }
    }
    return out;
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Pages without an origin refuse even to look at `localStorage`. */
function defaultStorage(): CalibrationStorage | null {
    try {
        return globalThis.localStorage ?? null;
    } catch {
        return null;
    }
}
