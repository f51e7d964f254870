// Pictures of digits and the bars beside them.

const RED = [192, 74, 0], BLUE = [0, 103, 165];

function put(canvas, colour) {
  const context = canvas.getContext("2d"), data = context.createImageData(28, 28);
  for (let k = 0; k < 784; k++) {
    const [r, g, b] = colour(k);
    data.data.set([r, g, b, 255], 4 * k);
  }
  context.putImageData(data, 0, 0);
}

/** An image in [0, 1], white on black as MNIST is. */
export function digit(canvas, image) {
  put(canvas, (k) => { const level = Math.round(255 * image[k]); return [level, level, level]; });
}

/** What was changed: red where light was added, blue where it was taken, `size` in full colour. */
export function change(canvas, image, ground, size) {
  put(canvas, (k) => {
    const share = Math.max(-1, Math.min(1, (image[k] - ground[k]) / size)), tint = share > 0 ? RED : BLUE;
    return tint.map((level) => Math.round(255 + Math.abs(share) * (level - 255)));
  });
}

/** Nothing to show. */
export function blank(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

/** Ten bars inside `box`: the scores, a mark where each was before, and what they say in words. */
export function bars(box, before, after, truth) {
  for (const [k, bar] of [...box.querySelectorAll(".lab-bar")].entries()) {
    bar.style.setProperty("--share", after.scores[k].toFixed(4));
    bar.style.setProperty("--before", before.scores[k].toFixed(4));
    bar.classList.toggle("wrong", k === after.digit && after.digit !== truth);
    bar.classList.toggle("top", k === after.digit);
  }
  const ranked = after.scores.map((share, k) => [share, k]).sort((a, b) => b[0] - a[0]).slice(0, 3);
  box.setAttribute("aria-label", `Confidence: ${ranked.map(([share, k]) => `${k} ${percent(share)}`).join(", ")}`);
}

/** A share as percent, never rounded to none or all. */
export function percent(share) {
  if (share > 0.999 && share < 1) return "> 99.9 %";
  if (share > 0 && share < 0.001) return "< 0.1 %";
  return `${(100 * share).toFixed(1)} %`;
}
