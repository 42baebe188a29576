// The recoverers that the sandbox offers: those whose manifests were in the models folder when it was built.

import type { RECOVERER_NAMES } from "../../src/index";

/** One of the networks to choose from. */
export interface RecovererChoice {
    name: string;
    label: string;
    /** Size of the model file. */
    bytes: number;
    /** Whether it recovers a mesh. */
    hasMesh: boolean;
}

/** What is read of a manifest (`ModelManifest`). */
interface Manifest {
    name: string;
    kind: string;
    bytes: number;
    outputs: Record<string, number[]>;
}

/** Every network of the project, in the order of the list. */
const LABELS: Record<(typeof RECOVERER_NAMES)[number], string> = {
    mediapipe: "MediaPipe",
    "camera-space": "Camera space",
    ahrnet: "AHRNet",
    ehpe: "EHPE",
    amvur: "AMVUR",
    jar: "JAR",
    fast: "Fast",
    mini: "Mini",
};

const manifests = Object.values(
    import.meta.glob<Manifest>("../../models/*.json", { eager: true, import: "default" })
).filter(({ kind }) => kind === "recoverer");

export const RECOVERERS: readonly RecovererChoice[] = Object.entries(LABELS).flatMap(([name, label]) =>
    manifests
        .filter((manifest) => manifest.name === name)
        .map(({ bytes, outputs }) => ({ name, label, bytes, hasMesh: "vertices" in outputs }))
);
