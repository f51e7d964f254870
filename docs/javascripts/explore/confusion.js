// Confusion matrices: count and share of a cell, and on request the test images behind it.
import { gently } from "../idle.js";
import { el, json, picture, tip } from "./shared.js";

export function scan() {
  gently(document.querySelectorAll("table.confusion"), (table) => {
    if ("ready" in table.dataset) return;
    table.dataset.ready = "";
    const panel = table.dataset.behind ? el("div", { class: "behind", "aria-live": "polite" }) : null;
    if (panel) {
      table.parentElement.after(panel);
      table.caption.append(" Choose a cell to see its test images.");
    }
    [...table.rows].slice(1).forEach((row, truth) => {
      const counts = [...row.cells].slice(1).map((cell) => Number(cell.textContent));
      const total = counts.reduce((sum, many) => sum + many, 0);
      [...row.cells].slice(1).forEach((cell, answer) => prepare(table, panel, cell, truth, answer, counts[answer], total));
    });
  });
}

function prepare(table, panel, cell, truth, answer, many, total) {
  const share = total ? `${((100 * many) / total).toFixed(2)} %` : "–";
  const words = `Digit ${truth} read as ${answer}: ${many} of ${total}, ${share}`;
  cell.addEventListener("pointerenter", (event) => tip(words, event.clientX, event.clientY));
  cell.addEventListener("pointerleave", () => tip(""));
  if (!panel || !many) return;
  const open = () => show(table, panel, button, truth, answer, words);
  const button = el("button", { type: "button", "aria-label": words, onclick: open, onblur: () => tip("") }, String(many));
  button.addEventListener("focus", () => {
    const box = button.getBoundingClientRect();
    tip(words, box.left, box.top);
  });
  cell.replaceChildren(button);
}

async function show(table, panel, button, truth, answer, words) {
  const name = table.dataset.behind;
  const kept = await json(`data/charts/behind-${name}.json`).catch(() => null);
  for (const other of table.querySelectorAll("[aria-pressed]")) other.removeAttribute("aria-pressed");
  const [first, shown] = kept?.cells[`${truth}-${answer}`] ?? [0, 0];
  if (!shown) return panel.replaceChildren(el("p", {}, "The pictures could not be loaded."));
  button.setAttribute("aria-pressed", "true");
  const images = Array.from({ length: shown }, (_, place) => picture(`report/figures/behind-${name}.png`, kept.columns,
    first + place, 2, `Test image ${kept.index[first + place]}, a ${truth} read as ${answer}`));
  const close = () => {
    panel.replaceChildren();
    button.removeAttribute("aria-pressed");
    button.focus({ preventScroll: true });
  };
  panel.replaceChildren(
    el("p", {}, `${words}. Shown: ${shown}, at most the first ${kept.limit} of a cell. `,
      el("button", { type: "button", class: "quiet", onclick: close }, "Close")),
    el("div", { class: "digits" }, ...images));
}
