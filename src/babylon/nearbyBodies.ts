// Which bodies have their surface near a point or a shape.

import { Vector3, type Quaternion } from "@babylonjs/core/Maths/math.vector";
import { PhysicsRaycastResult } from "@babylonjs/core/Physics/physicsRaycastResult";
import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import type { PhysicsShape } from "@babylonjs/core/Physics/v2/physicsShape";
import type { HP_CollectorId, HP_ShapeId } from "@babylonjs/havok";
import { HAND_COLLISION_GROUP } from "./collisionFilter";
import type { HavokAccess } from "./havok";

/** More bodies than this within reach are not told apart. */
const CAPACITY = 32;

/** Rays start before the points by this fraction of their distance: a fingertip may be in the body a little. */
const BEYOND = 0.3;
/** Cosine between the normals of faces that are not one and the same. */
const OTHER_FACE = 0.5;
const QUERY = { collideWith: ~HAND_COLLISION_GROUP };

/**
 * Asks Havok for all surfaces within a distance. The plugin's own `pointProximity` answers the nearest only, which for a
 * cube on a table may be the table.
 */
export class NearbyBodies {
    private readonly _collector: HP_CollectorId;
    private readonly _place: [number, number, number] = [0, 0, 0];
    private readonly _query: [[number, number, number], number, [number, number], boolean, [bigint]];
    private readonly _there = new PhysicsRaycastResult();
    private readonly _back = new PhysicsRaycastResult();
    private readonly _start = new Vector3();

    public constructor(private readonly _access: HavokAccess) {
        this._collector = _access.havok.HP_QueryCollector_Create(CAPACITY)[1];
        this._query = [this._place, 0, [~0, ~HAND_COLLISION_GROUP], false, [0n]];
    }

    /**
     * The nearest body that `accepts` agrees to. The bindings allocate: for once a camera frame, not once a step.
     * @param point scene's world
     * @param reach distance from the point to the surface, scene units; 0 or less inside the body
     */
    public nearest(point: Vector3, reach: number, accepts: (body: PhysicsBody) => boolean): PhysicsBody | null {
        const { havok, plugin } = this._access;
        point.toArray(this._place);
        this._query[1] = reach;
        havok.HP_World_PointProximityWithCollector(plugin.world, this._collector, this._query);
        let nearest: PhysicsBody | null = null;
        let least = Infinity;
        const hits = havok.HP_QueryCollector_GetNumHits(this._collector)[1];
        for (let i = 0; i < hits; i++) {
            const hit = havok.HP_QueryCollector_GetPointProximityResult(this._collector, i)[1];
            const body = hit[0] < least ? this._bodyOf(hit[1][0][0]) : null;
            if (body && accepts(body)) {
                nearest = body;
                least = hit[0];
            }
        }
        return nearest;
    }

    /**
     * Calls `found` for every body that overlaps a shape; more than once for a body of several shapes.
     * @param position of the shape, scene's world
     */
    public overlapping(
        shape: PhysicsShape,
        position: Vector3,
        rotation: Quaternion,
        found: (body: PhysicsBody) => void
    ): void {
        const { havok, plugin } = this._access;
        havok.HP_World_ShapeProximityWithCollector(plugin.world, this._collector, [
            shape._pluginData as HP_ShapeId,
            [position.x, position.y, position.z],
            [rotation.x, rotation.y, rotation.z, rotation.w],
            0,
            false,
            [0n],
        ]);
        const hits = havok.HP_QueryCollector_GetNumHits(this._collector)[1];
        for (let i = 0; i < hits; i++) {
            const [distance, , contact] = havok.HP_QueryCollector_GetShapeProximityResult(this._collector, i)[1];
            const body = distance <= 0 ? this._bodyOf(contact[0][0]) : null;
            if (body) {
                found(body);
            }
        }
    }

    /**
     * Whether a body lies between two points: what goes from one to the other enters and leaves it by different faces. A body
     * that both points touch from the same side does not.
     */
    public isBetween(body: PhysicsBody, a: Vector3, b: Vector3): boolean {
        return (
            this._face(body, a, b, this._there) &&
            this._face(body, b, a, this._back) &&
            Vector3.Dot(this._there.hitNormalWorld, this._back.hitNormalWorld) < OTHER_FACE
        );
    }

    public dispose(): void {
        this._access.havok.HP_QueryCollector_Release(this._collector);
    }

    /** The face of a body that a ray from beyond `from` meets. */
    private _face(body: PhysicsBody, from: Vector3, to: Vector3, result: PhysicsRaycastResult): boolean {
        from.subtractToRef(to, this._start).scaleInPlace(BEYOND).addInPlace(from);
        this._access.engine.raycastToRef(this._start, to, result, QUERY);
        return result.hasHit && result.body === body;
    }

    private _bodyOf(id: bigint): PhysicsBody | null {
        for (const body of this._access.engine.getBodies()) {
            // Bodies of instances have no data of their own: they cannot be held.
            const data = body._pluginData as { hpBodyId?: [bigint] } | undefined;
            if (data?.hpBodyId?.[0] === id) {
                return body;
            }
        }
        return null;
    }
}
