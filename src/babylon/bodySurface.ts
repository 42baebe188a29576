// Asks Havok whether a ball reaches into one body: what stops fingers.

import type { Vector3 } from "@babylonjs/core/Maths/math.vector";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { HP_CollectorId } from "@babylonjs/havok";
import { HAND_COLLISION_GROUP } from "./collisionFilter";
import type { HavokAccess } from "./havok";

/** More bodies than this within a ball's reach are not told apart. */
const CAPACITY = 16;

/** Distances to the surface of one body. The bindings allocate; the class itself does not. */
export class BodySurface {
    /** The body that is asked about; null for none. */
    public body: PhysicsBody | null = null;

    private readonly _collector: HP_CollectorId;
    private readonly _point: [number, number, number] = [0, 0, 0];
    private readonly _query: [[number, number, number], number, [number, number], boolean, [bigint]];

    public constructor(private readonly _access: HavokAccess) {
        this._collector = _access.havok.HP_QueryCollector_Create(CAPACITY)[1];
        this._query = [this._point, 0, [~0, ~HAND_COLLISION_GROUP], false, [0n]];
    }

    /**
     * Signed distance from a point to the body's surface, negative inside.
     * @param point scene's world, where the body was after the last physics step
     * @param reach scene units
     * @returns Infinity where the surface is farther than `reach`, or there is no body
     */
    public distance(point: Vector3, reach: number): number {
        // Bodies of instances have no data of their own: they cannot be held.
        const data = this.body?._pluginData as { hpBodyId?: [bigint] } | undefined;
        if (!data?.hpBodyId) {
            return Infinity;
        }
        const { havok, plugin } = this._access;
        point.toArray(this._point);
        this._query[1] = reach;
        havok.HP_World_PointProximityWithCollector(plugin.world, this._collector, this._query);
        const hits = havok.HP_QueryCollector_GetNumHits(this._collector)[1];
        let least = Infinity;
        for (let i = 0; i < hits; i++) {
            const hit = havok.HP_QueryCollector_GetPointProximityResult(this._collector, i)[1];
            if (hit[1][0][0] === data.hpBodyId[0] && hit[0] < least) {
                least = hit[0];
            }
        }
        return least;
    }

    /** Whether a ball about a point reaches into the body; a `PenetrationQuery` for `FingerStop`. */
    public readonly penetrates = (point: Vector3, radius: number): boolean => this.distance(point, radius) < radius;

    public dispose(): void {
        this.body = null;
        this._access.havok.HP_QueryCollector_Release(this._collector);
    }
}
