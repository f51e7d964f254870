// Interval bounds (Gowal et al., arXiv:1810.12715): a box around the image goes through the network as a box. The
// last layer is merged with the difference of two logits.
import { argmax } from "./network.js";

const SLACK = 1e-6, MARGIN = 1e-4; // as the report's certificates: room for the rounding of single precision

/** Whether every image within ε, cut to [0, 1], is proved to be answered with `label`. */
export function holds(network, image, label, epsilon) {
  const size = Math.fround(epsilon + SLACK), f = Math.fround;
  let low = image.map((value) => Math.max(f(value - size), 0)), high = image.map((value) => Math.min(f(value + size), 1));
  for (const layer of network.layers.slice(0, -1)) {
    const first = new Float32Array(layer.size), second = new Float32Array(layer.size);
    if (layer.spread) {
      layer.forward(low.map((value, i) => (value + high[i]) / 2), first);
      layer.spread(low.map((value, i) => (high[i] - value) / 2), second);
      low = first.map((value, i) => value - second[i]);
      high = first.map((value, i) => value + second[i]);
    } else {
      layer.forward(low, first);
      layer.forward(high, second);
      [low, high] = [first, second];
    }
  }
  return worst(network.layers.at(-1), low, high, label) < -MARGIN;
}

/** The largest of the upper bounds of logit k - logit label, over k other than label. */
function worst({ weight, bias, outputs, inputs }, low, high, label) {
  let top = -Infinity;
  for (let k = 0; k < outputs; k++) {
    if (k === label) continue;
    let bound = bias[k] - bias[label];
    for (let i = 0; i < inputs; i++) {
      const difference = weight[i * outputs + k] - weight[i * outputs + label];
      bound += difference * (difference > 0 ? high[i] : low[i]);
    }
    top = Math.max(top, bound);
  }
  return top;
}

/** The largest ε in [0, 1] that halving the interval finds proved; null where the answer is not `label` at all. */
export function radius(network, image, label, halvings = 14) {
  if (argmax(network.logits(image)) !== label) return null;
  let low = 0, high = 1;
  for (let k = 0; k < halvings; k++) {
    const middle = (low + high) / 2;
    if (holds(network, image, label, middle)) low = middle; else high = middle;
  }
  return low;
}
