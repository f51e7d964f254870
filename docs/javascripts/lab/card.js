// One model's card: its answer before and after, the picture, the change, and whether it fell.
import * as paint from "./paint.js";

/** `asked()` is called when the reader wants a model that is not fetched by itself. */
export function card(box, asked) { return new Card(box, asked); }

class Card {
  constructor(box, asked) {
    this.box = box;
    this.name = box.dataset.model;
    this.when = box.dataset.when;
    this.title = box.querySelector(".lab-name").textContent;
    this.part = (name) => box.querySelector(`.lab-${name}`);
    this.part("load")?.addEventListener("click", asked);
  }

  state(text, kind = "") {
    this.part("state").textContent = text;
    this.box.dataset.outcome = kind;
  }

  note(text) {
    const note = this.part("note");
    if (note) note.textContent = text;
  }

  /** Before anything is fetched. */
  wait(there) {
    const load = this.part("load");
    if (!load) return;
    if (!there) { this.note("Not in this build."); return; }
    load.hidden = this.when !== "asked";
    if (this.when === "next") this.note(`Comes when you begin (${this.box.dataset.size}).`);
    if (this.when === "asked") this.note("");
  }

  loading() {
    this.box.classList.remove("idle");
    this.part("load").hidden = true;
    this.note(`Fetching ${this.box.dataset.size} …`);
  }

  ready() {
    this.box.classList.remove("idle");
    this.note("");
  }

  failed(reason) {
    this.note(`Cannot be used: ${reason}.`);
    this.part("load").hidden = false;
  }

  /** A new question is on its way; `image` false means that there is none. */
  busy(image) {
    this.box.classList.toggle("busy", image);
    if (image) return;
    this.state("");
    this.note("");
    for (const name of ["from", "share-of"]) this.part(name).textContent = "";
    this.part("digit").textContent = "–";
    paint.blank(this.part("image"));
    paint.blank(this.part("change"));
    for (const bar of this.box.querySelectorAll(".lab-bar")) bar.removeAttribute("style");
  }

  answer({ before, after, image, truth, taken, final, ms }, state, task) {
    const right = truth ?? state.label ?? before.digit, changed = after.digit !== before.digit;
    paint.digit(this.part("image"), image);
    paint.change(this.part("change"), image, task.image, Math.max(state.epsilon, 0.01));
    paint.bars(this.part("bars"), before, after, right);
    this.part("change-about").textContent = state.on ? `change, ±${state.epsilon.toFixed(2)}` : "change";
    this.part("from").textContent = changed ? `${before.digit} →` : "";
    this.part("digit").textContent = after.digit;
    this.part("digit").classList.toggle("wrong", after.digit !== right);
    this.part("share-of").textContent = paint.percent(after.scores[after.digit]);
    if (!final) { this.note(`step ${taken} …`); return; }
    this.box.classList.remove("busy");
    this.outcome = before.digit !== right ? "wrong" : after.digit !== right ? "fell" : "stand";
    const pressed = state.on || state.stamp;
    const said = { wrong: "misread before", fell: "fell", stand: pressed ? "stands" : "reads it" }[this.outcome];
    this.state(said, this.outcome === "stand" && !pressed ? "" : this.outcome);
    const reached = state.target !== null && state.on && after.digit === state.target;
    const steps = taken ? `${taken} step${taken > 1 ? "s" : ""}, ${Math.round(ms)} ms.` : "";
    this.note([reached ? "Target reached." : "", steps].join(" ").trim());
    this.told = this.part("note").textContent;
  }

  proof({ label, radius }, state) {
    const text = radius === null ? `It does not read a ${label}, so nothing is proved.`
      : radius === 0 ? "Nothing is proved for this image."
      : `Proved: a ${label} up to ε ${(Math.floor(radius * 1000) / 1000).toFixed(3)}.`;
    const inside = radius && state.on && !state.stamp && state.epsilon <= radius ? " No attack of this size can win." : "";
    this.note(`${text}${inside} ${this.told ?? ""}`.trim());
  }
}
