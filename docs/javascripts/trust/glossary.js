// Terms say what they mean on touch and on the keyboard too; the first use of each on a page is a tab stop.
const tip = document.createElement("div");
tip.id = "term-box";
tip.setAttribute("popover", "auto");
tip.setAttribute("role", "tooltip");
document.body.append(tip);

function show(term) {
  if (!tip.showPopover) return;
  tip.textContent = `${term.textContent}: ${term.dataset.means}`;
  tip.showPopover();
  const at = term.getBoundingClientRect(), size = tip.getBoundingClientRect();
  tip.style.left = `${Math.min(Math.max(6, at.left), innerWidth - size.width - 6)}px`;
  tip.style.top = `${at.bottom + 6 + size.height < innerHeight ? at.bottom + 6 : at.top - size.height - 6}px`;
  term.setAttribute("aria-describedby", "term-box");
}

function hide() {
  if (tip.matches(":popover-open")) tip.hidePopover();
}

function mark() {
  const seen = new Set();
  for (const term of document.querySelectorAll("abbr[title]")) {
    term.dataset.means = term.title;
    term.removeAttribute("title");
    if (!seen.has(term.textContent) && !term.closest("a, button, summary")) term.tabIndex = 0;
    seen.add(term.textContent);
  }
}

for (const name of ["pointerover", "focusin", "click"])
  document.addEventListener(name, (event) => {
    const term = event.target.closest?.("abbr[data-means]");
    if (term && !(name === "click" && tip.matches(":popover-open"))) show(term);
  });
document.addEventListener("pointerout", (event) => event.target.closest?.("abbr[data-means]") && event.pointerType === "mouse" && hide());
document.addEventListener("focusout", (event) => event.target.closest?.("abbr[data-means]") && hide());
addEventListener("scroll", hide, { passive: true });
window.document$ ? window.document$.subscribe(mark) : mark();
