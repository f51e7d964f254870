// The layers' arithmetic, forward and backward, on one image. Values lie as [row][column][channel], so that
// the inner loops run over channels that are neighbours in memory. Sums are taken in double precision.

/** For each pixel of `to`: which pixels of `from` it reads, and through which tap of the kernel. */
function table(to, reads) {
  const start = new Int32Array(to + 1), pixel = [], tap = [];
  for (let p = 0; p < to; p++) {
    for (const [from, k] of reads(p)) { pixel.push(from); tap.push(k); }
    start[p + 1] = pixel.length;
  }
  return { start, pixel: Int32Array.from(pixel), tap: Int32Array.from(tap) };
}

function forwardTable({ side, sideOut, kernel, stride, padding }) {
  return table(sideOut * sideOut, (p) => {
    const found = [], y = Math.floor(p / sideOut), x = p % sideOut;
    for (let ky = 0; ky < kernel; ky++) for (let kx = 0; kx < kernel; kx++) {
      const iy = y * stride + ky - padding, ix = x * stride + kx - padding;
      if (iy >= 0 && iy < side && ix >= 0 && ix < side) found.push([iy * side + ix, ky * kernel + kx]);
    }
    return found;
  });
}

function backwardTable({ side, sideOut, kernel, stride, padding }) {
  return table(side * side, (p) => {
    const found = [], y = Math.floor(p / side), x = p % side;
    for (let ky = 0; ky < kernel; ky++) for (let kx = 0; kx < kernel; kx++) {
      const oy = (y + padding - ky) / stride, ox = (x + padding - kx) / stride;
      const whole = Number.isInteger(oy) && Number.isInteger(ox);
      if (whole && oy >= 0 && oy < sideOut && ox >= 0 && ox < sideOut) found.push([oy * sideOut + ox, ky * kernel + kx]);
    }
    return found;
  });
}

/** Add to each pixel of `out` (channels `many`) what it reads of `from` (channels `few`); zeros cost nothing. */
function gather(out, from, { start, pixel, tap }, weight, few, many, bias, values, places) {
  for (let p = 0; p + 1 < start.length; p++) {
    let n = 0;
    for (let t = start[p]; t < start[p + 1]; t++) {
      const source = pixel[t] * few, row = tap[t] * few;
      for (let c = 0; c < few; c++) {
        const value = from[source + c];
        if (value !== 0) { values[n] = value; places[n++] = (row + c) * many; }
      }
    }
    const target = p * many;
    let o = 0;
    for (; o + 8 <= many; o += 8) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (let k = 0; k < n; k++) {
        const value = values[k], w = places[k] + o;
        a += value * weight[w]; b += value * weight[w + 1]; c += value * weight[w + 2]; d += value * weight[w + 3];
        e += value * weight[w + 4]; f += value * weight[w + 5]; g += value * weight[w + 6]; h += value * weight[w + 7];
      }
      const q = target + o;
      out[q] = a; out[q + 1] = b; out[q + 2] = c; out[q + 3] = d;
      out[q + 4] = e; out[q + 5] = f; out[q + 6] = g; out[q + 7] = h;
    }
    for (; o < many; o++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += values[k] * weight[places[k] + o];
      out[target + o] = sum;
    }
    if (bias) for (let c = 0; c < many; c++) out[target + c] += bias[c];
  }
}

/** A convolution from weights as torch keeps them: [output][input][row][column]. */
export class Conv {
  constructor(shape, weight, bias) {
    Object.assign(this, shape);
    this.bias = bias;
    const taps = this.kernel * this.kernel, many = this.outputs, few = this.inputs;
    this.ahead = new Float64Array(weight.length); // [tap][input][output]
    this.back = new Float64Array(weight.length); // [tap][output][input]
    for (let o = 0; o < many; o++) for (let i = 0; i < few; i++) for (let t = 0; t < taps; t++) {
      const value = weight[(o * few + i) * taps + t];
      this.ahead[(t * few + i) * many + o] = value;
      this.back[(t * many + o) * few + i] = value;
    }
    this.reads = forwardTable(this);
    this.sends = backwardTable(this);
    const longest = taps * Math.max(few, many);
    this.values = new Float64Array(longest);
    this.places = new Int32Array(longest);
    this.size = this.sideOut * this.sideOut * many;
    this.sizeIn = this.side * this.side * few;
  }

