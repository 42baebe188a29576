// The script tag: `<script type="module" src="webxr-bridge.auto.js"></script>` before an application's own scripts.

import { installFromUrl } from "./installFromUrl";

installFromUrl(import.meta.url);
