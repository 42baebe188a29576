// The script tag, in the scenes' site.

import { installFromUrl } from "../../src/bridge/installFromUrl";

installFromUrl(import.meta.url);
