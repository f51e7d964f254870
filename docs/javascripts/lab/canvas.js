// A drawing → 28×28, as the report's data/canvas.py does it: fit into 20×20 by area, centre of mass on pixel 14.
const SIDE = 28, BOX = 20, CENTRE = 14, FAINT = 26;
const BITS = 22; // the resize counts in whole numbers of 2^-22, and so does Pillow's

/** Halves go to the even neighbour. */
export function even(value) {
  const low = Math.floor(value), rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** For each of `many` pixels made of `few`: the first that it covers and the weights, in units of 2^-22. */
function windows(few, many) {
  const scale = few / many, wide = Math.max(scale, 1), found = [];
  for (let k = 0; k < many; k++) {
    const middle = (k + 0.5) * scale;
    const first = Math.max(Math.trunc(middle - wide / 2 + 0.5), 0);
    const last = Math.min(Math.trunc(middle + wide / 2 + 0.5), few);
    const inside = [];
    for (let at = first; at < last; at++) {
      const place = (at - middle + 0.5) / wide;
      inside.push(place > -0.5 && place <= 0.5 ? 1 : 0);
    }
    const sum = inside.reduce((a, b) => a + b, 0);
    found.push({ first, weights: inside.map((value) => Math.trunc((value / sum) * 2 ** BITS + 0.5)) });
  }
  return found;
}

/** Resize along one axis: `at(line, k)` reads, result[line * many + k]. */
function along(lines, few, many, at) {
  const found = new Uint8Array(lines * many);
  const all = windows(few, many);
  for (let line = 0; line < lines; line++) for (let k = 0; k < many; k++) {
    let sum = 2 ** (BITS - 1);
    for (const [step, weight] of all[k].weights.entries()) sum += weight * at(line, all[k].first + step);
    found[line * many + k] = Math.min(Math.max(Math.floor(sum / 2 ** BITS), 0), 255);
  }
  return found;
}

/** The image, Uint8Array(784) light on black, of dark strokes on white, Uint8Array(width * height); null where blank. */
export function toMnist(drawing, width, height) {
  const rows = [], columns = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    if (255 - drawing[y * width + x] > FAINT) { rows.push(y); columns.push(x); }
  }
  if (!rows.length) return null;
  const top = rows[0], left = columns.reduce((a, b) => Math.min(a, b)), right = columns.reduce((a, b) => Math.max(a, b));
  const tall = rows.at(-1) - top + 1, wide = right - left + 1, scale = BOX / Math.max(tall, wide);
  const across = Math.max(1, even(wide * scale)), down = Math.max(1, even(tall * scale));
  const flat = along(tall, wide, across, (y, x) => 255 - drawing[(top + y) * width + left + x]);
  const turned = along(across, tall, down, (x, y) => flat[y * across + x]);
  const mass = [0, 0, 0];
  for (let y = 0; y < down; y++) for (let x = 0; x < across; x++) {
    const value = turned[x * down + y];
    mass[0] += value; mass[1] += value * y; mass[2] += value * x;
  }
  const corner = (moment, side) => Math.min(Math.max(even(CENTRE - moment / mass[0]), 0), SIDE - side);
  const row = corner(mass[1], down), column = corner(mass[2], across), image = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < down; y++) for (let x = 0; x < across; x++) image[(row + y) * SIDE + column + x] = turned[x * down + y];
  return image;
}
