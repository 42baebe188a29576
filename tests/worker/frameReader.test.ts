import { afterEach, expect, it, vi } from "vitest";
import { FrameReader } from "../../src/worker/frameReader";

const SIZE = 8;
const FRAMES = 12;

function wait(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
}

/** A browser in which either way takes as long as said; null: it throws. */
function standInForBrowser(copyMs: number | null, drawMs: number): { copies: number; draws: number } {
    const calls = { copies: 0, draws: 0 };
    vi.stubGlobal(
        "VideoFrame",
        class {
            public displayWidth = SIZE;
            public displayHeight = SIZE;
            public visibleRect = { width: SIZE, height: SIZE };
            public copyTo = async (): Promise<void> => {
                calls.copies++;
                if (copyMs === null) {
                    throw new Error("no conversion");
                }
                wait(copyMs);
            };
        }
    );
    const drawImage = (): void => {
        calls.draws++;
        wait(drawMs);
    };
    const data = { data: new Uint8ClampedArray(SIZE * SIZE * 4), width: SIZE, height: SIZE };
    vi.stubGlobal(
        "OffscreenCanvas",
        class {
            public width = SIZE;
            public height = SIZE;
            public getContext = () => ({ drawImage, getImageData: () => data });
        }
    );
    return calls;
}

afterEach(() => vi.unstubAllGlobals());

it.each([
    { browser: "copies faster", copyMs: 1, drawMs: 6, way: "copy" },
    { browser: "draws faster", copyMs: 6, drawMs: 1, way: "draw" },
    { browser: "can't copy", copyMs: null, drawMs: 1, way: "draw" },
])("keeps the faster way of reading a VideoFrame in a browser that $browser", async ({ copyMs, drawMs, way }) => {
    const calls = standInForBrowser(copyMs, drawMs);
    const reader = new FrameReader();
    for (let i = 0; i < FRAMES; i++) {
        const picture = reader.open(new VideoFrame(null as never), SIZE, SIZE);
        await picture.needAsync(null);
        expect([picture.width, picture.height, picture.data.length]).toEqual([SIZE, SIZE, 4 * SIZE * SIZE]);
    }
    console.log(
        `copy ${copyMs ?? "fails"}, draw ${drawMs} ms: ${way} after ${calls.copies} copies, ${calls.draws} draws`
    );
    expect(reader.way).toBe(way);
    expect(Math.min(calls.copies, calls.draws)).toBeLessThanOrEqual(4);
});
