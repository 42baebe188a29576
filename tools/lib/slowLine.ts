// A line to the outside, as home connections are: all that is sent shares its bits a second, and every answer is late.

import type { ServerResponse } from "node:http";

interface Transfer {
    response: ServerResponse;
    body: Buffer;
    /** Bytes that were sent. */
    sent: number;
}

/** Transfers take turns by so many bytes. */
const CHUNK = 8192;
const TICK_MS = 4;
const BITS = 8;

export class SlowLine {
    private readonly _transfers: Transfer[] = [];
    private readonly _bytesPerMs: number;
    private _timer: NodeJS.Timeout | null = null;
    private _lastMs = 0;
    private _credit = 0;

    /**
     * @param megabits a second
     * @param _delayMs from a request to the first byte
     */
    public constructor(
        megabits: number,
        private readonly _delayMs: number
    ) {
        this._bytesPerMs = (megabits * 1e6) / BITS / 1000;
    }

    /** Sends a body after the delay, in turn with the others, and ends the response. */
    public send(response: ServerResponse, body: Buffer): void {
        setTimeout(() => {
            this._transfers.push({ response, body, sent: 0 });
            if (!this._timer) {
                this._lastMs = performance.now();
                this._credit = 0;
                this._timer = setInterval(() => this._tick(), TICK_MS);
            }
        }, this._delayMs);
    }

    private _tick(): void {
        const nowMs = performance.now();
        this._credit += (nowMs - this._lastMs) * this._bytesPerMs;
        this._lastMs = nowMs;
        while (this._credit > 0 && this._transfers.length > 0) {
            const transfer = this._transfers.shift()!;
            const { response, body, sent } = transfer;
            const chunk = body.subarray(sent, sent + CHUNK);
            response.write(chunk);
            transfer.sent += chunk.length;
            this._credit -= chunk.length;
            if (transfer.sent < body.length) {
                this._transfers.push(transfer);
            } else {
                response.end();
            }
        }
        if (this._transfers.length === 0) {
            clearInterval(this._timer!);
            this._timer = null;
        }
    }
}
