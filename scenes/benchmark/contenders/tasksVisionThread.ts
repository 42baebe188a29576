// The worker of TasksVisionWorkerContender: pictures in, landmarks out.

import type { HandLandmarker } from "@mediapipe/tasks-vision";
import { createHandLandmarkerAsync } from "./tasksVisionFiles";
import type { FromTasksVision, ToTasksVision } from "./tasksVisionProtocol";

const scope = self as unknown as {
    postMessage(message: FromTasksVision): void;
    onmessage: ((event: MessageEvent<ToTasksVision>) => void) | null;
};
let landmarker: HandLandmarker | null = null;

async function handleAsync(message: ToTasksVision): Promise<void> {
    if (message.type === "start") {
        landmarker = await createHandLandmarkerAsync(message.options, true);
        scope.postMessage({ type: "started" });
    } else {
        const { landmarks } = landmarker!.detectForVideo(message.image, message.timeMs);
        message.image.close();
        scope.postMessage({ type: "result", landmarks });
    }
}

scope.onmessage = ({ data }) => {
    handleAsync(data).catch((error: unknown) => scope.postMessage({ type: "error", message: String(error) }));
};
