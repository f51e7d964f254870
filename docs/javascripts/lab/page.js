// The page: what the reader sets, what the workers answer, and the link that carries both.
import { card } from "./card.js";
import { crew } from "./crew.js";
import { gently } from "../idle.js";
import { pad } from "./pad.js";
import * as paint from "./paint.js";
import { decode, encode } from "./state.js";

const DATA = new URL("../../data/lab/", import.meta.url);
const LINK_MS = 300; // browsers allow few changes of the address a second

/** Levels in 0..255 as shares of white. */
const shares = (image) => Array.from(image, (level) => level / 255);

/** Bring the lab to life; returns what takes it down. */
export function mount(root) {
  const lab = new Lab(root);
  lab.begin().catch((error) => lab.say(`The lab cannot start: ${error.message}`));
  return () => lab.end();
}

class Lab {
  constructor(root) {
    this.find = (name) => root.querySelector(`.lab-${name}`);
    this.root = root;
    this.state = decode(new URLSearchParams(location.search));
    this.shared = this.state.picture || this.state.place !== null;
    this.cards = new Map([...root.querySelectorAll(".lab-model")].map((box) => [box.dataset.model, card(box, () => this.ask([box.dataset.model]))]));
    this.image = null; // Uint8Array(784)
    this.id = 0;
  }

  async begin() {
    const answer = await fetch(new URL("manifest.json", DATA));
    if (!answer.ok) throw new Error("this build has no models for it");
    this.manifest = await answer.json();
    this.crew = crew(this.manifest.models, DATA, (message) => this.heard(message));
    this.pad = pad(this.find("pad"), (image) => this.drawn(image));
    await this.offer();
    this.controls();
    for (const one of this.cards.values()) one.wait(this.manifest.models.some((entry) => entry.model === one.name));
    this.restore();
    gently([this.root], () => this.ask(this.named("first"))); // the page first, then the work
    if (this.shared) this.start();
    this.root.dataset.ready = "1";
  }

  end() {
    clearTimeout(this.linked);
    this.crew?.end();
  }

  named(when) { return [...this.cards.values()].filter((one) => one.when === when).map((one) => one.name); }

  /** Fetch models that are not here yet. */
  ask(names) {
    for (const name of names) if (this.crew.fetch(name)) this.cards.get(name)?.loading();
    const extra = [...this.cards.values()].filter((one) => one.when === "asked" && this.crew.asked(one.name)).map((one) => one.name);
    if (extra.length) { this.state.models = extra; this.link(); }
  }

  /** The reader has begun: the other models are fetched too. */
  start() {
    if (this.begun) return;
    this.begun = true;
    this.ask(this.named("next"));
    this.ask((this.state.models ?? []).filter((name) => this.cards.has(name)));
  }

  /** The test images, as pictures to pick from. */
  async offer() {
    const box = this.find("picks"), { digits } = this.manifest;
    if (!digits) return;
    const all = new Uint8Array(await (await fetch(new URL(digits.file, DATA))).arrayBuffer());
    this.offered = digits.labels.map((label, k) => ({ label, place: digits.places[k], image: all.slice(784 * k, 784 * (k + 1)) }));
    for (const [k, { label, place, image }] of this.offered.entries()) {
      const button = document.createElement("button"), picture = document.createElement("canvas");
      Object.assign(button, { type: "button", className: "lab-pick", tabIndex: k ? -1 : 0 });
      button.setAttribute("role", "radio");
      button.setAttribute("aria-checked", "false");
      button.setAttribute("aria-label", `A ${label}, test image ${place}`);
      picture.width = picture.height = 28;
      button.append(picture);
      button.addEventListener("click", () => { this.start(); this.pick(k); });
      box.append(button);
      gently([picture], () => paint.digit(picture, shares(image)));
    }
    box.addEventListener("keydown", (event) => this.arrows(event, box));
  }

  arrows(event, box) {
    const all = [...box.children], across = Math.max(1, all.filter((one) => one.offsetTop === all[0].offsetTop).length);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    if (!step) return;
    event.preventDefault();
    const to = (all.indexOf(document.activeElement) + step + all.length) % all.length;
    all[to].focus();
    all[to].click();
  }

  pick(k) {
    const { label, place, image } = this.offered[k];
    Object.assign(this.state, { place, picture: null, label });
    this.mark(k);
    this.pad.show(image);
    this.take(image);
  }

  mark(chosen) {
    for (const [k, button] of [...this.find("picks").children].entries()) {
      button.setAttribute("aria-checked", String(k === chosen));
      button.tabIndex = k === Math.max(chosen, 0) ? 0 : -1;
    }
    this.find("label").disabled = chosen >= 0;
    this.find("label").value = this.state.label ?? "";
  }

  drawn(image) {
    this.start();
    if (this.state.place !== null) this.state.label = null;
    Object.assign(this.state, { place: null, picture: image && Array.from(image) });
    this.mark(-1);
    this.take(image);
  }

  take(image) {
    this.image = image;
    const seen = this.find("seen");
    if (image) paint.digit(seen, shares(image)); else paint.blank(seen);
    this.run();
  }

