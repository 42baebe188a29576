import { describe, expect, it } from "vitest";
import type { SourceFrame } from "../../src/sources/frameSource";
import { FrameQueue } from "../../src/worker/frameQueue";

const REPORT = { backend: "wasm", reason: "a test", threads: 1 } as const;
const TIMES = { pixelsMs: 1, detectMs: 2, recoverMs: 3, solveMs: 4, textureMs: 0 };

/** A queue before a worker that is told when it is done. */
function setUp() {
    const open = new Set<number>();
    const processed: number[] = [];
    const queue = new FrameQueue(REPORT, (frame) => {
        processed.push(frame.timeMs);
    });
    const submit = (timeMs: number): void => {
        open.add(timeMs);
        const image = { close: () => open.delete(timeMs) } as unknown as ImageBitmap;
        queue.submit({ image, width: 1, height: 1, timeMs, intrinsics: { fx: 1, fy: 1, cx: 0, cy: 0 } } as SourceFrame);
    };
    /** The worker closes the image it has. */
    const finish = (): void => {
        open.delete(processed.at(-1)!);
        queue.done(TIMES, 10);
    };
    return { queue, open, processed, submit, finish };
}

describe("frame queue", () => {
    it("processes the first and the newest of ten frames that come at once, and closes them all", () => {
        const { queue, open, processed, submit, finish } = setUp();
        for (let frame = 0; frame < 10; frame++) {
            submit(frame);
        }
        expect(open.size).toBe(2);
        finish();
        finish();
        console.log(
            `10 frames: ${processed.join(", ")} processed, ${queue.stats.dropped} dropped, ${open.size} left open`
        );
        expect(processed).toEqual([0, 9]);
        expect(queue.stats).toMatchObject({ processed: 2, dropped: 8 });
        expect(open.size).toBe(0);
    });

    it("never holds more than two frames, however slow the worker", () => {
        const { open, submit, finish } = setUp();
        let most = 0;
        for (let frame = 0; frame < 300; frame++) {
            submit(frame);
            most = Math.max(most, open.size);
            if (frame % 7 === 6) {
                finish();
            }
        }
        console.log(`at most ${most} frames open`);
        expect(most).toBe(2);
    });

    it("starts at once on a frame that comes while nothing is processed, and closes what waits when cleared", () => {
        const { queue, open, processed, submit, finish } = setUp();
        submit(1);
        finish();
        submit(2);
        expect(processed).toEqual([1, 2]);
        submit(3);
        queue.clear();
        expect([...open]).toEqual([2]);
    });

    it("keeps running means of the stages", () => {
        const { queue, submit, finish } = setUp();
        submit(1);
        finish();
        expect(queue.stats.times).toEqual(TIMES);
        expect(queue.stats.latencyMs).toBe(10);
    });
});
