// The list of recoverers: which one runs, how far another has loaded.

import type { RecovererChoice } from "./recoverers";

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

export class RecovererChooser {
    private readonly _rows = new Map<string, { button: HTMLButtonElement; note: HTMLElement; size: string }>();
    private _loading: string | null = null;

    /** @param choose called with the name of the one that was clicked */
    public constructor(parent: HTMLElement, choices: readonly RecovererChoice[], choose: (name: string) => void) {
        for (const { name, label, bytes, hasMesh } of choices) {
            const button = document.createElement("button");
            const [title, note] = [document.createElement("span"), document.createElement("small")];
            title.textContent = label;
            const size = `${megabytes(bytes)} MB`;
            note.textContent = size;
            button.append(title, note);
            button.setAttribute("aria-label", label);
            button.title = hasMesh ? `${label}: keypoints and a mesh` : `${label}: keypoints`;
            button.onclick = () => choose(name);
            parent.append(button);
            this._rows.set(name, { button, note, size });
        }
    }

    /** Shows which one is in force. */
    public press(name: string): void {
        for (const [key, { button }] of this._rows) {
            button.setAttribute("aria-pressed", String(key === name));
        }
    }

    /** Whether one is on its way. */
    public get isLoading(): boolean {
        return this._loading !== null;
    }

    /** One is on its way: the others must wait. */
    public startLoading(name: string): void {
        this._loading = name;
        this._setEnabled(false);
        this._rows.get(name)?.button.setAttribute("aria-busy", "true");
        this.showProgress(0, 1);
    }

    /** @param loaded bytes so far */
    public showProgress(loaded: number, total: number): void {
        const row = this._loading === null ? undefined : this._rows.get(this._loading);
        if (row) {
            row.button.style.setProperty("--loaded", `${((100 * loaded) / total).toFixed(1)}%`);
            row.note.textContent =
                loaded === 0
                    ? "asking…"
                    : loaded < total
                      ? `${megabytes(loaded)} of ${megabytes(total)} MB`
                      : "preparing…";
        }
    }

    /** It is here, or could not be loaded. */
    public endLoading(): void {
        const row = this._loading === null ? undefined : this._rows.get(this._loading);
        this._loading = null;
        this._setEnabled(true);
        if (row) {
            row.button.removeAttribute("aria-busy");
            row.note.textContent = row.size;
        }
    }

    private _setEnabled(enabled: boolean): void {
        for (const { button } of this._rows.values()) {
            button.disabled = !enabled;
        }
    }
}
