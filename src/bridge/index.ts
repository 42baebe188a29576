// The public surface of babylon-hand-tracking/webxr-bridge, which needs no Babylon.

export { XRHandBridge } from "./xrHandBridge";
export type { BridgeView, XRHandBridgeOptions } from "./bridgeOptions";
export { HandTrackingError, type HandTrackingErrorCode } from "../errors";
export { parseHandRecording, type HandRecording } from "../recording/handRecording";
export { ReplaySource, type ReplayOptions } from "../recording/replaySource";
export { ImageSequenceSource, type ImageSequenceOptions } from "../sources/imageSequenceSource";
export { VideoSource, type VideoOptions } from "../sources/videoSource";
export { WebcamSource, type WebcamOptions } from "../sources/webcamSource";
export type { FrameSource, SourceFrame } from "../sources/frameSource";
export type { HandSource } from "../sources/handSource";
