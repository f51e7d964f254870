// Two workers share the models, so that two cores work. Each model lives in one of them.

/** `heard(message)` gets what they say; "done" comes once, when all have answered. */
export function crew(entries, data, heard) {
  const workers = [0, 1].map(() => new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
  const homes = new Map(), ready = new Set(), open = new Map();
  const load = [0, 0];

  function told(message) {
    if (message.type === "ready") ready.add(message.model);
    if (message.type === "failed") homes.delete(message.model);
    if (message.type !== "done") return heard(message);
    open.set(message.id, open.get(message.id) - 1);
    if (open.get(message.id) === 0) heard(message);
    return undefined;
  }
  for (const [place, worker] of workers.entries()) {
    worker.onmessage = ({ data: message }) => told(message);
    worker.onerror = (event) => { for (const [model, home] of homes) if (home === place && !ready.has(model)) heard({ type: "failed", model, reason: event.message ?? "the worker does not start" }); };
  }
  return {
    ready: (model) => ready.has(model),
    asked: (model) => homes.has(model),
    /** Fetch a model; false where it is here or on its way, or is not in the build. */
    fetch(model) {
      const entry = entries.find((one) => one.model === model);
      if (!entry || homes.has(model)) return false;
      const place = load[0] <= load[1] ? 0 : 1;
      load[place] += entry.raw; // what an attack costs goes roughly with the weights
      homes.set(model, place);
      const address = new URL(entry.file, data);
      address.searchParams.set("v", entry.sha256.slice(0, 12)); // an earlier build's file may still be kept
      workers[place].postMessage({ type: "load", model, entry, address: address.href });
      return true;
    },
    /** Attack these models as far as they are here. An older task ends. */
    run(id, models, task) {
      const parts = workers.map((_, place) => models.filter((model) => ready.has(model) && homes.get(model) === place));
      for (const older of open.keys()) if (older !== id) open.delete(older); // they end without a word
      for (const [place, worker] of workers.entries()) {
        if (!parts[place].length) continue;
        open.set(id, (open.get(id) ?? 0) + 1);
        worker.postMessage({ type: "run", id, models: parts[place], task });
      }
    },
    end() { for (const worker of workers) worker.terminate(); },
  };
}
