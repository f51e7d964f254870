// What can wait is done piece by piece in idle moments, so that the page answers in between.
const LEAST_MS = 5; // with less than this left of an idle moment, the next piece waits for another
const PATIENCE_MS = 1000;
const queue = [];
const idle = window.requestIdleCallback ?? ((act) => setTimeout(() => act({ timeRemaining: () => 0 }), 20));

/** Call `act` with each element, in order; one that has left the page by then is passed over. */
export function gently(elements, act) {
  const begun = queue.length > 0;
  for (const element of elements) queue.push([element, act]);
  if (begun || !queue.length) return;
  document.documentElement.dataset.arranging = "";
  idle(work, { timeout: PATIENCE_MS });
}

function work(moment) {
  do {
    const [element, act] = queue[0];
    if (element.isConnected) act(element);
    queue.shift(); // after the call: what it adds joins this run
  } while (queue.length && moment.timeRemaining() > LEAST_MS);
  if (queue.length) idle(work, { timeout: PATIENCE_MS });
  else delete document.documentElement.dataset.arranging;
}
