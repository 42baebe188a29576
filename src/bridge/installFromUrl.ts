// One script tag: the bridge with options from the query of the script's own address.

import { HandTrackingError } from "../errors";
import { VideoSource } from "../sources/videoSource";
import { WebcamSource } from "../sources/webcamSource";
import type { XRHandBridgeOptions } from "./bridgeOptions";
import { XRHandBridge } from "./xrHandBridge";

/** What the query may hold; anything else is a mistyped name. */
const NAMES = [
    "clip",
    "fieldOfView",
    "recoverer",
    "backend",
    "models",
    "wasm",
    "view",
    "facingDistance",
    "palmLength",
    "maxHands",
    "force",
];

function readNumber(query: URLSearchParams, name: string): number | undefined {
    const text = query.get(name);
    if (text === null) {
        return undefined;
    }
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) {
        throw new HandTrackingError(
            "invalid-argument",
            `${name}=${text} is no number; write ${name}=0.9 for instance.`
        );
    }
    return value;
}

function readChoice<T extends string>(query: URLSearchParams, name: string, choices: readonly T[]): T | undefined {
    const text = query.get(name);
    if (text !== null && !choices.includes(text as T)) {
        throw new HandTrackingError("invalid-argument", `${name}=${text} is none of ${choices.join(", ")}.`);
    }
    return (text as T | null) ?? undefined;
}

/**
 * Options of a script's address: `clip` (a video instead of the webcam), `fieldOfView` of the picture's longer side in radians,
 * `models` and `wasm` (folders), `force` (no value), and names of `XRHandBridgeOptions`. Addresses are relative to the page.
 * @throws HandTrackingError `invalid-argument` for names and values that it does not know
 */
export function optionsFromUrl(script: string): XRHandBridgeOptions {
    const query = new URL(script).searchParams;
    for (const name of query.keys()) {
        if (!NAMES.includes(name)) {
            throw new HandTrackingError(
                "invalid-argument",
                `The bridge knows no option "${name}"; it knows ${NAMES.join(", ")}.`
            );
        }
    }
    const maxHands = readChoice(query, "maxHands", ["1", "2"]);
    const options: XRHandBridgeOptions = {
        recoverer: query.get("recoverer") ?? undefined,
        backend: readChoice(query, "backend", ["auto", "webgpu", "wasm"]),
        wasmBaseUrl: query.get("wasm") ?? undefined,
        view: readChoice(query, "view", ["facing", "camera"]),
        facingDistance: readNumber(query, "facingDistance"),
        palmLength: readNumber(query, "palmLength"),
        maxHands: maxHands && (Number(maxHands) as 1 | 2),
        force: query.has("force"),
    };
    const models = query.get("models");
    if (models !== null) {
        options.modelBaseUrl = models;
    }
    const clip = query.get("clip");
    const fieldOfView = readNumber(query, "fieldOfView");
    if (clip !== null) {
        options.source = new VideoSource(clip, { fieldOfView });
    } else if (fieldOfView !== undefined) {
        options.source = new WebcamSource({ fieldOfView });
    }
    return options;
}

/**
 * Installs the bridge before the scripts that come after this one in the page; at once, as `XRHandBridge.install`.
 * @param script the script's own address, `import.meta.url`
 * @throws HandTrackingError `invalid-argument` for options that it does not know, or where the script is another site's
 */
export function installFromUrl(script: string): XRHandBridge {
    const options = optionsFromUrl(script);
    const { origin } = new URL(script);
    if (origin !== location.origin) {
        throw new HandTrackingError(
            "invalid-argument",
            `The bridge comes from ${origin}, but browsers start workers from the page's own origin only: serve its folder from ${location.origin}.`
        );
    }
    const bridge = new XRHandBridge(options);
    bridge.install();
    return bridge;
}
