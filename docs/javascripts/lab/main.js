// On every page, and small: fetches the rest where there is a lab, again after each instant navigation.
let leave = null;

async function arrive() {
  leave?.();
  leave = null;
  const root = document.getElementById("lab");
  if (!root || root.dataset.mounted) return;
  root.dataset.mounted = "1";
  const { mount } = await import("./page.js");
  if (root.isConnected) leave = mount(root);
}

if (window.document$) window.document$.subscribe(arrive);
else arrive();
