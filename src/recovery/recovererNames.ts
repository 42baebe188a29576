// The recoverers that come with the package.

/** Their names: a manifest and a network each (models/MODEL_CARD.md, docs/recoverers.md). */
export const RECOVERER_NAMES = ["ahrnet", "amvur", "camera-space", "ehpe", "fast", "jar", "mediapipe", "mini"] as const;

/** Instead of a name: begins with the quick recoverer and keeps to the best one that the machine can afford. */
export const AUTO_RECOVERER = "auto";

/** What `AUTO_RECOVERER` begins with: a small file, and as sure of hands as the borrowed network in half of its time. */
export const QUICK_RECOVERER: (typeof RECOVERER_NAMES)[number] = "fast";

/** What `AUTO_RECOVERER` comes down to on a slow machine: the least work. */
export const SMALL_RECOVERER: (typeof RECOVERER_NAMES)[number] = "mini";

/** What is used where none is asked for: the best on real images within the time of the others. */
export const DEFAULT_RECOVERER: (typeof RECOVERER_NAMES)[number] = "ahrnet";
