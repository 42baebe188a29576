// Browser-like surroundings of a pipeline host in Node: models from disk, and a photo as every frame.

import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { vi } from "vitest";
import { intrinsicsFromFieldOfView } from "../../src/camera/intrinsics";
import type { SourceFrame } from "../../src/sources/frameSource";
import { partOf } from "./partOf";

/** Where the models are. */
export const BASE = "http://models.test/";
export const FRAME_MS = 33;
const photo = PNG.sync.read(readFileSync("tests/fixtures/parity/asl_025.png"));

/**
 * Models from disk, and a canvas that holds the photo.
 * @param change what a server makes of a file; null where it has none
 */
export function standInForBrowser(change: (file: Buffer, name: string) => Buffer | null = (file) => file): void {
    vi.stubGlobal("fetch", async (url: string) => {
        const name = url.slice(BASE.length);
        const file = change(readFileSync(`models/${name}`), name);
        return file ? new Response(new Uint8Array(file)) : new Response(null, { status: 404 });
    });
    vi.stubGlobal(
        "OffscreenCanvas",
        class {
            public constructor(
                public readonly width: number,
                public readonly height: number
            ) {}
            public getContext = () => ({
                drawImage: () => undefined,
                getImageData: (left: number, top: number, width: number, height: number) =>
                    partOf(photo, { left, top, width, height }),
            });
        }
    );
}

/** The photo as a frame of a source. */
export function photoAt(timeMs: number): SourceFrame {
    return {
        image: { close: () => undefined },
        width: photo.width,
        height: photo.height,
        timeMs,
        intrinsics: intrinsicsFromFieldOfView(photo.width, photo.height),
    } as unknown as SourceFrame;
}
