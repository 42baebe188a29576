// The overlay: figures of the running chain, choices, messages.

import type { PipelineStats, TrackedHand } from "../../src/index";

/** Buttons of which one is pressed. */
export interface Choice {
    title: string;
    labels: readonly string[];
    /** Called with the index of the pressed label. */
    choose: (index: number) => void;
}

/** Longest bar of a stage, ms. */
const BAR_MS = 50;
/** Index of the middle knuckle's depth among a state's joint coordinates: the hand's distance from the camera. */
const DEPTH = 3 * 11 + 2;

const byId = (id: string): HTMLElement => document.getElementById(id)!;

function create<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    parent: HTMLElement,
    className = "",
    text = ""
): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    parent.append(element);
    return element;
}

export class Panel {
    private readonly _rows = new Map<string, HTMLElement>();
    private readonly _stages = new Map<string, { bar: HTMLElement; value: HTMLElement }>();
    private readonly _buttons = new Map<string, HTMLButtonElement[]>();
    private _processed = 0;
    private _shownMs = 0;

    /** @param reset what the button that puts everything back does */
    public constructor(choices: readonly Choice[], reset: () => void) {
        const toolbar = byId("toolbar");
        for (const { title, labels, choose } of choices) {
            const group = create("div", toolbar, "group", title);
            group.role = "group";
            group.ariaLabel = title;
            const bar = create("div", group, "choices");
            const buttons = labels.map((label, index) => {
                const button = create("button", bar, "", label);
                button.onclick = () => {
                    this.press(title, index);
                    choose(index);
                };
                return button;
            });
            this._buttons.set(title, buttons);
            this.press(title, 0);
        }
        create("button", toolbar, "action", "Reset").onclick = reset;
        new ResizeObserver(() =>
            document.body.style.setProperty("--toolbar-height", `${toolbar.offsetHeight}px`)
        ).observe(toolbar);
        byId("message").querySelector("button")!.onclick = () => this.say(null);
    }

    /** Shows which of a choice's buttons is in force. */
    public press(title: string, pressed: number): void {
        this._buttons.get(title)!.forEach((button, i) => button.setAttribute("aria-pressed", String(i === pressed)));
    }

    /** Whether one of a choice's buttons can be pressed. @param why what its tip says where it cannot */
    public allow(title: string, index: number, allowed: boolean, why: string): void {
        const button = this._buttons.get(title)![index];
        button.disabled = !allowed;
        button.title = allowed ? "" : why;
    }

    /** A message in plain words; null takes it away. */
    public say(text: string | null): void {
        byId("message").hidden = text === null;
        byId("message").querySelector("span")!.textContent = text;
    }

    /** @param loaded bytes so far */
    public showProgress(loaded: number, total: number): void {
        (byId("progress") as HTMLProgressElement).value = loaded / total;
        byId("bytes").textContent = `${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
    }

    /** Takes the progress bar away. */
    public endProgress(): void {
        byId("loading").hidden = true;
    }

    /** What is said below the picture. */
    public showSource(text: string): void {
        byId("source").textContent = text;
    }

    /** Everything that is measured; a few times a second. */
    public show(
        framesPerSecond: number,
        state: string,
        stats: PipelineStats | null,
        all: readonly TrackedHand[]
    ): void {
        const hands = all.filter((hand) => hand.isTracked);
        this._showStatus(state, hands.length);
        const each = (text: (hand: TrackedHand) => string): string => hands.map(text).join(", ") || "–";
        this._row(
            "hand",
            "Hand",
            each(({ side }) => side)
        );
        this._row(
            "hand",
            "Depth",
            each(({ state: { joints } }) => `${(joints[DEPTH] * 100).toFixed(0)} cm`)
        );
        this._row(
            "hand",
            "Gesture",
            each(({ pinch, grab }) => (pinch.isActive ? "pinch" : grab.isActive ? "grab" : "open"))
        );
        this._row(
            "hand",
            "Holding",
            each(({ grabber }) => grabber?.heldBody?.transformNode.name ?? "nothing")
        );
        this._row("figures", "Drawing", `${framesPerSecond.toFixed(0)} frames/s`);
        if (!stats) {
            return;
        }
        const now = performance.now();
        const rate = (1000 * (stats.processed - this._processed)) / (now - this._shownMs);
        this._processed = stats.processed;
        this._shownMs = now;
        this._row("figures", "Tracking", `${Math.max(0, rate).toFixed(0)} frames/s`);
        this._row("figures", "Latency", `${stats.latencyMs.toFixed(0)} ms`);
        byId("reason").textContent = stats.reason;
        const { pixelsMs, detectMs, recoverMs, solveMs } = stats.times;
        this._stage("Picture", pixelsMs);
        this._stage("Palm", detectMs);
        this._stage("Hand", recoverMs);
        this._stage("Fit", solveMs);
    }

    /**
     * What the running recoverer costs, and how sure it is of the hands.
     * @param cropMs of one crop
     */
    public showCost(cropMs: number | null, stats: PipelineStats | null, all: readonly TrackedHand[]): void {
        const hands = all.filter((hand) => hand.isTracked);
        const mean = (value: (hand: TrackedHand) => number): string =>
            hands.length > 0
                ? `± ${((1000 * hands.reduce((sum, hand) => sum + value(hand), 0)) / hands.length).toFixed(1)} mm`
                : "–";
        const threads = stats && stats.threads > 1 ? `, ${stats.threads} threads` : "";
        this._row("cost", "One crop", cropMs === null ? "–" : `${cropMs.toFixed(1)} ms`);
        this._row("cost", "Runs on", !stats ? "–" : stats.backend === "wasm" ? `WASM${threads}` : "WebGPU");
        this._row(
            "cost",
            "Sigma of joints",
            mean(({ state }) => state.sigma)
        );
        this._row(
            "cost",
            "Sigma of depth",
            mean(({ state }) => state.depthSigma)
        );
    }

    private _showStatus(state: string, hands: number): void {
        const pill = byId("status");
        const isRunning = state === "running";
        pill.textContent = isRunning ? (hands > 0 ? "tracking" : "no hand") : state;
        pill.dataset.tone = state === "failed" ? "bad" : isRunning && hands > 0 ? "good" : "";
    }

    private _row(list: string, name: string, value: string): void {
        let cell = this._rows.get(name);
        if (!cell) {
            create("dt", byId(list), "", name);
            cell = create("dd", byId(list));
            this._rows.set(name, cell);
        }
        cell.textContent = value;
    }

    private _stage(name: string, ms: number): void {
        let row = this._stages.get(name);
        if (!row) {
            const line = create("div", byId("stages"), "stage");
            create("span", line, "", name);
            row = { bar: create("i", line), value: create("span", line) };
            this._stages.set(name, row);
        }
        row.value.textContent = `${ms.toFixed(1)} ms`;
        row.bar.style.setProperty("--part", `${Math.min(100, (100 * ms) / BAR_MS).toFixed(0)}%`);
    }
}
