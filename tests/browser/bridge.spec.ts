// Applications for a headset's hands, on a camera's picture: three.js and Babylon.js without a line for the webcam.

import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import type { Report } from "../../scenes/bridge/babylon/main";
import type { ClipHands } from "../../scenes/bridge/clipHands";
import { launchWithClipAsWebcam } from "./fakeWebcam";

declare global {
    interface Window {
        __clipHands: ClipHands;
        __handReport: Report;
        __three: ThreePage;
    }
}

/** The parts of three.js that are looked at, as its own developer tools see them. */
interface ThreePage {
    renderer: {
        xr: {
            getHand(index: number): ThreeHand;
            getSession(): EventTarget | null;
        };
    };
    scene: { children: { isMesh?: boolean; position: ThreeVector }[] };
    events: string[];
    samples: Sample[];
}

interface ThreeVector {
    toArray(): number[];
}

interface ThreeHand {
    visible: boolean;
    joints: Record<string, { position: ThreeVector; jointRadius: number }>;
    addEventListener(type: string, listener: (event: { handedness: string }) => void): void;
}

/** What a page sees at one moment: positions of all joints, metres, by the application's own hand index or side. */
interface Sample {
    frame: number;
    hands: { joints: number[][]; radii: number[] }[];
}

const THREE_PAGE = "scenes/bridge/three/hands.html";
const BRIDGE_TAG = '<script type="module" src="/webxr-bridge.js"></script>';
/**
 * The clip shows one hand. Beside its mirror image it makes a picture with a right and a left hand, and the network has to find
 * and recover both: no hand is copied after the picture. From frame 150 on there is one pinch, from frame 177 to 310.
 */
const TWO_HANDS = "/clip-hands.js?hands=2&from=150";
/** Frames from 150 to the clip's end. */
const FRAMES = 205;
/** Frames after which both hands must have been found. */
const SETTLED = 5;
/** Share of the looks after it that show both. */
const MIN_SHARE = 0.98;
/** WebXR's order of joints. */
const WRIST = 0;
const INDEX_TIP = 9;
const MIDDLE_KNUCKLE = 11;
/** Palms of adults, wrist to middle knuckle, mm. */
const PALM_MM = [75, 115] as const;

const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((value, k) => value - b[k]));
const millimetres = (metres: number): number => Math.round(metres * 10_000) / 10;

/** Lets nothing in from elsewhere; the addresses that were asked for. */
async function shutNetworkAsync(page: Page): Promise<string[]> {
    const foreign: string[] = [];
    await page.route("**/*", (route) => {
        const { hostname } = new URL(route.request().url());
        if (hostname === "127.0.0.1" || hostname === "localhost") {
            return route.fallback();
        }
        foreign.push(route.request().url());
        return route.abort();
    });
    return foreign;
}

/** The bridge's script tag plays the clip instead of asking for the webcam. */
async function playClipAsync(page: Page): Promise<void> {
    await page.route("**/webxr-bridge.js", (route) =>
        route.fulfill({ contentType: "text/javascript", body: `import "${TWO_HANDS}";` })
    );
}

/** Watches three.js through the events that it gives its developer tools: the page itself stays as it is. */
function watchThree(): void {
    const tools = new EventTarget();
    Object.assign(window, { __THREE_DEVTOOLS__: tools });
    window.__three = { events: [], samples: [] } as unknown as ThreePage;
    tools.addEventListener("observe", (event) => {
        const { detail } = event as CustomEvent<{ isScene?: boolean; xr?: unknown }>;
        if (detail.isScene) {
            window.__three.scene = detail as never;
        } else if (detail.xr) {
            window.__three.renderer = detail as never;
        }
    });
}

/** From the session on: what hands do, and where their joints are. */
function recordThree(): void {
    const { renderer, events, samples } = window.__three;
    const hands = [renderer.xr.getHand(0), renderer.xr.getHand(1)];
    for (const hand of hands) {
        for (const type of ["pinchstart", "pinchend"]) {
            hand.addEventListener(type, ({ handedness }) => events.push(`${handedness} ${type}`));
        }
    }
    for (const type of ["selectstart", "select", "selectend"]) {
        renderer.xr.getSession()!.addEventListener(type, (event) => {
            const { handedness } = (event as Event & { inputSource: { handedness: string } }).inputSource;
            events.push(`${handedness} ${type}`);
        });
    }
    setInterval(() => {
        const seen = hands.filter(({ visible, joints }) => visible && "wrist" in joints);
        samples.push({
            frame: window.__clipHands?.frames ?? 0,
            hands: seen.map(({ joints }) => ({
                joints: Object.values(joints).map(({ position }) => position.toArray()),
                radii: Object.values(joints).map(({ jointRadius }) => jointRadius),
            })),
        });
    }, 100);
}

