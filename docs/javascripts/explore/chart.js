// Charts in place of static figures, once a reader asks for one. Drawn by µPlot, which is loaded then.
import { dark, el, figure, json, ROOT, save, tip } from "./shared.js";
import { bracket, heat, lines } from "./kinds.js";

const KINDS = { lines, points: lines, heat, bracket };
let library;
const load = () => (library ??= import("../vendor/uplot.js").then((module) => module.default));
const open = new Set();

/** Give every figure that has a chart its button. */
export function scan() {
  for (const chart of [...open]) if (!chart.box.isConnected) chart.close();
  for (const picture of document.querySelectorAll("img[data-chart]")) {
    const host = picture.parentElement;
    if (host.classList.contains("chart-host")) continue;
    host.classList.add("chart-host");
    const name = picture.dataset.chart;
    const start = () => show(host, name, button);
    const button = el("button", { type: "button", class: "chart-open", onclick: start }, "Explore this figure");
    for (const event of ["pointerenter", "focusin"]) host.addEventListener(event, load, { once: true });
    for (const image of host.querySelectorAll("img")) image.addEventListener("click", start);
    host.append(button);
  }
}

async function show(host, name, button) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    const [uPlot, data, palette] = await Promise.all([load(), json(`data/charts/${name}.json`), json("data/charts/palette.json")]);
    new Chart(uPlot, host, name, data, palette, button);
  } catch {
    button.textContent = "The chart could not be loaded";
    button.disabled = false;
  }
}

class Chart {
  constructor(uPlot, host, name, data, palette, button) {
    Object.assign(this, { uPlot, host, name, data, palette, button, hidden: new Set(), at: -1 });
    this.plot = el("div", { class: "chart-plot", tabindex: "0", role: "group",
      "aria-label": `${data.title}. Arrow keys go from point to point.`, onkeydown: (event) => this.key(event) });
    this.legend = el("div", { class: "chart-legend" });
    this.said = el("p", { class: "chart-said", "aria-live": "polite" }, "Point at the chart, or use the arrow keys.");
    this.box = el("div", { class: "chart", role: "group", "aria-label": data.title },
      el("p", { class: "chart-title" }, data.title), this.legend, this.plot, this.said, this.tools());
    host.after(this.box);
    host.classList.add("chart-shown");
    this.watch = new MutationObserver(() => this.draw());
    this.watch.observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
    this.size = new ResizeObserver(() => {
      if (this.drawn && Math.abs(this.plot.clientWidth - this.drawn.width) > 1) this.draw();
    });
    this.draw();
    this.size.observe(this.plot);
    open.add(this);
    this.plot.focus({ preventScroll: true });
  }

  close() {
    this.watch.disconnect();
    this.size.disconnect();
    this.drawn?.destroy();
    this.box.remove();
    open.delete(this);
    tip("");
    this.host.classList.remove("chart-shown");
    this.button.disabled = false;
    if (this.button.isConnected) this.button.focus({ preventScroll: true });
  }

  tools() {
    const make = (words, act) => el("button", { type: "button", onclick: act }, words);
    this.svg = el("a", { download: `${this.name}.svg` }, "SVG");
    return el("div", { class: "chart-tools" }, el("span", {}, "Download:"), this.svg,
      make("PNG", () => this.png()), make("CSV", () => save(`${this.name}.csv`, this.csv(), "text/csv")),
      el("a", { href: new URL(`data/charts/${this.name}.json`, ROOT), download: `${this.name}.json` }, "JSON"),
      make("Back to the still figure", () => this.close()));
  }

  /** Draw anew, in the colours of the theme and at the width there is. */
  draw() {
    const colours = this.palette[dark() ? "dark" : "light"];
    this.colour = (order) => colours[this.palette.series[order % this.palette.series.length]];
    this.colours = colours;
    this.drawn?.destroy();
    const width = this.plot.clientWidth;
    const made = KINDS[this.data.kind](this, width);
    this.marks = made.marks;
    this.drawn = new this.uPlot({ width, ...made.options }, made.values, this.plot);
    this.ring = el("div", { class: "chart-ring", hidden: true });
    this.drawn.over.append(this.ring);
    this.drawn.over.addEventListener("pointermove", (event) => this.hover(event));
    this.drawn.over.addEventListener("pointerdown", (event) => this.hover(event));
    this.drawn.over.addEventListener("pointerleave", () => tip(""));
    this.svg.href = new URL(`report/figures/${this.name}-${dark() ? "dark" : "light"}.svg`, ROOT);
    this.legend.replaceChildren(...made.legend.map((item) => this.entry(item)), ...(made.note ? [el("span", {}, made.note)] : []));
    this.box.dataset.theme = dark() ? "dark" : "light";
  }

