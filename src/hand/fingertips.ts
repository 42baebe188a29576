// Where fingers end: the rig's tip joints lie inside of them, most headsets' on their ends.

import { REST_POSITIONS } from "./genericHand";
import { TIP_JOINTS } from "./joints";
import { extendTips } from "./kinematics";
import type { NumberArray } from "./quaternion";
import { jointDistance } from "./norm";

/**
 * Last bones that are longer than the rig's by more than this factor end at the finger's end: those of Meta Quest are 1.6 to 2
 * times as long (poses of the Immersive Web Emulation Runtime), as the rig's would be to its fingers' ends (1.6 to 1.8); hands
 * differ from each other by a fifth.
 */
const LONG = 1.35;

/**
 * Tip joints where the rig has them, of a hand whose runtime may put them on the fingers' ends.
 * @param joints 25 x 3, metres, changed in place
 * @param rotations 25 x 4
 * @param size of the hand relative to the rig
 */
export function takeTipsInside(joints: NumberArray, rotations: NumberArray, size: number): void {
    let ratios = 0;
    for (const tip of TIP_JOINTS) {
        ratios += jointDistance(joints, tip - 1, tip) / jointDistance(REST_POSITIONS, tip - 1, tip);
    }
    if (ratios > LONG * size * TIP_JOINTS.length) {
        extendTips(joints, rotations, -size);
    }
}
