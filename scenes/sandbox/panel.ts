// The panel: figures of the running chain, and the buttons.

/** A button: its caption, and what it does. */
export interface PanelButton {
    label: string;
    action: () => void;
}

export class Panel {
    private readonly _values = new Map<string, HTMLElement>();

    public constructor(
        private readonly _list: HTMLElement,
        buttonBar: HTMLElement,
        buttons: readonly PanelButton[]
    ) {
        for (const { label, action } of buttons) {
            const button = document.createElement("button");
            button.textContent = label;
            button.onclick = action;
            buttonBar.append(button);
        }
    }

    /** Shows a figure under a name; the first call for a name adds its row. */
    public show(name: string, value: string, title = ""): void {
        let cell = this._values.get(name);
        if (!cell) {
            const term = document.createElement("dt");
            term.textContent = name;
            cell = document.createElement("dd");
            this._list.append(term, cell);
            this._values.set(name, cell);
        }
        cell.textContent = value;
        cell.title = title;
    }
}
