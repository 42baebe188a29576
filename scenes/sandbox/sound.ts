// A knock where things meet: computed, louder and duller the harder they do.

import type { HavokPlugin } from "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import type { PhysicsEngine } from "@babylonjs/core/Physics/v2/physicsEngine";
import type { Scene } from "@babylonjs/core/scene";

/** Impulses between which a knock goes from silent to loud, newton seconds. */
const SOFT = 0.004;
const HARD = 0.12;
/** No two knocks sooner than this, ms. */
const PAUSE_MS = 25;
const LOUDEST = 0.35;
const DECAY_S = 0.09;

/** Plays once the user has touched the page, as browsers ask. */
export class ContactSounds {
    public isMuted = false;
    private _context: AudioContext | null = null;
    private _noise: AudioBuffer | null = null;
    private _lastMs = 0;

    public constructor(scene: Scene) {
        const plugin = (scene.getPhysicsEngine() as PhysicsEngine).getPhysicsPlugin() as HavokPlugin;
        plugin.onCollisionObservable.add(({ impulse }) => this._knock(impulse));
        window.addEventListener("pointerdown", () => this._wake(), { once: true });
    }

    private _wake(): void {
        this._context = new AudioContext();
        const { sampleRate } = this._context;
        this._noise = this._context.createBuffer(1, sampleRate * DECAY_S, sampleRate);
        const samples = this._noise.getChannelData(0);
        for (let i = 0; i < samples.length; i++) {
            samples[i] = (Math.random() * 2 - 1) * Math.exp((-5 * i) / samples.length);
        }
    }

    private _knock(impulse: number): void {
        const now = performance.now();
        if (!this._context || this.isMuted || impulse < SOFT || now - this._lastMs < PAUSE_MS) {
            return;
        }
        this._lastMs = now;
        const loudness = Math.min(Math.log(impulse / SOFT) / Math.log(HARD / SOFT), 1);
        const source = this._context.createBufferSource();
        source.buffer = this._noise;
        const filter = this._context.createBiquadFilter();
        filter.type = "bandpass";
        filter.frequency.value = 1900 - 900 * loudness + 300 * Math.random();
        filter.Q.value = 2.5;
        const gain = this._context.createGain();
        gain.gain.value = LOUDEST * loudness;
        source.connect(filter).connect(gain).connect(this._context.destination);
        source.start();
    }
}
