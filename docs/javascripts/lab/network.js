// A network from its layers: logits, and the slope of the loss at the pixels.
import { Conv, Linear, Pool, Ramp, Relu } from "./tensor.js";

/** The weights of a linear layer as [input][output], its inputs from torch's channel order to ours. */
function turned(weight, { inputs, outputs }, channels, pixels) {
  const found = new Float32Array(weight.length);
  for (let i = 0; i < inputs; i++) {
    const from = channels ? (i % channels) * pixels + Math.floor(i / channels) : i;
    for (let o = 0; o < outputs; o++) found[i * outputs + o] = weight[o * inputs + from];
  }
  return found;
}

/** Layers as the manifest lists them, with `weight(place)` and `bias(place)` giving Float32Arrays as torch keeps them. */
export class Network {
  constructor(layers, weight, bias) {
    let side = 28, channels = 1, flat = 0;
    this.layers = [];
    for (const [place, layer] of layers.entries()) {
      const size = flat || side * side * channels;
      if (layer.type === "ramp") this.layers.push(new Ramp({ ...layer, size }));
      else if (layer.type === "relu") this.layers.push(new Relu(size));
      else if (layer.type === "pool") {
        this.layers.push(new Pool({ side, channels, window: layer.window }));
        side = this.layers.at(-1).sideOut;
      } else if (layer.type === "conv") {
        const sideOut = Math.floor((side + 2 * layer.padding - layer.kernel) / layer.stride) + 1;
        this.layers.push(new Conv({ ...layer, side, sideOut }, weight(place), bias(place)));
        side = sideOut;
        channels = layer.outputs;
      } else if (layer.type === "linear") {
        const own = turned(weight(place), layer, flat ? 0 : channels, side * side);
        this.layers.push(new Linear(layer, own, bias(place)));
        flat = layer.outputs;
      } else throw new TypeError(`no layer of type ${layer.type}`);
    }
    this.values = this.layers.map((layer) => new Float32Array(layer.size));
    this.slopes = this.layers.map((layer) => new Float32Array(layer.sizeIn));
  }

  /** Logits, Float32Array(10), of an image, Float32Array(784) in [0, 1]. The array is used again by the next call. */
  logits(image) {
    let value = image;
    for (const [place, layer] of this.layers.entries()) {
      layer.forward(value, this.values[place]);
      value = this.values[place];
    }
    return value;
  }

  /** The slope at the pixels of what has slope `slope` at the logits, after `logits(image)`. */
  backward(image, slope) {
    for (let place = this.layers.length - 1; place >= 0; place--) {
      this.layers[place].backward(place ? this.values[place - 1] : image, slope, this.slopes[place]);
      slope = this.slopes[place];
    }
    return slope;
  }
}

/** Softmax of logits, as numbers that add up to 1. */
export function softmax(logits) {
  const top = Math.max(...logits), raised = Array.from(logits, (value) => Math.exp(value - top));
  const sum = raised.reduce((a, b) => a + b);
  return raised.map((value) => value / sum);
}

/** The first of the largest. */
export function argmax(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}
