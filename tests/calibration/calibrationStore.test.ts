import { describe, expect, it } from "vitest";
import { CALIBRATION_KEY, CalibrationStore, type CalibrationStorage } from "../../src/calibration/calibrationStore";
import { seededRandom } from "../helpers/random";

function memory(text: string | null = null): CalibrationStorage & { text: string | null } {
    return {
        text,
        getItem(key) {
            return key === CALIBRATION_KEY ? this.text : null;
        },
        setItem(key, value) {
            expect(key).toBe(CALIBRATION_KEY);
            this.text = value;
        },
        removeItem() {
            this.text = null;
        },
    };
}

describe("the calibration store", () => {
    it("keeps what was measured by the camera's label, and adds to it", () => {
        const storage = memory();
        expect(new CalibrationStore(storage).load("front")).toEqual({});
        expect(new CalibrationStore(storage).save("front", { fieldOfView: 1.2 })).toBe(true);
        expect(new CalibrationStore(storage).save("front", { palmLength: 0.1 })).toBe(true);
        new CalibrationStore(storage).save("back", { fieldOfView: 0.9 });
        const store = new CalibrationStore(storage);
        expect(store.load("front")).toEqual({ fieldOfView: 1.2, palmLength: 0.1 });
        expect(store.load("back")).toEqual({ fieldOfView: 0.9 });
        store.forget("front");
        expect(store.load("front")).toEqual({});
        expect(store.load("back")).toEqual({ fieldOfView: 0.9 });
        store.forget();
        expect(storage.text).toBeNull();
    });

    it("remembers 16 cameras, forgets the oldest, and takes any label", () => {
        const store = new CalibrationStore(memory());
        const labels = [
            "__proto__",
            "constructor",
            "",
            "x".repeat(5000),
            ...Array.from({ length: 16 }, (_, i) => `${i}`),
        ];
        for (const label of labels) {
            store.save(label, { palmLength: 0.1 });
            expect(store.load(label)).toEqual({ palmLength: 0.1 });
        }
        const kept = labels.filter((label) => store.load(label).palmLength);
        console.log(`kept ${kept.length} of ${labels.length}`);
        expect(kept).toEqual(labels.slice(-16));
        expect(({} as { palmLength?: number }).palmLength).toBeUndefined();
    });

    it("leaves out what is not possible", () => {
        const store = new CalibrationStore(memory());
        store.save("a", { palmLength: 9, fieldOfView: NaN });
        expect(store.load("a")).toEqual({});
        store.save("a", { palmLength: 0.1 });
        store.save("a", { palmLength: -1 });
        expect(store.load("a")).toEqual({ palmLength: 0.1 });
    });

    it("survives storages that are missing or refuse", () => {
        const refuse = (): never => {
            throw new Error("SecurityError");
        };
        const storages = [null, { getItem: refuse, setItem: refuse, removeItem: refuse }];
        for (const storage of storages) {
            const store = new CalibrationStore(storage);
            expect(store.load("a")).toEqual({});
            expect(store.save("a", { palmLength: 0.1 })).toBe(false);
            expect(store.forget()).toBe(false);
            expect(store.forget("a")).toBe(false);
        }
        // Node has no localStorage unless it is told to.
        expect(new CalibrationStore().load("a")).toEqual({});
    });

    it("ignores damaged content and writes over it: 5000 damaged texts", () => {
        const random = seededRandom(7);
        const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
        const junk = (): unknown =>
            pick([null, 0, -1, 1e308, "x", true, [], {}, [1], { label: 1 }, "0.1", { palmLength: 0.1 }, 0.1, 1.2]);
        const whole = JSON.stringify({ version: 1, cameras: [{ label: "a", palmLength: 0.1, fieldOfView: 1.1 }] });
        let [read, empty] = [0, 0];
        for (let i = 0; i < 5000; i++) {
            let text = whole;
            switch (i % 4) {
                case 0:
                    text = whole.slice(0, Math.floor(random() * whole.length));
                    break;
                case 1:
                    for (let k = 0; k < 3; k++) {
                        const at = Math.floor(random() * text.length);
                        text = text.slice(0, at) + String.fromCharCode(32 + random() * 95) + text.slice(at + 1);
                    }
                    break;
                case 2:
                    text = JSON.stringify({
                        version: pick([1, 1, 2, "1", null]),
                        cameras: pick([junk(), [junk(), junk()]]),
                    });
                    break;
                default:
                    text = JSON.stringify({
                        version: 1,
                        cameras: [junk(), { label: "a", palmLength: junk(), fieldOfView: junk(), evil: junk() }],
                    });
            }
            const storage = memory(text);
            const store = new CalibrationStore(storage);
            const found = store.load("a");
            for (const [field, value] of Object.entries(found)) {
                expect(["palmLength", "fieldOfView"]).toContain(field);
                const [low, high] = field === "palmLength" ? [0.04, 0.2] : [0.2, 2.6];
                expect(value > low && value < high).toBe(true);
            }
            if (Object.keys(found).length > 0) {
                read++;
            } else {
                empty++;
            }
            expect(store.save("a", { palmLength: 0.11 })).toBe(true);
            expect(new CalibrationStore(storage).load("a").palmLength).toBe(0.11);
        }
        expect(new CalibrationStore(memory("[".repeat(100_000))).load("a")).toEqual({});
        console.log(`${empty} texts ignored, ${read} with something left that is valid`);
        expect(empty).toBeGreaterThan(1000);
        expect(read).toBeGreaterThan(100);
    });
});
