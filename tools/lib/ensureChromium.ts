// Makes sure that there is a Chromium, and says which.

import { findOrInstallChromium } from "./chromium";

console.log(`Chromium: ${findOrInstallChromium()}`);
