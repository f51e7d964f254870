// What can wait is done piece by piece in idle moments, so that the page answers in between.
const LEAST_MS = 5; // with less than this left of an idle moment, the next piece waits for another
const PATIENCE_MS = 1000;
const queue = [];
const idle = window.requestIdleCallback ?? ((act) => setTimeout(() => act({ timeRemaining: () => 0 }), 20));
let asked = false;

/** Call `act` with each element, in order; one that has left the page by then is passed over. */
export function gently(elements, act) {
  for (const element of elements) queue.push([element, act]);
  if (!asked) go();
}

function go() {
  asked = queue.length > 0;
  document.documentElement.toggleAttribute("data-arranging", asked);
  if (asked) idle(work, { timeout: PATIENCE_MS });
}

function work(moment) {
  try {
    do {
      const [element, act] = queue.shift();
      if (element.isConnected) act(element);
    } while (queue.length && moment.timeRemaining() > LEAST_MS);
  } finally {
    go(); // after a fault, too: it must not keep the rest from its turn
  }
}