async function enterThreeAsync(page: Page): Promise<void> {
    await page.waitForFunction(() => document.querySelector("#VRButton")?.textContent === "ENTER VR");
    await page.click("#VRButton");
    await page.waitForFunction(() => window.__three.renderer?.xr.getSession());
    await page.evaluate(recordThree);
}

const waitForClipAsync = (page: Page): Promise<unknown> =>
    page.waitForFunction((frames) => window.__clipHands.frames >= frames, FRAMES, { timeout: 200_000 });

test("a three.js page sees two hands of the clip, and a pinch of each", async ({ page }) => {
    const foreign = await shutNetworkAsync(page);
    await playClipAsync(page);
    await page.addInitScript(watchThree);
    const response = await page.goto("/three/examples/hands.html");
    expect((await response!.text()).replace(BRIDGE_TAG, "")).toBe(readFileSync(THREE_PAGE, "utf8"));
    await enterThreeAsync(page);
    await waitForClipAsync(page);
    const { events, samples, cubes, errors } = await page.evaluate(() => ({
        events: window.__three.events,
        samples: window.__three.samples,
        cubes: window.__three.scene.children.filter(({ isMesh }) => isMesh).map(({ position }) => position.toArray()),
        errors: window.__clipHands.errors,
    }));

    const tracked = samples.filter(({ frame }) => frame >= SETTLED);
    const both = tracked.filter(({ hands }) => hands.length === 2);
    const joints = both.flatMap(({ hands }) => hands.map((hand) => hand.joints));
    const palms = joints.map((hand) => distance(hand[WRIST], hand[MIDDLE_KNUCKLE]) * 1000);
    const tips = both.map(({ hands }) => hands.map((hand) => hand.joints[INDEX_TIP]));
    const [first, last] = [events.indexOf("right selectstart"), events.indexOf("right selectend")];
    // The clip's hand is carried to the side and back while it pinches; the mirror image to the other side.
    const ways = [0, 1].map((i) => {
        const xs = tips.map((pair) => pair[i][0]);
        return Math.max(...xs) - Math.min(...xs);
    });
    const asymmetry = Math.max(...tips.map(([a, b]) => distance(a, [-b[0], b[1], b[2]])));
    console.log(
        `two hands in ${both.length} of ${tracked.length} looks; palms ${Math.min(...palms).toFixed(1)} to ` +
            `${Math.max(...palms).toFixed(1)} mm; index fingers go ${ways.map(millimetres).join(" and ")} mm, mirror images to ` +
            `${millimetres(asymmetry)} mm; cubes ${JSON.stringify(cubes.map((at) => at.map(millimetres)))} mm; ${events.join(", ")}`
    );
    expect(both.length / tracked.length).toBeGreaterThan(MIN_SHARE);
    expect(joints.every((hand) => hand.length === 25 && hand.flat().every(Number.isFinite))).toBe(true);
    expect(both.every(({ hands }) => hands.every(({ radii }) => radii.every((r) => r > 0.003 && r < 0.04)))).toBe(true);
    expect(Math.min(...palms)).toBeGreaterThan(PALM_MM[0]);
    expect(Math.max(...palms)).toBeLessThan(PALM_MM[1]);
    expect(Math.min(...ways)).toBeGreaterThan(0.08);
    // Mirror images of one clip: what the two hands differ by is the network's and the filters' doing.
    expect(asymmetry).toBeLessThan(0.02);
    for (const side of ["left", "right"]) {
        expect(events.filter((event) => event === `${side} pinchstart`)).toHaveLength(1);
        expect(events.filter((event) => event === `${side} pinchend`)).toHaveLength(1);
        expect(
            events.filter((event) => event.startsWith(`${side} select`)).map((event) => event.split(" ")[1])
        ).toEqual(["selectstart", "select", "selectend"]);
    }
    expect(first).toBeLessThan(last);
    expect(cubes).toHaveLength(2);
    expect(
        Math.min(...tips.map(([a]) => distance(a, cubes[0])), ...tips.map(([, b]) => distance(b, cubes[0])))
    ).toBeLessThan(0.03);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
});

