// The public surface of the plugin.

export { HandTrackingBehavior, type HandTrackingState, type LoadProgress } from "./babylon/handTrackingBehavior";
export type { HandMeshKind, HandTrackingOptions, HandView } from "./babylon/handTrackingOptions";
export { TrackedHand } from "./babylon/trackedHand";
export { HandRig } from "./babylon/handRig";
export { MeshHand } from "./babylon/meshHand";
export type { HandSkin } from "./babylon/handSkin";
export type { RecoveredMesh } from "./hand/recoveredMesh";
export { HandColliders } from "./babylon/handColliders";
export { Grabber, type GrabEvent, type GrabKind, type ReleaseEvent, type ReleaseReason } from "./babylon/grabber";
export { HAND_COLLISION_GROUP } from "./babylon/collisionFilter";
export { CameraSpaceMapping, type CameraSpaceOptions } from "./babylon/cameraSpace";
export type { HandMaterialKind } from "./babylon/handMaterials";
export { HandTrackingError, type HandTrackingErrorCode } from "./errors";
export { copyHandState, createHandState, type HandState } from "./hand/handState";
export {
    JOINT_COUNT,
    JOINT_NAMES,
    JOINT_PARENTS,
    KEYPOINT_COUNT,
    KEYPOINT_JOINTS,
    TIP_JOINTS,
    type HandSide,
    type JointName,
} from "./hand/joints";
export { fingerCurl, grabStrength, palmLength, pinchDistance } from "./gestures/handMeasures";
export { GestureRecognizer, gestureConfidence, type GestureRecognizerOptions } from "./gestures/gestureRecognizer";
export {
    GESTURE_NAMES,
    type GestureEvent,
    type GestureEventKind,
    type GestureListener,
    type GestureName,
} from "./gestures/gestureNames";
export {
    DEFAULT_TOLERANCE_DEGREES,
    poseDistance,
    poseFeatures,
    poseFromJson,
    PoseRecorder,
    poseToJson,
    recordPose,
    type CustomPose,
} from "./gestures/customPose";
export { PoseRegistry } from "./gestures/poseRegistry";
export { fingerExtension } from "./gestures/handFeatures";
export { WebXRPhysicsHands, type WebXRPhysicsHandsOptions, type XRHandsFrom } from "./babylon/webXRPhysicsHands";
export { XRHandSource } from "./xr/xrHandSource";
export { XRCameraSource } from "./xr/xrCameraSource";
export { XRVideoSource } from "./xr/xrVideoSource";
export {
    createHeadsetCamera,
    HeadsetCameraCalibration,
    type HeadsetCamera,
    type HeadsetCameraFit,
} from "./calibration/headsetCamera";
export type { CameraMotion } from "./camera/cameraMotion";
export type { HandGesture } from "./babylon/handEvents";
export type { FrameSource, SourceFrame } from "./sources/frameSource";
export type { HandSource } from "./sources/handSource";
export { MouseHandSource, type MouseHandOptions } from "./sources/mouseHandSource";
export { WebcamSource, type WebcamOptions } from "./sources/webcamSource";
export { VideoSource, type VideoOptions } from "./sources/videoSource";
export { ImageSequenceSource, type ImageSequenceOptions } from "./sources/imageSequenceSource";
export { AUTO_RECOVERER, DEFAULT_RECOVERER, RECOVERER_NAMES } from "./recovery/recovererNames";
export type { Intrinsics } from "./camera/intrinsics";
export type { BackendReport, FrameTimes, PipelineClientResult, PipelineStats } from "./worker/protocol";
export {
    createHandObservation,
    OBSERVATION_LENGTH,
    unpackObservation,
    type HandObservation,
} from "./tracking/handObservation";
export {
    parseHandRecording,
    stringifyHandRecording,
    type HandRecording,
    type HandRecordingFrame,
} from "./recording/handRecording";
export { HandRecorder } from "./recording/handRecorder";
export { ReplaySource, type ReplayOptions } from "./recording/replaySource";
export {
    handStateFromMatrices,
    handStateFromPositions,
    importHandyPoses,
    importHandyWorkPose,
    importJointMatrices,
    type ImportedPose,
    type ImportOptions,
    type LengthUnit,
} from "./recording/webxrImport";
export { importLeapPlayback, type LeapImportOptions } from "./recording/leapImport";
export { HandDebugView, type DebugSubject } from "./babylon/debugView";
export { NearInteraction } from "./babylon/nearInteraction";
export {
    cardSighting,
    palmLengthFromCard,
    palmLengthFromMillimetres,
    type CardSighting,
    type PalmMeasurement,
} from "./calibration/handCalibration";
export { findFieldOfView, type FieldOfView } from "./calibration/fieldOfView";
export { findCardPose, type CardPose } from "./calibration/cardPose";
export { CARD_HEIGHT, CARD_WIDTH, type CardCorners } from "./calibration/card";
export { CalibrationStore, type Calibration, type CalibrationStorage } from "./calibration/calibrationStore";
export { intrinsicsFromFieldOfView } from "./camera/intrinsics";
