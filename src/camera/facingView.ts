// A camera that faces the user, laid into a scene that the user looks into.

/** Where such a camera is imagined before the scene's own, metres: an arm's length and a half. */
export const DEFAULT_FACING_DISTANCE = 0.9;