test("Babylon's hand tracking sees two hands of the clip, and its near interaction carries a ball with each", async ({
    page,
}) => {
    const foreign = await shutNetworkAsync(page);
    await playClipAsync(page);
    await page.goto("/bridge/babylon/");
    await page.click(".babylonVRicon");
    const looks: ReturnType<Report["hands"]>[] = [];
    const start = Date.now();
    for (let frame = 0; frame < FRAMES && Date.now() - start < 200_000; await page.waitForTimeout(100)) {
        frame = await page.evaluate(() => window.__clipHands.frames);
        if (frame >= SETTLED) {
            looks.push(await page.evaluate(() => window.__handReport.hands()));
        }
    }
    const { events, dragged, errors, balls } = await page.evaluate(() => ({
        events: window.__handReport.events,
        dragged: window.__handReport.dragged,
        errors: window.__clipHands.errors,
        balls: window.__handReport.balls(),
    }));
    const both = looks.filter((hands) => hands.length === 2);
    const joints = both.flatMap((hands) => hands.map((hand) => hand.joints));
    const palms = joints.map((hand) => distance(hand[WRIST], hand[MIDDLE_KNUCKLE]) * 1000);
    console.log(
        `two hands in ${both.length} of ${looks.length} looks; palms ${Math.min(...palms).toFixed(1)} to ` +
            `${Math.max(...palms).toFixed(1)} mm; ${JSON.stringify(events)}; balls end at ${JSON.stringify(balls.map((at) => at.map(millimetres)))} mm`
    );
    expect(both.length / looks.length).toBeGreaterThan(MIN_SHARE);
    expect(joints.every((hand) => hand.length === 25 && hand.flat().every(Number.isFinite))).toBe(true);
    expect(Math.min(...palms)).toBeGreaterThan(PALM_MM[0]);
    expect(Math.max(...palms)).toBeLessThan(PALM_MM[1]);
    for (const side of ["left", "right"]) {
        const own = events.filter(({ mesh }) => mesh === `ball-${side}`);
        expect(own.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual(["down xr-near", "up xr-near"]);
        expect(dragged).toContain(`ball-${side}`);
    }
    // Each was taken from where it hung toward the middle, as the clip's hand goes.
    for (const [x] of balls) {
        expect(0.195 - Math.abs(x)).toBeGreaterThan(0.08);
    }
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
});

test("one script tag brings the webcam's hand into the page, and the session's end gives the camera back", async ({
    baseURL,
}) => {
    const browser = await launchWithClipAsWebcam();
    try {
        const page = await browser.newPage({ viewport: { width: 320, height: 180 } });
        const foreign = await shutNetworkAsync(page);
        const models: string[] = [];
        page.on("request", (request) => models.push(...(/[^/]+\.onnx$/.exec(request.url()) ?? [])));
        await page.addInitScript(watchThree);
        await page.addInitScript(() => {
            const tracks: MediaStreamTrack[] = [];
            Object.assign(window, { __tracks: tracks });
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (constraints) => {
                const stream = await ask(constraints);
                tracks.push(...stream.getTracks());
                return stream;
            };
        });
        const trackStates = (): Promise<string[]> =>
            page.evaluate(() =>
                (window as unknown as { __tracks: MediaStreamTrack[] }).__tracks.map(({ readyState }) => readyState)
            );
        const { fieldOfView } = JSON.parse(readFileSync("assets/clip/clip.json", "utf8")) as { fieldOfView: number };
        await page.goto(`${baseURL}/three/examples/hands.html?backend=wasm&recoverer=auto&fieldOfView=${fieldOfView}`);
        await page.waitForFunction(() => document.querySelector("#VRButton")?.textContent === "ENTER VR");
        const before = await trackStates();
        await enterThreeAsync(page);
        await page.waitForFunction(() => window.__three.events.includes("right pinchend"), null, { timeout: 180_000 });
        const during = await trackStates();
        const { events, samples } = await page.evaluate(() => window.__three);
        await page.evaluate(() =>
            (window.__three.renderer.xr.getSession() as unknown as { end(): Promise<void> }).end()
        );
        await expect.poll(trackStates).toEqual(["ended"]);
        const palms = samples
            .flatMap(({ hands }) => hands)
            .map(({ joints }) => distance(joints[WRIST], joints[MIDDLE_KNUCKLE]) * 1000);
        console.log(
            `camera tracks before the session: ${before.length}, in it: ${during.join()}; palms ${Math.min(...palms).toFixed(1)} ` +
                `to ${Math.max(...palms).toFixed(1)} mm in ${palms.length} looks; ${events.join(", ")}; ${models.join(", ")}`
        );
        expect(models.slice(0, 2).sort()).toEqual(["fast.onnx", "palm.onnx"]);
        expect(before).toEqual([]);
        expect(during).toEqual(["live"]);
        expect(events).toContain("right pinchstart");
        expect(events.filter((event) => event.startsWith("left"))).toEqual([]);
        expect(Math.min(...palms)).toBeGreaterThan(PALM_MM[0]);
        expect(Math.max(...palms)).toBeLessThan(PALM_MM[1]);
        expect(foreign).toEqual([]);
    } finally {
        await browser.close();
    }
});

/** What a page can see of WebXR: names of globals, the browser's own `navigator.xr`, what it says of itself. */
function seenOfXR(): Record<string, unknown> {
    const names = Object.getOwnPropertyNames(window).filter((name) => name.startsWith("XR"));
    return {
        globals: names.sort().join(),
        native: names.filter((name) => String(Reflect.get(window, name)).includes("[native code]")).length,
        navigator: Object.getOwnPropertyNames(navigator).join(),
        xr: String(Reflect.get(navigator, "xr")),
        userAgent: navigator.userAgent,
        context: String(WebGL2RenderingContext.prototype.makeXRCompatible),
        containers: document.querySelectorAll("[data-webxr_runtime]").length,
    };
}

/** An empty page with the script tag, and one script after it that asks what any application asks. */
async function openEmptyPageAsync(page: Page): Promise<void> {
    await page.route("**/empty.html", (route) =>
        route.fulfill({
            contentType: "text/html",
            body: `<!doctype html><script>window.__before = (${seenOfXR})()</script>${BRIDGE_TAG}<script type="module">
                window.__early = String(navigator.xr); window.__vr = await navigator.xr.isSessionSupported("immersive-vr");
            </script>`,
        })
    );
    await page.goto("/empty.html");
    await page.waitForFunction(() => "__vr" in window);
}

const read = (page: Page, name: string): Promise<unknown> => page.evaluate((key) => Reflect.get(window, key), name);

test("the bridge is there for the page's next script, and dispose leaves nothing of it", async ({ page }) => {
    await playClipAsync(page);
    await openEmptyPageAsync(page);
    const before = await read(page, "__before");
    const during = await page.evaluate(seenOfXR);
    expect(await read(page, "__vr")).toBe(true);
    expect(during).not.toEqual(before);
    await page.evaluate(() => window.__clipHands.bridge.dispose());
    const after = await page.evaluate(seenOfXR);
    console.log(
        `XR's globals: ${String(during.globals).split(",").length}, of the browser's own ${String(during.native)}; after: ${JSON.stringify(after)}`
    );
    expect(after).toEqual(before);
    expect(during.userAgent).toBe(after.userAgent);
});

test("where the browser has a headset the bridge gives way, and loads no model", async ({ page }) => {
    const models: string[] = [];
    page.on("request", (request) => request.url().includes("/models/") && models.push(request.url()));
    await page.addInitScript(() => {
        const headset = { isSessionSupported: () => Promise.resolve(true), toString: () => "a headset" };
        Object.defineProperty(Navigator.prototype, "xr", { configurable: true, get: () => headset });
    });
    await openEmptyPageAsync(page);
    await expect.poll(() => page.evaluate(seenOfXR)).toEqual(await read(page, "__before"));
    console.log(
        `before the headset answers: ${String(await read(page, "__early"))}, after: ${(await page.evaluate(seenOfXR)).xr}`
    );
    expect((await page.evaluate(seenOfXR)).xr).toBe("a headset");
    expect(models).toEqual([]);
});
