import { describe, expect, it } from "vitest";
import { SEARCH_LOOKS, SearchViews } from "../../src/tracking/searchViews";

/** Corners of the squares of some looks: left, top, side. */
function look(views: SearchViews, count: number, width: number, height: number, tracked: number): string[] {
    return Array.from({ length: count }, () => {
        views.next(width, height, tracked);
        const { cx, cy, side } = views.window;
        return [cx - side / 2, cy - side / 2, side].map(Math.round).join(" ");
    });
}

const WHOLE = "0 -80 640";
const CLOSE = "-160 -240 960";
const [LEFT, RIGHT] = ["0 48 384", "256 48 384"];

describe("where palms are looked for", () => {
    it("is the whole picture every other time, and in turn a square beyond it and its two ends", () => {
        const squares = look(new SearchViews(), SEARCH_LOOKS, 640, 480, 0);
        console.log(squares.join(", "));
        expect(squares).toEqual([WHOLE, CLOSE, WHOLE, LEFT, WHOLE, RIGHT]);
        expect(look(new SearchViews(), SEARCH_LOOKS, 480, 640, 0)).toEqual([
            "-80 0 640",
            "-240 -160 960",
            "-80 0 640",
            "48 0 384",
            "-80 0 640",
            "48 256 384",
        ]);
    });

    it("is looked at coarsely but where only far hands are looked for", () => {
        const views = new SearchViews();
        const looks = Array.from({ length: SEARCH_LOOKS }, () => {
            const [square] = look(views, 1, 640, 480, 0);
            return `${square}: ${views.isCoarse ? "coarse" : "full"}`;
        });
        console.log(looks.join(", "));
        expect(looks.filter((entry) => entry.endsWith("full"))).toEqual([`${LEFT}: full`, `${RIGHT}: full`]);
    });

    it("hangs on how large a hand is that is tracked already", () => {
        const [usual, close, far] = [0.5, 1, 0.2].map((share) => look(new SearchViews(), 4, 640, 480, 640 * share));
        console.log(`usual ${usual.join(", ")}; close ${close.join(", ")}; far ${far.join(", ")}`);
        expect(usual).toEqual([WHOLE, WHOLE, WHOLE, WHOLE]);
        expect(close).toEqual([WHOLE, WHOLE, WHOLE, WHOLE]);
        expect(far).toEqual([WHOLE, LEFT, WHOLE, RIGHT]);
    });

    it("begins with the whole picture again when a hand was lost, and asks more of palms and hands elsewhere", () => {
        const views = new SearchViews();
        look(views, 2, 640, 480, 0);
        const elsewhere = [views.minScore, views.minPresence];
        views.startAnew();
        expect(look(views, 2, 640, 480, 0)).toEqual([WHOLE, CLOSE]);
        views.next(640, 480, 0);
        console.log(
            `score and presence of at least ${views.minScore} and ${views.minPresence} in the whole picture, ${elsewhere.join(" and ")} elsewhere`
        );
        expect(elsewhere[0]).toBeGreaterThan(views.minScore);
        expect(elsewhere[1]).toBeGreaterThan(views.minPresence);
    });
});