  entry({ key, label, colour }) {
    const swatch = el("span", { class: "chart-swatch", style: `background:${colour}` });
    const turn = () => {
      if (!this.hidden.delete(key)) this.hidden.add(key);
      const place = [...this.legend.children].indexOf(button);
      this.draw(); // makes the legend anew, so the focus is put back
      this.legend.children[place].focus({ preventScroll: true });
    };
    const pressed = String(!this.hidden.has(key));
    const button = el("button", { type: "button", "aria-pressed": pressed, onclick: turn }, swatch, label);
    return button;
  }

  seen() {
    return this.marks.filter((mark) => !this.hidden.has(mark.key));
  }

  place(mark) {
    return [this.drawn.valToPos(mark.x, "x"), this.drawn.valToPos(mark.y, "y")];
  }

  hover(event) {
    const box = this.drawn.over.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null;
    let least = Infinity;
    for (const mark of this.seen()) {
      const [left, top] = this.place(mark);
      const far = (this.data.kind === "bracket" ? 25 : 1) * (left - x) ** 2 + (top - y) ** 2;
      if (far < least) [best, least] = [mark, far];
    }
    if (best) this.say(best, event);
  }

  key(event) {
    const marks = this.seen();
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "next", ArrowUp: "last" }[event.key];
    if (!step || !marks.length || event.target !== this.plot) return;
    event.preventDefault();
    const now = marks.indexOf(this.now);
    if (typeof step === "number") return this.say(marks[(now + step + marks.length) % marks.length]);
    const keys = [...new Set(marks.map((mark) => mark.key))];
    const row = Math.max(0, keys.indexOf(this.now?.key));
    const next = keys[(row + (step === "next" ? 1 : -1) + keys.length) % keys.length];
    const near = marks.filter((mark) => mark.key === next);
    this.say(near.sort((a, b) => Math.abs(a.x - (this.now?.x ?? 0)) - Math.abs(b.x - (this.now?.x ?? 0)))[0]);
  }

  /** Say what a point is, with the way to its record. */
  say(mark, event) {
    const [left, top] = this.place(mark);
    this.ring.hidden = false;
    this.ring.style.transform = `translate(${left}px, ${top}px)`;
    const box = this.drawn.over.getBoundingClientRect();
    const words = mark.parts.map((part) => `${part.label}: ${part.reason ?? figure(part.point, this.data.interval)}`);
    tip(words.join("\n"), event ? event.clientX : box.left + left, event ? event.clientY : box.top + top);
    if (mark === this.now) return;
    this.now = mark;
    const point = mark.parts[0].point;
    const link = point && el("a", { href: new URL(`data/${point.family}.json`, ROOT) }, `record of ${point.name}`);
    this.said.replaceChildren(words.join("; "), ...(link ? [" – ", link] : []));
  }

  csv() {
    const quote = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
    const rows = this.marks.flatMap((mark) => mark.parts.filter((part) => part.point).map(({ label, point }) =>
      [label, point.x, point.y, point.low, point.high, point.n, point.family, point.name].map(quote).join(",")));
    return ["what,x,value,low,high,n,family,record", ...rows].join("\n") + "\n";
  }

  png() {
    const from = this.drawn.ctx.canvas;
    const ratio = from.width / this.drawn.width;
    const canvas = el("canvas", { width: from.width, height: from.height + 56 * ratio });
    const pen = canvas.getContext("2d");
    pen.fillStyle = this.colours.surface;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.scale(ratio, ratio);
    pen.fillStyle = this.colours.ink;
    pen.font = "600 14px sans-serif";
    pen.fillText(this.data.title, 8, 20);
    pen.font = "12px sans-serif";
    let x = 8;
    for (const button of this.legend.querySelectorAll("button")) {
      if (button.getAttribute("aria-pressed") === "false") continue;
      pen.fillStyle = getComputedStyle(button.firstChild).backgroundColor;
      pen.fillRect(x, 33, 12, 8);
      pen.fillStyle = this.colours.ink;
      pen.fillText(button.textContent, x + 16, 42);
      x += 30 + pen.measureText(button.textContent).width;
    }
    pen.drawImage(from, 0, 56, this.drawn.width, from.height / ratio);
    canvas.toBlob((blob) => save(`${this.name}.png`, blob));
  }
}
