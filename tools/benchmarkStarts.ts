// npm run benchmark:starts [-- --line 20,100 --delay 20 --recoverers fast --repeats 5]: first and second visits over lines of so many
// megabits a second, with everything compressed, as hosts serve it. `--line none` measures them with no line at all, as `npm run benchmark`
// does with fewer visits.

import { parseArgs } from "node:util";
import { listContenders } from "../scenes/benchmark/contenders/contenderList";
import { readSettings } from "../scenes/benchmark/settings";
import { measureFreshStartsAsync } from "./lib/freshStarts";
import { fetchMediaPipe } from "./lib/mediapipe";
import { buildScenesAsync } from "./lib/scenesServer";
import { serveSiteAsync } from "./lib/siteServer";
import { SlowLine } from "./lib/slowLine";

/** What others are set beside. */
const REFERENCE = "tasks-vision full";
const NO_LINE = "none";

const { values } = parseArgs({
    options: {
        line: { type: "string", default: "20,100" },
        delay: { type: "string", default: "20" },
        recoverers: { type: "string", default: "fast" },
        repeats: { type: "string", default: "5" },
    },
});
const query = { recoverers: values.recoverers };
const { recoverers } = readSettings(new URLSearchParams(query));
const names = listContenders(recoverers)
    .map(({ name }) => name)
    .filter((name) => name.startsWith("ours") || name === REFERENCE);
fetchMediaPipe();
await buildScenesAsync();
for (const line of values.line.split(",")) {
    const server = await serveSiteAsync(
        line === NO_LINE ? undefined : new SlowLine(Number(line), Number(values.delay))
    );
    const starts = await measureFreshStartsAsync(server, names, Number(values.repeats), query);
    await server.close();
    const base = starts[REFERENCE];
    const over =
        line === NO_LINE ? "No line" : `A line of ${line} megabits a second, ${values.delay} ms to the first byte`;
    console.log(`\n${over}; medians of ${values.repeats}`);
    console.table(
        Object.fromEntries(
            Object.entries(starts).map(([name, { coldMs, warmMs }]) => [
                name,
                {
                    "cold ms": Math.round(coldMs!),
                    "of theirs": (coldMs! / base.coldMs!).toFixed(2),
                    "warm ms": Math.round(warmMs!),
                    "of own cold": (warmMs! / coldMs!).toFixed(2),
                },
            ])
        )
    );
}
