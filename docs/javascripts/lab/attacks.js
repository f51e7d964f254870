// FGSM (Goodfellow et al., arXiv:1412.6572), PGD (Madry et al., arXiv:1706.06083) and the stamp.
import { argmax } from "./network.js";

const f = Math.fround;

/** Uniform numbers in [0, 1) from a seed: the same start each time, so that a link shows the same picture. */
export function chance(seed) {
  let state = (seed + 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random start within ±1, Float32Array(784), to be multiplied by ε. */
export function start(seed) {
  const next = chance(seed);
  return Float32Array.from({ length: 784 }, () => 2 * next() - 1);
}

/** The slope of the cross-entropy of `label` at the pixels, and the answer there. */
export function slope(network, image, label) {
  const logits = network.logits(image), answer = argmax(logits);
  // In single precision, as torch: a share too close to 1 counts as 1, so that both attacks see the same slope.
  const top = Math.max(...logits), sum = logits.reduce((total, value) => f(total + f(Math.exp(f(value - top)))), 0);
  const outer = logits.map((value) => Math.exp(f(f(value - top) - f(Math.log(sum)))));
  outer[label] -= 1;
  return { answer, slope: network.backward(image, outer) };
}

/** Whether the attack is done with this answer: `target` where there is one, else anything but `label`. */
export function won(answer, label, target) {
  return target === null ? answer !== label : answer === target;
}

/** One step of ε. `target` null moves away from `label`, else towards `target`. */
export function fgsm(network, image, { label, target = null, epsilon }) {
  const side = f(target === null ? epsilon : -epsilon);
  const { slope: uphill } = slope(network, image, target ?? label);
  return image.map((value, i) => Math.min(Math.max(f(value + side * Math.sign(uphill[i])), 0), 1));
}

/**
 * Many small steps inside the ε ball and [0, 1] from a start, Float32Array(784) in [-1, 1]. A generator: it yields
 * the steps taken and the image after each, and returns the image, so that whoever runs it can stop in between.
 * It ends early once the attack has won.
 */
export function* pgd(network, image, { label, target = null, epsilon, steps, ratio, start: shift }) {
  const size = f(epsilon), step = f(ratio * epsilon) * (target === null ? 1 : -1);
  const low = image.map((value) => Math.max(f(value - size), 0)), high = image.map((value) => Math.min(f(value + size), 1));
  const found = image.map((value, i) => Math.min(Math.max(f(value + f(size * shift[i])), 0), 1));
  for (let taken = 0; taken < steps; taken++) {
    const { answer, slope: uphill } = slope(network, found, target ?? label);
    if (won(answer, label, target)) return found;
    for (let i = 0; i < found.length; i++) {
      found[i] = Math.min(Math.max(f(found[i] + step * Math.sign(uphill[i])), low[i]), high[i]);
    }
    yield { taken: taken + 1, image: found };
  }
  return found;
}

/** A copy with the square of a backdoor on it. */
export function stamped(image, { size, row, column, level }) {
  const copy = image.slice();
  for (let y = row; y < row + size; y++) copy.fill(f(level / 255), y * 28 + column, y * 28 + column + size);
  return copy;
}
