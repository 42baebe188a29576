// The first step of every build: onnxruntime's WASM in two parts, beside the models.

import { writeRuntimeAsync } from "./runtime/writeRuntime";

await writeRuntimeAsync();
