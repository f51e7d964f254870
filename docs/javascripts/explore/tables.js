// Tables that can be sorted by a column and, where they are long, filtered.
import { gently } from "../idle.js";
import { el } from "./shared.js";

const SORTED = 5;
const FILTERED = 12;
const LAST = /^(mean|all|all together|total)$/i;
const UNITS = { "µs": 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 };

export function scan() {
  gently(document.querySelectorAll(".md-typeset table:not(.confusion, .answers)"), prepare);
}

function prepare(table) {
  if ("ready" in table.dataset) return;
  table.dataset.ready = "";
  const rows = table.tBodies[0] ? [...table.tBodies[0].rows] : [];
  const heads = table.tHead?.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
  const spanned = table.querySelector("[rowspan], [colspan]");
  if (rows.length < SORTED || !heads.length || spanned || rows.some((row) => row.cells.length !== heads.length)) return;
  heads.forEach((head, column) => sortable(table, heads, head, column));
  if (rows.length >= FILTERED && table.dataset.filter !== "off") filter(table, rows);
}

function sortable(table, heads, head, column) {
  const words = head.textContent.trim();
  if (!words || head.querySelector("a, button")) return;
  const turn = () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    sort(table.tBodies[0], column, down ? -1 : 1);
  };
  const button = el("button", { type: "button", class: "sort", onclick: turn });
  button.append(...head.childNodes);
  head.append(button);
}

/** Return a cell's value: a number where it starts with one, else its text; null where there is none. */
export function valueOf(cell) {
  if (cell.dataset.value) return Number(cell.dataset.value);
  const text = (cell.querySelector(".figure") ?? cell).textContent.trim();
  if (!text || text === "–" || cell.querySelector(".waiting")) return null;
  const found = /^[<≤≥>±−+-]?\s?[\d][\d., \u2009\u202f\u00a0]*(e[+-]?\d+)?/.exec(text);
  if (!found || /^\d+[.-]\d+[.-]\d/.test(text)) return text;
  const number = Number(found[0].replace(/[<≤≥>±+, \u2009\u202f\u00a0]/g, "").replace("−", "-"));
  const unit = text.slice(found[0].length).trim().split(/\s/)[0];
  return Number.isNaN(number) ? text : number * (UNITS[unit] ?? 1);
}

function compare(one, other, way) {
  if (one === null || other === null) return (one === null) - (other === null); // what is missing comes last
  if (typeof one === "number" && typeof other === "number") return way * (one - other);
  return way * String(one).localeCompare(String(other), "en", { numeric: true });
}

function sort(body, column, way) {
  const rows = [...body.rows];
  const total = rows.length && LAST.test(rows[rows.length - 1].cells[0].textContent.trim()) ? rows.pop() : null;
  const known = new Map(rows.map((row) => [row, valueOf(row.cells[column])]));
  rows.sort((one, other) => compare(known.get(one), known.get(other), way));
  body.append(...rows, ...(total ? [total] : []));
}

function filter(table, rows) {
  const said = el("span", { class: "filter-said", role: "status" });
  const look = () => {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    said.textContent = input.value ? `${shown} of ${rows.length} rows` : "";
  };
  const input = el("input", { type: "search", placeholder: "Filter rows", "aria-label": "Filter the rows of this table", oninput: look });
  const box = table.closest(".md-typeset__scrollwrap, .scroll") ?? table;
  box.before(el("div", { class: "filter" }, input, said));
}
