// Where a hand's colliders are, against where the hand is shown: the tracker's jitter pushes nothing.

import { Vector3 } from "@babylonjs/core/Maths/math.vector";

/** Jitter that contact bears without smoothing to speak of, metres: about what a fingertip gives way. */
const FIRM_JITTER = 0.006;
/** Jitter is measured over this time, ms; of a hand that has just appeared it is taken to be this at most, metres. */
const MEMORY_MS = 300;
const FIRST_JITTER = 0.02;
/** A hand that moved farther than this in one frame has jumped, metres. */
const JUMP = 0.25;
/** Variance of the second difference of white noise over that of the noise. */
const SECOND_DIFFERENCE = 6;

/** Along one direction: how much the hand jitters, and how far its colliders are behind. */
class Follower {
    public offset = 0;
    private _variance = 0;
    private _step = 0;

    public reset(sigma: number): void {
        this.offset = this._step = 0;
        this._variance = sigma * sigma;
    }

    /** @param step of the shown hand @param sigma what the tracker says of itself: no more than that is taken for jitter */
    public follow(step: number, sigma: number, elapsedMs: number, unit: number): void {
        const change = step - this._step;
        this._step = step;
        const gain = 1 - Math.exp(-elapsedMs / MEMORY_MS);
        this._variance += gain * ((change * change) / SECOND_DIFFERENCE - this._variance);
        const jitter = Math.min(Math.sqrt(this._variance), sigma) / (FIRM_JITTER * unit);
        this.offset = (this.offset - step) * (1 - 1 / (1 + jitter * jitter));
    }
}

/**
 * Draws a hand's colliders after it: the more it jitters in a direction, and the tracker says that it is unsure there, the more
 * gently. Along the viewing direction of a single camera that is most. A steady motion pushes at its full speed, later.
 */
export class SoftContact {
    /** From the shown hand to its colliders, scene units. */
    public readonly offset = new Vector3();

    private readonly _depth = new Follower();
    private readonly _sides = [new Follower(), new Follower()];
    private readonly _last = new Vector3();
    private readonly _step = new Vector3();
    private readonly _axes = [new Vector3(), new Vector3()];
    private _isNew = true;

    /** The hand was lost: its next place is where its colliders are. */
    public reset(): void {
        this._isNew = true;
        this.offset.setAll(0);
    }

    /**
     * Takes the shown hand's place; once a rendered frame.
     * @param place of the wrist, scene's world
     * @param direction unit viewing direction
     * @param sigma standard deviation across it, scene units
     * @param depthSigma along it
     * @param elapsedMs since the last call
     * @param unit scene units per metre
     */
    public update(
        place: Vector3,
        direction: Vector3,
        sigma: number,
        depthSigma: number,
        elapsedMs: number,
        unit: number
    ): void {
        place.subtractToRef(this._last, this._step);
        this._last.copyFrom(place);
        if (this._isNew || this._step.lengthSquared() > (JUMP * unit) ** 2) {
            this._isNew = false;
            this.offset.setAll(0);
            this._depth.reset(Math.min(depthSigma, FIRST_JITTER * unit));
            this._sides.forEach((side) => side.reset(Math.min(sigma, FIRST_JITTER * unit)));
            return;
        }
        this._depth.follow(Vector3.Dot(this._step, direction), depthSigma, elapsedMs, unit);
        direction.scaleToRef(this._depth.offset, this.offset);
        this._findAxes(direction);
        for (let i = 0; i < this._sides.length; i++) {
            const axis = this._axes[i];
            this._sides[i].follow(Vector3.Dot(this._step, axis), sigma, elapsedMs, unit);
            axis.scaleAndAddToRef(this._sides[i].offset, this.offset);
        }
    }

    /** Two directions across the viewing direction. */
    private _findAxes(direction: Vector3): void {
        const [right, up] = this._axes;
        // Whichever of two axes the viewing direction is farther from.
        const isUpright = Math.abs(direction.y) < Math.SQRT1_2;
        Vector3.CrossToRef(direction, isUpright ? Vector3.UpReadOnly : Vector3.RightReadOnly, right);
        right.normalize();
        Vector3.CrossToRef(right, direction, up);
    }
}
