// The digit explorer: filters over the table of fates, and one image in full. Its state is in the address.
import { el, json, picture } from "./shared.js";

const STATES = { "": "any state", broken: "broken", stands: "stands", wrong: "wrong before" };
let stop = () => {};

export function scan() {
  stop();
  const host = document.querySelector("[data-explorer]:not([data-ready])");
  if (!host) return;
  host.dataset.ready = "";
  json("data/charts/explorer.json").then((data) => new Explorer(host, data)).catch(() => {
    host.textContent = "The pictures could not be loaded; the table below is whole.";
  });
}

class Explorer {
  constructor(host, data) {
    this.data = data;
    this.rows = [...document.querySelectorAll("table.explorer tbody tr")];
    this.state = { digit: "", model: "", state: "", image: "", ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
    const digits = [...new Set(data.images.map(([, label]) => String(label)))];
    this.said = el("span", { role: "status" });
    this.detail = el("div", { class: "explorer-detail", tabindex: "-1" });
    host.replaceChildren(el("div", { class: "explorer-filters" },
      this.choice("digit", "Digit", [["", "any digit"], ...digits.map((digit) => [digit, digit])]),
      this.choice("model", "Model", [["", "any model"], ...data.models.map((model) => [model.name, model.title])]),
      this.choice("state", "State", Object.entries(STATES)), this.said), this.detail);
    for (const row of this.rows) {
      const [head] = row.cells;
      const [index, label] = data.images[row.dataset.place];
      const thumb = picture("report/figures/explorer-digits.png", data.columns, Number(row.dataset.place), 1, `Test image ${index}, a ${label}`);
      head.replaceChildren(el("button", { type: "button", class: "pick", onclick: () => this.set({ image: String(index) }, true) }, thumb, String(index)));
    }
    const keep = () => { clearTimeout(this.later); this.later = setTimeout(() => this.write(), 250); };
    const read = () => {
      const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
      if ("image" in asked || "digit" in asked || "model" in asked || "state" in asked) this.set({ digit: "", model: "", state: "", image: "", ...asked });
    };
    addEventListener("scroll", keep, { passive: true }); // the theme writes the heading in view into the address
    addEventListener("hashchange", read);
    stop = () => { removeEventListener("scroll", keep); removeEventListener("hashchange", read); clearTimeout(this.later); };
    this.set({});
  }

  choice(name, words, options) {
    const select = el("select", { name, onchange: () => this.set({ [name]: select.value }) },
      ...options.map(([value, text]) => el("option", { value }, text)));
    this[`${name}Choice`] = select;
    return el("label", {}, `${words} `, select);
  }

  set(changed, focus = false) {
    Object.assign(this.state, changed);
    const { digit, model, state, image } = this.state;
    for (const name of ["digit", "model", "state"]) this[`${name}Choice`].value = this.state[name];
    const asked = this.data.models.filter((one) => !model || one.name === model);
    let shown = 0;
    for (const row of this.rows) {
      const place = Number(row.dataset.place);
      const [index, label] = this.data.images[place];
      const fits = (!digit || String(label) === digit) && (!state || asked.some((one) => one.fates[place].state === state));
      row.hidden = !fits;
      shown += fits;
      row.classList.toggle("picked", String(index) === image);
    }
    this.said.textContent = `${shown} of ${this.rows.length} images`;
    const place = this.data.images.findIndex(([index]) => String(index) === image);
    this.detail.replaceChildren(...(place < 0 ? [el("p", {}, "Choose a test image in the table to see what broke it.")] : this.card(place, asked)));
    if (focus) {
      this.detail.scrollIntoView({ block: "nearest" });
      this.detail.focus({ preventScroll: true });
    }
    this.write();
  }

  write() {
    const kept = Object.entries(this.state).filter(([name, value]) => value && ["digit", "model", "state", "image"].includes(name));
    const hash = kept.length ? `#${new URLSearchParams(kept)}` : "";
    if (hash && hash !== location.hash) history.replaceState(history.state, "", hash);
  }

  card(place, models) {
    const [index, label] = this.data.images[place];
    const sheet = (name, at, words) => picture(`report/figures/explorer-${name}.png`, this.data.columns, at, 3, words);
    const cards = models.map((model) => {
      const fate = model.fates[place];
      const lines = [];
      if (fate.state === "wrong") lines.push(`Read as ${fate.before} without any attack.`);
      else if (fate.state === "broken") lines.push(`Broken at ε ${fate.epsilon} by ${fate.by.join(", ")}.`);
      else lines.push(`Stands against every attack tried, up to ε ${Math.max(...model.sizes)}.`);
      lines.push(fate.proved > 0 ? `Proved up to ε ${Number(fate.proved.toPrecision(3))}.` : "Nothing is proved of it.");
      if (fate.l2 !== null && fate.l2 > 0) lines.push(`Smallest L2 change found: ${fate.l2.toFixed(2)}, by ${fate.l2_by}.`);
      const shown = fate.after >= 0 ? [sheet(model.name, place, `After PGD at ε ${fate.epsilon}: read as ${fate.after}`),
        el("figcaption", {}, `read as ${fate.after}`)] : [el("figcaption", {}, fate.state === "broken" ? "no picture: PGD found none at this ε" : "no picture: nothing broke it")];
      return el("div", { class: `fate-card ${fate.state}`, "data-model": model.name }, el("h3", {}, model.title),
        el("figure", {}, ...shown), ...lines.map((line) => el("p", {}, line)));
    });
    return [el("div", { class: "fate-original" }, sheet("digits", place, `Test image ${index}, a ${label}`),
      el("p", {}, el("strong", {}, `Test image ${index}`), `, a ${label}. `,
        el("button", { type: "button", class: "quiet", onclick: () => this.set({ image: "" }) }, "Close"))),
      el("div", { class: "fate-cards" }, ...cards)];
  }
}
