// Typed errors: every failure that a user of the plugin can meet has a code to switch on.

/** What went wrong, for code that has to react to it; the message is for people. */
export type HandTrackingErrorCode =
    | "camera-denied"
    | "camera-missing"
    | "camera-lost"
    | "camera-failed"
    | "video-failed"
    | "model-missing"
    | "model-damaged"
    | "model-invalid"
    | "backend-unavailable"
    | "device-lost"
    | "frame-invalid"
    | "network-output-invalid"
    | "hand-invalid"
    | "vertices-missing"
    | "worker-failed"
    | "recording-invalid"
    | "physics-missing"
    | "pose-invalid"
    | "calibration-failed"
    | "xr-unavailable"
    | "xr-hand-invalid"
    | "xr-camera-missing"
    | "invalid-argument";

/** An error of the hand tracking plugin. `fatal` is false where tracking goes on by itself. */
export class HandTrackingError extends Error {
    public override readonly name = "HandTrackingError";

    /**
     * @param code what went wrong, to switch on
     * @param message what was wrong, with the value, and what to do next
     * @param fatal whether tracking has stopped (true) or goes on by itself (false)
     * @param options the standard `cause`
     */
    public constructor(
        public readonly code: HandTrackingErrorCode,
        message: string,
        public readonly fatal = true,
        options?: ErrorOptions
    ) {
        super(message, options);
    }
}