  forward(x, out) {
    gather(out, x, this.reads, this.ahead, this.inputs, this.outputs, this.bias, this.values, this.places);
  }

  backward(_x, slope, out) {
    gather(out, slope, this.sends, this.back, this.outputs, this.inputs, null, this.values, this.places);
  }

  /** What a radius becomes: it meets the weights without their signs and no bias. */
  spread(radius, out) {
    this.bare ??= this.ahead.map(Math.abs);
    gather(out, radius, this.reads, this.bare, this.inputs, this.outputs, null, this.values, this.places);
  }
}

/** A linear layer; `weight` is [input][output]. */
export class Linear {
  constructor({ inputs, outputs }, weight, bias) {
    Object.assign(this, { inputs, outputs, weight, bias, size: outputs, sizeIn: inputs });
    this.sum = new Float64Array(outputs);
  }

  apply(x, out, weight, bias) {
    const { inputs, outputs, sum } = this;
    if (bias) sum.set(bias); else sum.fill(0);
    for (let i = 0; i < inputs; i++) {
      const value = x[i];
      if (value === 0) continue;
      const row = i * outputs;
      for (let o = 0; o < outputs; o++) sum[o] += value * weight[row + o];
    }
    out.set(sum);
  }

  forward(x, out) { this.apply(x, out, this.weight, this.bias); }

  spread(radius, out) {
    this.bare ??= this.weight.map(Math.abs);
    this.apply(radius, out, this.bare, null);
  }

  backward(_x, slope, out) {
    const { inputs, outputs, weight } = this;
    for (let i = 0; i < inputs; i++) {
      const row = i * outputs;
      let a = 0, b = 0, o = 0;
      for (; o + 2 <= outputs; o += 2) {
        a += slope[o] * weight[row + o];
        b += slope[o + 1] * weight[row + o + 1];
      }
      for (; o < outputs; o++) a += slope[o] * weight[row + o];
      out[i] = a + b;
    }
  }
}

/** The larger of a value and zero; at zero nothing flows back, as in torch. */
export class Relu {
  constructor(size) { this.size = this.sizeIn = size; }

  forward(x, out) { for (let i = 0; i < x.length; i++) out[i] = x[i] > 0 ? x[i] : 0; }

  backward(x, slope, out) { for (let i = 0; i < x.length; i++) out[i] = x[i] > 0 ? slope[i] : 0; }
}

/** The largest of each window; among equals the first, row by row, as in torch. */
export class Pool {
  constructor({ side, channels, window }) {
    Object.assign(this, { side, channels, window });
    this.sideOut = Math.floor(side / window);
    this.size = this.sideOut * this.sideOut * channels;
    this.sizeIn = side * side * channels;
    this.winner = new Int32Array(this.size);
  }

  forward(x, out) {
    const { side, sideOut, channels, window, winner } = this;
    for (let p = 0, q = 0; p < sideOut * sideOut; p++) {
      const corner = (Math.floor(p / sideOut) * side + (p % sideOut)) * window;
      for (let c = 0; c < channels; c++, q++) {
        let best = corner * channels + c;
        for (let dy = 0; dy < window; dy++) for (let dx = 0; dx < window; dx++) {
          const at = (corner + dy * side + dx) * channels + c;
          if (x[at] > x[best]) best = at;
        }
        out[q] = x[best];
        winner[q] = best;
      }
    }
  }

  backward(_x, slope, out) {
    out.fill(0);
    for (let q = 0; q < this.size; q++) out[this.winner[q]] += slope[q];
  }
}

/** Pixels to clamp((x - low) / (high - low), 0, 1), in single precision as torch does it. */
export class Ramp {
  constructor({ low, high, size }) {
    Object.assign(this, { low, high, size, sizeIn: size, width: Math.fround(high - low) });
  }

  value(x) { return Math.fround(Math.fround(x - this.low) / this.width); }

  forward(x, out) { for (let i = 0; i < x.length; i++) out[i] = Math.min(Math.max(this.value(x[i]), 0), 1); }

  backward(x, slope, out) {
    for (let i = 0; i < x.length; i++) {
      const value = this.value(x[i]);
      out[i] = value >= 0 && value <= 1 ? slope[i] / this.width : 0;
    }
  }
}
