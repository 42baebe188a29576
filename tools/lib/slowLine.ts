// A line to the outside, as home connections are: all that is sent shares its bits a second, and every answer is late.

/** Where bytes go: a response of either version of HTTP. */
interface Sink {
    write(chunk: Buffer): unknown;
    end(): unknown;
}

interface Transfer {
    response: Sink;
    body: Buffer;
    urgency: number;
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

    /**
     * Sends a body after the delay, and ends the response.
     * @param urgency of the request (RFC 9218): bodies of a smaller one go first, those of the same in turn
     */
    public send(response: Sink, body: Buffer, urgency: number): void {
        setTimeout(() => {
            this._transfers.push({ response, body, urgency, sent: 0 });
            if (!this._timer) {
                this._lastMs = performance.now();
                this._credit = 0;
                this._timer = setInterval(() => this._tick(), TICK_MS);
            }
        }, this._delayMs);
    }

    private _takeMostUrgent(): Transfer {
        const least = Math.min(...this._transfers.map(({ urgency }) => urgency));
        const at = this._transfers.findIndex(({ urgency }) => urgency === least);
        return this._transfers.splice(at, 1)[0];
    }

    private _tick(): void {
        const nowMs = performance.now();
        this._credit += (nowMs - this._lastMs) * this._bytesPerMs;
        this._lastMs = nowMs;
        while (this._credit > 0 && this._transfers.length > 0) {
            const transfer = this._takeMostUrgent();
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
