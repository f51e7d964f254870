// A figure's link opens a box on the spot: n, interval, the command that makes the record again, and its age.
// Without this script, or where the file cannot be read, the link leads to the page of records.
const box = document.createElement("div");
box.id = "source-box";
box.setAttribute("popover", "auto");
box.setAttribute("role", "dialog");
box.setAttribute("aria-label", "Where this figure comes from");
box.tabIndex = -1;
document.body.append(box);

const DAY = 86400000;

/** Return how long ago a moment was, in whole days. */
function age(made) {
  const days = Math.max(0, Math.floor((Date.now() - new Date(made).getTime()) / DAY));
  return days === 0 ? "today" : days === 1 ? "1 day ago" : `${days} days ago`;
}

function put(parent, tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.append(made);
  return made;
}

function near(link, kind) {
  const cell = link.closest("td, .card-row, p, li, .told") ?? link.parentElement;
  let next = link;
  while ((next = next.nextElementSibling) && !next.matches("a.source")) if (next.matches(kind)) return next;
  return cell.querySelectorAll("a.source").length === 1 ? cell.querySelector(kind) : null;
}

function fill(link, job, file) {
  const interval = near(link, ".interval, .inline-interval")?.textContent.trim();
  const count = near(link, ".count");
  const tick = count?.querySelector(".tick");
  const n = count?.firstChild?.textContent.replace("n", "").trim();
  const rows = [
    ["figure", [link.textContent.trim(), interval].filter(Boolean).join(" ")],
    ["brackets", link.dataset.note],
    ["n", n],
    ["checks", tick ? tick.querySelector(".unseen").textContent : "none for this figure: only gradient attacks are checked, at some sizes"],
    ["record", job.name],
    ["made", job.made ? `${job.made.slice(0, 10)}, ${age(job.made)}` : "not known"],
  ];
  box.replaceChildren();
  const list = put(box, "dl", "");
  for (const [name, text] of rows) if (name && text) { put(list, "dt", name); put(list, "dd", text); }
  put(box, "code", job.command);
  const links = put(box, "p", "");
  put(links, "a", "The record").href = file;
  put(links, "a", "All records").href = link.href;
}

function place(link) {
  const at = link.getBoundingClientRect(), size = box.getBoundingClientRect(), gap = 6;
  const left = Math.min(Math.max(gap, at.left), innerWidth - size.width - gap);
  const below = at.bottom + gap + size.height < innerHeight;
  box.style.left = `${left}px`;
  box.style.top = `${below ? at.bottom + gap : Math.max(gap, at.top - gap - size.height)}px`;
}

async function open(link) {
  const page = new URL(link.href);
  const file = new URL(`../../data/jobs/${page.hash.slice(1)}.json`, page);
  try {
    const answer = await fetch(file);
    if (!answer.ok) throw new Error(answer.status);
    fill(link, await answer.json(), file.href);
    box.showPopover();
    place(link);
    box.focus({ preventScroll: true });
  } catch {
    location.href = link.href;
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.source");
  if (!link || !box.showPopover || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  open(link);
}, true);
addEventListener("scroll", () => box.matches(":popover-open") && box.hidePopover(), { passive: true });

function ages() {
  for (const time of document.querySelectorAll("time.made:not([data-told])")) {
    time.dataset.told = "";
    put(time, "span", ` (${age(time.dateTime)})`);
  }
}
window.document$ ? window.document$.subscribe(ages) : ages();
