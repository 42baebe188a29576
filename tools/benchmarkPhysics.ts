// npm run benchmark:physics: what two hands cost a physics step, on one core under Node, for 0 to 400 bodies.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import HavokPhysics from "@babylonjs/havok";
import { measureBodiesCost } from "../scenes/benchmark/bodiesCost";
import { median, spread } from "../scenes/benchmark/statistics";

const BODIES = [0, 50, 100, 200, 400];
const STEPS = 600;

const wasm = createRequire(import.meta.url).resolve("@babylonjs/havok/lib/esm/HavokPhysics.wasm");
const havok = await HavokPhysics({ wasmBinary: readFileSync(wasm).buffer as ArrayBuffer });
console.log(
    "| bodies | hands' own ms (median, p95) | physics step with hands | without | whole step, median | of it by hands |"
);
console.log(
    "| -----: | --------------------------: | ----------------------: | ------: | -----------------: | -------------: |"
);
for (const bodies of BODIES) {
    // In one run, so that the machine's mood is the same for both.
    const without = measureBodiesCost(havok, bodies, false, STEPS);
    const both = measureBodiesCost(havok, bodies, true, STEPS);
    const whole = median(both.hands.map((ms, i) => ms + both.physics[i]));
    const share = (whole - median(without.physics)) / whole;
    const two = (values: number[]): string => {
        const { median: middle, p95 } = spread(values);
        return `${middle.toFixed(2)}, ${p95.toFixed(2)}`;
    };
    console.log(
        `| ${bodies} | ${two(both.hands)} | ${two(both.physics)} | ${two(without.physics)} | ${whole.toFixed(2)} | ${(100 * share).toFixed(0)} % |`
    );
}
process.exit(0);
