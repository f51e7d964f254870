// Runs the page's own modules under Node: node run.mjs FOLDER. Reads FOLDER/task.json, writes FOLDER/found.json.
import { readFileSync, writeFileSync } from "node:fs";
import { fgsm, pgd, slope, stamped } from "../../docs/javascripts/lab/attacks.js";
import { radius } from "../../docs/javascripts/lab/bounds.js";
import { toMnist } from "../../docs/javascripts/lab/canvas.js";
import { decode, encode } from "../../docs/javascripts/lab/state.js";
import { Pool } from "../../docs/javascripts/lab/tensor.js";
import { network } from "../../docs/javascripts/lab/weights.js";

const folder = process.argv[2], task = JSON.parse(readFileSync(`${folder}/task.json`, "utf8"));
const floats = (name) => { const b = readFileSync(`${folder}/${name}`); return new Float32Array(b.buffer, b.byteOffset, b.length / 4); };
const rows = (name, size = 784) => { const all = floats(name); return Array.from({ length: all.length / size }, (_, k) => all.slice(k * size, (k + 1) * size)); };
const model = async () => network(task.entry, readFileSync(`${folder}/${task.entry.file}`));
const drain = (steps) => { for (;;) { const { done, value } = steps.next(); if (done) return value; } };
const save = (name, arrays) => writeFileSync(`${folder}/${name}`, Buffer.concat(arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))));

const COMMANDS = {
  async logits() { const net = await model(); save("out.f32", rows("x.f32").map((x) => Float32Array.from(net.logits(x)))); },
  async slopes() {
    const net = await model();
    save("out.f32", rows("x.f32").map((x, k) => Float32Array.from(slope(net, x, task.labels[k]).slope)));
  },
  async fgsm() {
    const net = await model();
    save("out.f32", rows("x.f32").map((x, k) => fgsm(net, x, { label: task.labels[k], epsilon: task.epsilon })));
  },
  async pgd() {
    const net = await model(), starts = rows("start.f32"), { epsilon, steps, ratio } = task, began = performance.now();
    const target = (k) => task.targets?.[k] ?? null;
    save("out.f32", rows("x.f32").map((x, k) => drain(pgd(net, x, { label: task.labels[k], target: target(k), epsilon, steps, ratio, start: starts[k] }))));
    return { ms: performance.now() - began };
  },
  async radii() {
    const net = await model();
    return { radii: rows("x.f32").map((x, k) => radius(net, x, task.labels[k], task.halvings)) };
  },
  async canvas() {
    return { images: task.drawings.map(({ file, width, height }) => {
      const image = toMnist(new Uint8Array(readFileSync(`${folder}/${file}`)), width, height);
      return image && Array.from(image);
    }) };
  },
  async stamp() { save("out.f32", rows("x.f32").map((x) => stamped(x, task.stamp))); },
  async pool() {
    const found = rows("x.f32", task.side * task.side).map((x) => {
      const pool = new Pool({ side: task.side, channels: 1, window: 2 }), out = new Float32Array(pool.size), back = new Float32Array(pool.sizeIn);
      pool.forward(x, out);
      pool.backward(x, Float32Array.from(out, (_, k) => k + 1), back);
      return back;
    });
    save("out.f32", found);
  },
  async state() { return { states: task.queries.map((query) => decode(new URLSearchParams(query))), back: task.queries.map((query) => encode(decode(new URLSearchParams(query))).toString()) }; },
};

const found = (await COMMANDS[task.command]()) ?? {};
writeFileSync(`${folder}/found.json`, JSON.stringify(found));
