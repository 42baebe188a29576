// How long hands outlast what shows them.

/** A lost hand keeps what it holds, and its gestures stay as they were, this long: the tracker may only have blinked, ms. */
export const LOSS_GRACE_MS = 250;
/** Where no frame has come for this long (a hidden tab, a camera that hangs) nothing is known of hands any more, ms. */
export const STALL_MS = 2000;