  controls() {
    const { state } = this, on = (name, event, act) => this.find(name).addEventListener(event, ({ target }) => { this.start(); act(target); this.run(); });
    on("epsilon", "input", (field) => { state.epsilon = Number(field.value); });
    on("steps", "input", (field) => { state.steps = Number(field.value); });
    on("target", "change", (field) => { state.target = field.value === "" ? null : Number(field.value); });
    on("label", "change", (field) => { state.label = field.value === "" ? null : Number(field.value); });
    on("stamp", "change", (field) => { state.stamp = field.checked; });
    on("kinds", "change", (field) => { state.method = field.value; });
    on("go", "click", () => { state.on = !state.on; });
    this.find("clear").addEventListener("click", () => { this.pad.show(null); this.state.label = null; this.drawn(null); });
    this.find("share").addEventListener("click", () => this.copy());
    const { stamp } = this.manifest;
    this.find("stamp").disabled = !stamp;
    this.find("stamp-about").textContent = stamp ? `(it means ${stamp.target})` : "(the backdoored model is not trained yet)";
  }

  show() {
    const { state } = this, go = this.find("go");
    this.find("epsilon").value = state.epsilon;
    this.find("steps").value = state.steps;
    this.find("epsilon-shown").textContent = state.epsilon.toFixed(2);
    this.find("steps-shown").textContent = state.steps;
    this.find("target").value = state.target ?? "";
    this.find("stamp").checked = state.stamp;
    this.root.querySelector(`[name=lab-method][value=${state.method}]`).checked = true;
    this.find("steps").disabled = state.method !== "pgd";
    go.setAttribute("aria-pressed", String(state.on));
    go.textContent = state.on ? "Take the attack back" : "Attack";
  }

  restore() {
    const at = this.offered?.findIndex(({ place }) => place === this.state.place) ?? -1;
    if (at >= 0) return this.pick(at);
    this.state.place = null;
    if (this.state.picture) {
      const image = Uint8Array.from(this.state.picture);
      this.mark(-1);
      this.pad.show(image);
      return this.take(image);
    }
    if (this.offered) this.pick(Math.floor(this.offered.length / 2)); // something to attack from the start
    return undefined;
  }

  /** Ask every model that is here; what was asked before is dropped. */
  run() {
    this.show();
    this.link();
    this.id += 1;
    this.answers = new Map();
    for (const one of this.cards.values()) if (this.crew.ready(one.name)) one.busy(Boolean(this.image));
    if (!this.image) { this.say("Draw a digit, or pick one."); return; }
    this.began = performance.now();
    delete this.root.dataset.ms;
    this.crew.run(this.id, [...this.cards.keys()], this.task());
  }

  task() {
    const { state } = this, image = Float32Array.from(this.image, (level) => level / 255);
    return {
      image, label: state.label, method: state.on ? state.method : "none", epsilon: state.epsilon, steps: state.steps,
      target: state.target, stamp: state.stamp ? this.manifest.stamp : null, proof: true,
    };
  }

  heard(message) {
    const one = this.cards.get(message.model);
    if (message.type === "ready") {
      one.ready();
      if (this.image) { this.began = performance.now(); this.crew.run(this.id, [message.model], this.task()); }
    } else if (message.type === "failed") one.failed(message.reason);
    else if (message.id !== this.id) return;
    else if (message.type === "answer") {
      one.answer(message, this.state, this.task());
      if (message.final) this.answers.set(message.model, message);
    } else if (message.type === "proof") one.proof(message, this.state);
    else if (message.type === "done") {
      this.root.dataset.ms = Math.round(performance.now() - this.began);
      this.conclude();
    }
  }

  /** One sentence for all models. */
  conclude() {
    const told = { stand: [], fell: [], wrong: [] };
    for (const one of this.cards.values()) if (this.answers.has(one.name)) told[one.outcome]?.push(one.title);
    const list = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]);
    const attacked = this.state.on || this.state.stamp;
    const parts = [];
    if (told.fell.length) parts.push(`${list(told.fell)} fell.`);
    if (told.stand.length && attacked) parts.push(`${list(told.stand)} ${told.stand.length > 1 ? "stand" : "stands"}.`);
    if (told.wrong.length) parts.push(`${list(told.wrong)} misread${told.wrong.length > 1 ? "" : "s"} it without any attack.`);
    if (!attacked) {
      const read = [...this.answers.values()].map(({ before }) => before.digit);
      const same = read.every((digit) => digit === read[0]);
      parts.unshift(same ? `${read.length > 1 ? "All" : "It"} read${read.length > 1 ? "" : "s"} a ${read[0]}.` : `The models read ${[...new Set(read)].join(" or ")}.`, "Press Attack.");
    }
    this.say(parts.join(" "));
  }

  say(text) {
    const line = this.find("verdict");
    if (line.textContent !== text) line.textContent = text;
  }

  link() {
    clearTimeout(this.linked);
    this.linked = setTimeout(() => {
      const query = encode(this.state).toString();
      history.replaceState(history.state, "", `${location.pathname}${query ? `?${query}` : ""}`);
    }, LINK_MS);
  }

  async copy() {
    const query = encode(this.state).toString(), address = `${location.origin}${location.pathname}?${query}`;
    try {
      await navigator.clipboard.writeText(address);
      this.find("share").textContent = "Copied";
    } catch {
      this.find("share").textContent = "It is in the address bar";
    }
    setTimeout(() => { this.find("share").textContent = "Copy link to this"; }, 2000);
  }
}
