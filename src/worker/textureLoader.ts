// The network of textures as it comes and goes: loaded when textures are first wanted, given up where it fails.

import { HandTrackingError } from "../errors";
import { HandTextures } from "../recovery/handTextures";
import type { TextureNetwork } from "../recovery/textureNetwork";
import { asError } from "./asError";

export class TextureLoader {
    private _network: TextureNetwork | null = null;
    private _textures: HandTextures | null = null;
    private _isLoading = false;
    private _hasFailed = false;
    private _isWanted = false;
    private _isDisposed = false;

    /** @param _onError hears once of a failure; tracking goes on */
    public constructor(private readonly _onError: (error: HandTrackingError) => void) {}

    /** The hands' textures; null until the network is there, and after a failure. */
    public get textures(): HandTextures | null {
        return this._hasFailed ? null : this._textures;
    }

    /**
     * Textures are wanted of the next frame.
     * @param loadAsync makes the network; called once
     */
    public want(maxHands: number, loadAsync: () => Promise<TextureNetwork>): void {
        if (!this._isWanted) {
            this._isWanted = true;
            this._textures?.renew();
        }
        if (!this._network && !this._isLoading && !this._hasFailed) {
            this._isLoading = true;
            void this._loadAsync(maxHands, loadAsync);
        }
    }

    /** Textures are not wanted; the next time that they are, what failed is tried again. */
    public rest(): void {
        this._isWanted = false;
        this._hasFailed = false;
    }

    /** Gives textures up until they are wanted anew, and says why. */
    public fail(cause: unknown): void {
        if (this._hasFailed || this._isDisposed) {
            return;
        }
        this._hasFailed = true;
        const { code, message } = asError(cause, "The texture network failed");
        this._onError(
            new HandTrackingError(
                code,
                `${message} Hands keep the colours that they have; to try again, set handTexture to false and then to true.`,
                false,
                { cause }
            )
        );
    }

    public async disposeAsync(): Promise<void> {
        this._isDisposed = true;
        this._textures = null;
        const network = this._network;
        this._network = null;
        await network?.disposeAsync();
    }

    private async _loadAsync(maxHands: number, loadAsync: () => Promise<TextureNetwork>): Promise<void> {
        try {
            const network = await loadAsync();
            if (this._isDisposed) {
                await network.disposeAsync();
                return;
            }
            this._network = network;
            this._textures = new HandTextures(network, maxHands);
        } catch (cause) {
            this.fail(cause);
        } finally {
            this._isLoading = false;
        }
    }
}
