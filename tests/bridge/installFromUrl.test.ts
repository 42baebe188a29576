// Options of the script tag's address.

import { expect, test } from "vitest";
import { XRHandBridge } from "../../src/bridge/xrHandBridge";
import { optionsFromUrl } from "../../src/bridge/installFromUrl";
import { HandTrackingError } from "../../src/errors";

const SCRIPT = "https://example.org/webxr-bridge.auto.js";

const thrownBy = (act: () => unknown): unknown => {
    try {
        act();
    } catch (error) {
        return error;
    }
    return null;
};

test("a bare script tag asks for the webcam and every default", () => {
    const given = Object.entries(optionsFromUrl(SCRIPT)).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(given)).toEqual({ force: false });
});

test("the address sets options", () => {
    const options = optionsFromUrl(
        `${SCRIPT}?recoverer=mediapipe&backend=wasm&view=camera&facingDistance=1.2&maxHands=1&models=/m/&wasm=/w/&force`
    );
    expect(options).toMatchObject({
        recoverer: "mediapipe",
        backend: "wasm",
        view: "camera",
        facingDistance: 1.2,
        maxHands: 1,
        modelBaseUrl: "/m/",
        wasmBaseUrl: "/w/",
        force: true,
    });
});

test.each(["vieW=camera", "view=mirror", "backend=gpu", "facingDistance=near", "facingDistance=", "maxHands=3"])(
    "%s is refused, with the value and what can be written",
    (query) => {
        const error = thrownBy(() => optionsFromUrl(`${SCRIPT}?${query}`));
        console.log((error as Error).message);
        expect(error).toBeInstanceOf(HandTrackingError);
        expect((error as HandTrackingError).code).toBe("invalid-argument");
    }
);

test.each([{ palmLength: 9 }, { facingDistance: -1 }, { facingDistance: Infinity }, { view: "mirror" as never }])(
    "the bridge refuses %j",
    (options) => {
        const error = thrownBy(() => new XRHandBridge(options));
        console.log((error as Error).message);
        expect(error).toBeInstanceOf(HandTrackingError);
    }
);
