// Where the reader draws: white strokes on black, 280×280, with mouse, pen or finger.
import { toMnist } from "./canvas.js";

const SIDE = 280, BRUSH = 22;

/** Calls `changed(image)` with Uint8Array(784) as the models would see it, null where nothing is drawn. */
export function pad(canvas, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let last = null, shown = false, asked = 0;

  const wipe = () => { context.fillStyle = "#000"; context.fillRect(0, 0, SIDE, SIDE); };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  const look = () => {
    asked = 0;
    const { data } = context.getImageData(0, 0, SIDE, SIDE), drawing = new Uint8Array(SIDE * SIDE);
    for (let k = 0; k < drawing.length; k++) drawing[k] = 255 - data[4 * k];
    changed(toMnist(drawing, SIDE, SIDE));
  };
  const line = (from, to) => {
    Object.assign(context, { strokeStyle: "#fff", lineWidth: BRUSH, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
    asked ||= requestAnimationFrame(look);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    if (shown) { wipe(); shown = false; } // a picked image is not drawn over
    last = at(event);
    line(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) { const to = at(part); line(last, to); last = to; }
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
  wipe();
  return {
    /** Show an image, Uint8Array(784), or nothing for null. */
    show(image) {
      wipe();
      shown = Boolean(image);
      if (!image) return;
      for (let k = 0; k < 784; k++) {
        context.fillStyle = `rgb(${image[k]} ${image[k]} ${image[k]})`;
        context.fillRect((k % 28) * 10, Math.floor(k / 28) * 10, 10, 10);
      }
    },
  };
}
