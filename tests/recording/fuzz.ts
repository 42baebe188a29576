// Damage to JSON: in its text and in its values.

const WRONG_VALUES: unknown[] = [
    null,
    undefined,
    NaN,
    Infinity,
    -1,
    0,
    0.5,
    2,
    1e9,
    -1e300,
    "",
    "right",
    "NaN",
    true,
    [],
    {},
    [null],
    [[[]]],
    new Array(100).fill(0),
    new Array(75).fill("1"),
    { length: 75 },
    Symbol("x"),
    10n,
];

/** A text with a piece cut off, left out, doubled or overwritten. */
export function damagedText(text: string, random: () => number): string {
    const at = Math.floor(random() * text.length);
    const end = Math.min(text.length, at + 1 + Math.floor(random() * 30));
    const kind = Math.floor(random() * 5);
    if (kind === 0) {
        return text.slice(0, at);
    }
    if (kind === 1) {
        return text.slice(0, at) + text.slice(end);
    }
    if (kind === 2) {
        return text.slice(0, end) + text.slice(at);
    }
    const characters = '0123456789-.,:[]{}"eE nul';
    const put = kind === 3 ? 1 : end - at;
    const junk = Array.from({ length: put }, () => characters[Math.floor(random() * characters.length)]).join("");
    return text.slice(0, at) + junk + text.slice(at + put);
}

/** Walks to a random place of a value of `JSON.parse` and puts something wrong there, in place. */
export function damageValue(root: unknown, random: () => number): void {
    let at = root as Record<string, unknown>;
    for (;;) {
        const keys = Object.keys(at);
        const key = keys[Math.floor(random() * keys.length)];
        const next = at[key];
        const isLeaf = typeof next !== "object" || next === null || Object.keys(next).length === 0;
        if (!isLeaf && random() < 0.85) {
            at = next as Record<string, unknown>;
            continue;
        }
        if (random() < 0.2) {
            if (Array.isArray(at)) {
                at.splice(Number(key), 1);
            } else {
                delete at[key];
            }
        } else {
            at[key] = WRONG_VALUES[Math.floor(random() * WRONG_VALUES.length)];
        }
        return;
    }
}
