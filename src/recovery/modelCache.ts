// Models of earlier visits: the browser's Cache storage, by the hash that the manifest tells.

import type { Manifest } from "./manifest";

/** Keeps model files between visits. Whoever reads one checks it against its manifest, as a file from the network. */
export interface ModelCache {
    /** Bytes that were kept for this manifest; null where there are none, or none can be kept. */
    readAsync(manifest: Manifest): Promise<Uint8Array | null>;
    /** Keeps checked bytes, and forgets other versions of the same file. */
    writeAsync(manifest: Manifest, data: Uint8Array): Promise<void>;
}

/** The part of the browser's CacheStorage that is used. */
export type CacheStore = Pick<CacheStorage, "open">;

const NAME = "babylon-hand-tracking-models";
const HASH = "sha256";

/**
 * Models below a URL.
 * @param store the browser's; null where it gives none (pages that are not secure, private windows)
 */
export function createModelCache(baseUrl: string, store: CacheStore | null = browserStore()): ModelCache {
    const urlOf = ({ file }: Manifest): URL => new URL(file, baseUrl);
    const keyOf = (manifest: Manifest): string => {
        const url = urlOf(manifest);
        url.search = new URLSearchParams({ [HASH]: manifest.sha256 }).toString();
        return url.href;
    };
    return {
        async readAsync(manifest) {
            try {
                const kept = await (await store?.open(NAME))?.match(keyOf(manifest));
                return kept ? new Uint8Array(await kept.arrayBuffer()) : null;
            } catch {
                // A storage that refuses is none.
                return null;
            }
        },
        async writeAsync(manifest, data) {
            try {
                const cache = await store?.open(NAME);
                if (!cache) {
                    return;
                }
                const { pathname } = urlOf(manifest);
                for (const { url } of await cache.keys()) {
                    if (new URL(url).pathname === pathname) {
                        await cache.delete(url);
                    }
                }
                await cache.put(keyOf(manifest), new Response(data as BodyInit));
            } catch {
                // The next visit fetches it again: the storage is full, or refuses.
            }
        },
    };
}

/** Pages without an origin refuse even to look at `caches`. */
function browserStore(): CacheStore | null {
    try {
        return globalThis.caches ?? null;
    } catch {
        return null;
    }
}
