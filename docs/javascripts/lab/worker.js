// Holds some of the networks and attacks them, away from the page. A newer task ends an older one between two steps.
import { fgsm, pgd, stamped, start } from "./attacks.js";
import { radius } from "./bounds.js";
import { argmax, softmax } from "./network.js";
import { network } from "./weights.js";

const SHOWN_MS = 60; // between two pictures of an attack on its way
const START = start(1); // one random start for all, so that a link shows the same picture again
const held = new Map();
let newest = 0;

const bell = new MessageChannel(), waiting = [];
bell.port1.onmessage = () => waiting.shift()();

/** Lets messages in that came meanwhile. */
const breath = () => new Promise((go) => { waiting.push(go); bell.port2.postMessage(0); });

async function load({ model, entry, address }) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${entry.file} could not be fetched (${answer.status})`);
    held.set(model, { network: await network(entry, await answer.arrayBuffer()), proves: entry.bounded });
    postMessage({ type: "ready", model });
  } catch (error) {
    postMessage({ type: "failed", model, reason: error.message });
  }
}

function read(net, image) {
  const scores = softmax(net.logits(image));
  return { digit: argmax(scores), scores };
}

/** Attack one model; false when a newer task came. */
async function attack(id, model, { image, label, method, epsilon, steps, target, stamp, proof }) {
  const { network: net, proves } = held.get(model), began = performance.now();
  const before = read(net, image), truth = label ?? before.digit;
  const ground = stamp ? stamped(image, stamp) : image;
  let found = ground, taken = 0;
  if (method === "fgsm" && epsilon > 0) {
    found = fgsm(net, ground, { label: truth, target, epsilon });
    taken = 1;
  } else if (method === "pgd" && epsilon > 0) {
    const climb = pgd(net, ground, { label: truth, target, epsilon, steps, ratio: Math.min(1, 4 / steps), start: START });
    for (let shown = performance.now(); ;) {
      const { done, value } = climb.next();
      if (done) { found = value; break; }
      taken = value.taken;
      if (performance.now() - shown > SHOWN_MS) {
        const scores = softmax(net.values.at(-1));
        postMessage({ type: "answer", id, model, before, after: { digit: argmax(scores), scores }, image: value.image, taken, final: false });
        shown = performance.now();
      }
      await breath();
      if (id !== newest) return false;
    }
  }
  const after = found === image ? before : read(net, found);
  postMessage({ type: "answer", id, model, before, after, image: found, truth, taken, final: true, ms: performance.now() - began });
  await breath();
  if (proves && proof && id === newest) {
    postMessage({ type: "proof", id, model, label: truth, radius: radius(net, image, truth) });
  }
  return id === newest;
}

async function run({ id, models, task }) {
  newest = id;
  for (const model of models) {
    await breath();
    if (id !== newest) return;
    if (held.has(model) && !(await attack(id, model, task))) return;
  }
  postMessage({ type: "done", id });
}

onmessage = ({ data }) => (data.type === "load" ? load(data) : run(data));
