// What a link carries: the picture, pixel for pixel, and how it is attacked.

export const START = {
  picture: null, place: null, label: null, models: null,
  on: false, method: "pgd", epsilon: 0.2, steps: 20, target: null, stamp: false,
};
const METHODS = ["fgsm", "pgd"];

/** Pixels, Uint8Array(784), as text: runs of black are counted, the rest is written out. */
export function packed(image) {
  const bytes = [];
  for (let k = 0; k < image.length; ) {
    if (image[k]) { bytes.push(image[k++]); continue; }
    let run = 0;
    while (k < image.length && !image[k] && run < 255) { run++; k++; }
    bytes.push(0, run);
  }
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The pixels of such a text; null where it is none. */
export function unpacked(text) {
  try {
    const bytes = Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const image = new Uint8Array(784);
    let at = 0;
    for (let k = 0; k < bytes.length; k++) {
      if (at >= 784) return null;
      if (bytes[k]) image[at++] = bytes[k]; else at += bytes[++k];
    }
    return at === 784 ? image : null;
  } catch { return null; }
}

const digit = (text) => (/^[0-9]$/.test(text ?? "") ? Number(text) : null);
const among = (text, low, high, other) => {
  const value = Number.parseFloat(text ?? "");
  return value >= low && value <= high ? value : other;
};

/** The query of a state; what is as at the start is left out. */
export function encode(state) {
  const query = new URLSearchParams();
  if (state.place !== null) query.set("image", String(state.place));
  else if (state.picture) query.set("drawing", packed(Uint8Array.from(state.picture)));
  if (state.label !== null && state.place === null) query.set("label", String(state.label));
  if (state.on) query.set("on", "1");
  if (state.method !== START.method) query.set("attack", state.method);
  if (state.epsilon !== START.epsilon) query.set("epsilon", String(state.epsilon));
  if (state.steps !== START.steps) query.set("steps", String(state.steps));
  if (state.target !== null) query.set("target", String(state.target));
  if (state.stamp) query.set("stamp", "1");
  if (state.models) query.set("models", state.models.join("."));
  return query;
}

/** The state of a query; whatever in it is not possible is as at the start. */
export function decode(query) {
  const drawing = query.get("drawing"), place = Number.parseInt(query.get("image") ?? "", 10);
  const models = (query.get("models") ?? "").split(".").filter((name) => /^[a-z]{1,20}$/.test(name));
  const picture = drawing ? unpacked(drawing) : null;
  return {
    picture: picture && Array.from(picture),
    place: place >= 0 ? place : null,
    label: digit(query.get("label")),
    models: models.length ? models : null,
    on: query.get("on") === "1",
    method: METHODS.includes(query.get("attack")) ? query.get("attack") : START.method,
    epsilon: among(query.get("epsilon"), 0, 0.5, START.epsilon),
    steps: Math.round(among(query.get("steps"), 1, 40, START.steps)),
    target: digit(query.get("target")),
    stamp: query.get("stamp") === "1",
  };
}
