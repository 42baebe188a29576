// Serves the built scenes as a host would, with caching, and keeps a list of what was fetched.

import { createHash, createPublicKey } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { extname, join, normalize, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { generate } from "selfsigned";
import { MEDIAPIPE_FOLDER } from "./mediapipe";
import type { SlowLine } from "./slowLine";

const SITE_FOLDER = "dist-scenes";
const MEDIAPIPE_PATH = `${sep}mediapipe${sep}`;
const TYPES: Record<string, string> = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
};
const HEADERS = {
    // onnxruntime's threads need SharedArrayBuffer.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    // As content delivery networks have it: without, a second visit would fetch everything again.
    "Cache-Control": "public, max-age=86400",
};

export interface SiteServer {
    url: string;
    /** What Chromium must be told to trust it. */
    arguments: string[];
    /** Files that were sent since the list was last emptied. */
    sent: string[];
    close(): Promise<void>;
}

/** The file that a path names; null where there is none. */
function fileOf(url: string): string | null {
    const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
    const file = path.startsWith(MEDIAPIPE_PATH)
        ? join(MEDIAPIPE_FOLDER, path.slice(MEDIAPIPE_PATH.length))
        : join(SITE_FOLDER, path.endsWith(sep) ? `${path}index.html` : path);
    return existsSync(file) && statSync(file).isFile() ? file : null;
}

/** RFC 9218's, of requests that say none. */
const USUAL_URGENCY = 3;

/** How urgent the browser says that a request is. */
function urgencyOf(priority: string | string[] | undefined): number {
    return Number(/u=(\d)/.exec(String(priority ?? ""))?.[1] ?? USUAL_URGENCY);
}

/**
 * Serves dist-scenes, and MediaPipe's files below /mediapipe/, on a free port.
 * @param line what everything goes over, compressed, by HTTP/2 as hosts that mind priorities do; without one it goes as fast as it
 * can, as it is
 */
export async function serveSiteAsync(line?: SlowLine): Promise<SiteServer> {
    const sent: string[] = [];
    const compressed = new Map<string, Buffer>();
    const compress = (file: string): Buffer => {
        const body = compressed.get(file) ?? gzipSync(readFileSync(file));
        compressed.set(file, body);
        return body;
    };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
        const file = fileOf(request.url ?? "/");
        if (!file) {
            response.writeHead(404).end();
            return;
        }
        const modified = statSync(file).mtime.toUTCString();
        const size = statSync(file).size;
        const headers = {
            ...HEADERS,
            "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
            "Last-Modified": modified,
        };
        if (request.headers["if-modified-since"] === modified) {
            response.writeHead(304, headers).end();
            return;
        }
        // Videos are asked for in parts, and before anything is measured.
        if (line && request.method !== "HEAD" && extname(file) !== ".webm") {
            const body = compress(file);
            response.writeHead(200, { ...headers, "Content-Encoding": "gzip", "Content-Length": body.length });
            sent.push(file);
            line.send(response, body, urgencyOf(request.headers.priority));
            return;
        }
        const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
        const start = Number(range?.[1] ?? 0);
        const end = range?.[2] ? Number(range[2]) : size - 1;
        Object.assign(headers, { "Accept-Ranges": "bytes" });
        if (range) {
            Object.assign(headers, { "Content-Range": `bytes ${start}-${end}/${size}` });
        }
        response.writeHead(range ? 206 : 200, { ...headers, "Content-Length": size === 0 ? 0 : end - start + 1 });
        if (request.method === "HEAD" || size === 0) {
            response.end();
            return;
        }
        sent.push(file);
        createReadStream(file, { start, end }).pipe(response);
    };
    const secure = line ? await createSecureAsync(answer) : null;
    const server = secure?.server ?? createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") {
        throw new Error("The site's server has no port.");
    }
    return {
        url: `${line ? "https" : "http"}://127.0.0.1:${address.port}`,
        arguments: secure ? [`--ignore-certificate-errors-spki-list=${secure.keyHash}`] : [],
        sent,
        close: () => new Promise((resolve) => server.close(() => resolve())),
    };
}

/** With a certificate of its own, whose key's hash makes Chromium take it as any other: responses are cached. */
async function createSecureAsync(
    answer: (request: IncomingMessage, response: ServerResponse) => void
): Promise<{ server: Server; keyHash: string }> {
    const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
    const server = createSecureServer({ key, cert });
    // Requests and responses of both versions of HTTP have the same face.
    server.on("request", (request, response) =>
        answer(request as unknown as IncomingMessage, response as unknown as ServerResponse)
    );
    const der = createPublicKey(cert).export({ type: "spki", format: "der" });
    return { server: server as unknown as Server, keyHash: createHash("sha256").update(der).digest("base64") };
}
