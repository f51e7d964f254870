// A table that is wider than its page can be scrolled with the arrow keys: it takes the focus while it overflows.
import { gently } from "./idle.js";

const BOXES = ".scroll, .md-typeset__scrollwrap";

function name(box) {
  if (box.querySelector("caption")) return box.querySelector("caption").textContent;
  let above = box;
  while (above && !/^H[1-6]$/.test(above.tagName)) above = above.previousElementSibling || above.parentElement;
  return above ? above.firstChild.textContent : document.title;
}

function overflows(box) {
  return box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
}

function settle(box, overflows) {
  if (overflows) {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `Table: ${name(box).trim()}`);
  } else {
    for (const one of ["tabindex", "role", "aria-label"]) box.removeAttribute(one);
  }
}

// Material opens its menu and its search with labels, which no key reaches.
function reachable(label) {
  if (label.getAttribute("role") === "button") return;
  label.tabIndex = 0;
  label.setAttribute("role", "button");
  if (!label.textContent.trim()) label.setAttribute("aria-label", label.htmlFor === "__drawer" ? "Menu" : "Search");
  label.addEventListener("keydown", event => {
    if (event.key !== " ") return; // Material answers Enter
    event.preventDefault();
    label.click();
  });
}

const sizes = new ResizeObserver(entries => {
  const found = entries.map(entry => [entry.target, overflows(entry.target)]); // all is read before any is written
  found.forEach(([box, wide]) => settle(box, wide));
});

function start() {
  sizes.disconnect();
  gently(document.querySelectorAll(BOXES), box => sizes.observe(box));
  document.querySelectorAll(".md-header__button[for], .md-nav__link[for], .md-nav__title[for]:not([for=''])").forEach(label => {
    if (!label.htmlFor.startsWith("__palette")) reachable(label);
  });
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
}

if (window.document$) window.document$.subscribe(start);
else start();
