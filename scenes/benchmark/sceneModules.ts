// What a page with a Babylon scene has loaded before it starts to track hands: it is no part of tracking's start, nor of its bytes.

import "@babylonjs/core/Cameras/freeCamera";
import "@babylonjs/core/Culling/ray";
import "@babylonjs/core/Engines/engine";
import "@babylonjs/core/Lights/hemisphericLight";
import "@babylonjs/core/Materials/PBR/pbrMaterial";
import "@babylonjs/core/Materials/standardMaterial";
import "@babylonjs/core/Materials/Textures/texture";
import "@babylonjs/core/Meshes/meshBuilder";
import "@babylonjs/core/Physics/joinedPhysicsEngineComponent";
import "@babylonjs/core/Physics/v2/physicsAggregate";
import "@babylonjs/core/Physics/v2/Plugins/havokPlugin";
import "@babylonjs/core/scene";
