// Shared pieces: paths, elements, numbers in words, the floating hint.

export const ROOT = new URL("../../", import.meta.url);

const kept = new Map();

/** Read a JSON file below the site's root, once. */
export function json(path) {
  if (!kept.has(path)) {
    const asked = fetch(new URL(path, ROOT)).then((answer) => {
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer.json();
    });
    asked.catch(() => kept.delete(path));
    kept.set(path, asked);
  }
  return kept.get(path);
}

/** Make an element; `on…` are listeners, everything else an attribute. Text is never read as HTML. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const dark = () => document.body.getAttribute("data-md-color-scheme") === "slate";

/** Return a fraction in percent as the pages print it: never 0 or 100 unless it is. */
export function percent(share, n) {
  if (share === 0 || share === 1) return `${100 * share} %`;
  let places = n >= 5000 ? 2 : 1;
  while (places < 6 && [0, 100].includes(Number((100 * share).toFixed(places)))) places += 1;
  return `${(100 * share).toFixed(places)} %`;
}

/** Return a point's value and interval in words. */
export function figure(point, interval = "95 % interval") {
  const bounds = [point.low, point.high].map((bound) => percent(bound, point.n).slice(0, -2)).join(", ");
  const seeds = point.seeds ? `, mean of ${point.seeds} seeds` : "";
  return `${percent(point.y, point.n)}, ${interval} [${bounds}]${seeds}, n = ${point.n.toLocaleString("en")}`;
}

let hint;

/** Show words beside a place on the screen, or hide them. */
export function tip(words, x = 0, y = 0) {
  if (!hint || !hint.isConnected) {
    hint = el("div", { class: "explore-tip", "aria-hidden": "true" });
    document.body.append(hint);
  }
  hint.textContent = words || "";
  hint.hidden = !words;
  if (!words) return;
  const box = hint.getBoundingClientRect();
  hint.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - box.width - 4))}px`;
  hint.style.top = `${y - box.height - 12 > 4 ? y - box.height - 12 : y + 16}px`;
}

/** Hand a file to the reader. */
export function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Show one picture of a sheet, `columns` pictures of 28 pixels a line, `scale` times as large. */
export function picture(sheet, columns, place, scale, words) {
  const side = 28 * scale;
  const shift = `-${(place % columns) * side}px -${Math.floor(place / columns) * side}px`;
  const style = `width:${side}px;height:${side}px;background:url("${new URL(sheet, ROOT)}") ${shift} / ${columns * side}px auto`;
  return el("span", { class: "digit", role: "img", "aria-label": words, title: words, style });
}
