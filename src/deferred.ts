// A promise that is settled from outside.

/** Nobody need listen to it. */
export class Deferred {
    public readonly promise: Promise<void>;
    public resolve!: () => void;
    public reject!: (reason: unknown) => void;

    public constructor() {
        this.promise = new Promise((resolve, reject) => {
            this.resolve = resolve;
            this.reject = reject;
        });
        // Whoever does not wait for the promise hears of the error through the observable.
        this.promise.catch(() => undefined);
    }
}
