// Whatever was thrown, as one of the plugin's errors.

import { HandTrackingError } from "../errors";

/** Any failure as a HandTrackingError that says what was being done. */
export function asError(cause: unknown, doing: string, fatal = false): HandTrackingError {
    return cause instanceof HandTrackingError
        ? cause
        : new HandTrackingError(
              "worker-failed",
              `${doing}: ${cause instanceof Error ? cause.message : String(cause)}`,
              fatal,
              { cause }
          );
}
