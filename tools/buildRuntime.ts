// The first step of every build: onnxruntime's WASM in two parts, beside the models.

import { writeRuntime } from "./runtime/writeRuntime";

writeRuntime();
