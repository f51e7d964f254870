// Weights from a file of the build: deflated, little-endian, each layer's rows, then scales, then biases.
import { Network } from "./network.js";

/** The network of a manifest's entry from its file as it came; an Error where the file is another one. */
export async function network(entry, file) {
  const raw = await inflated(file);
  if (raw.byteLength !== entry.raw) throw new Error(`${entry.file} has ${raw.byteLength} bytes inside, not ${entry.raw}`);
  if (globalThis.crypto?.subtle && (await digest(raw)) !== entry.sha256) throw new Error(`${entry.file} is not the file of this build`);
  const weights = new Map(), biases = new Map();
  for (const [place, layer] of entry.layers.entries()) {
    if (!layer.at) continue;
    const row = layer.row, many = layer.outputs;
    biases.set(place, new Float32Array(raw, layer.at.bias, many));
    if (entry.dtype === "float32") weights.set(place, new Float32Array(raw, layer.at.weight, many * row));
    else {
      const scale = new Float32Array(raw, layer.at.scale, many), levels = new Int8Array(raw, layer.at.weight, many * row);
      weights.set(place, Float32Array.from(levels, (level, k) => level * scale[Math.floor(k / row)]));
    }
  }
  return new Network(entry.layers, (place) => weights.get(place), (place) => biases.get(place));
}

async function inflated(file) {
  const stream = new Blob([file]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

async function digest(raw) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
