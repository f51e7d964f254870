// How each kind of chart is drawn: options and values for µPlot, and the marks that can be pointed at.

const DASHES = [[], [10, 4], [3, 3], [9, 3, 2, 3], [14, 4], [4, 2]];
const FONT = '12px Inter, "Segoe UI", system-ui, sans-serif';

function axis(chart, more) {
  const { ink, grid, muted } = chart.colours;
  return { stroke: ink, font: FONT, labelFont: FONT, labelSize: 22, grid: { stroke: grid, width: 1 },
    ticks: { stroke: muted, width: 1, size: 4 }, ...more };
}

function common(height, scales, axes, hooks, series) {
  return { height, scales, axes, hooks, series, legend: { show: false }, padding: [8, 12, 0, 0],
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } } };
}

const percents = { range: () => [-3, 103] };
const short = (value) => String(Number(value.toPrecision(4)));

/** Steps of 1, 2 and 5 on a logarithmic axis. */
function steps(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1)
    for (const digit of [1, 2, 5]) found.push(Number((digit * 10 ** power).toPrecision(6)));
  return found.filter((value) => value >= low && value <= high);
}

function labelOf(data, series, point) {
  return data.kind === "points" ? series.label : `${series.label}, ${short(point.x)}`;
}

/** Lines with interval bands, or points with whiskers. */
export function lines(chart, width) {
  const { data } = chart;
  const lined = data.kind === "lines";
  const xs = [...new Set(data.series.flatMap((one) => one.points.map((point) => point.x)))].sort((a, b) => a - b);
  const values = [xs, ...data.series.map((one) => {
    const known = new Map(one.points.map((point) => [point.x, 100 * point.y]));
    return xs.map((x) => known.get(x) ?? null);
  })];
  const series = [{}, ...data.series.map((one) => ({
    key: one.label, label: one.label, show: !chart.hidden.has(one.label), stroke: chart.colour(one.order), width: 2,
    dash: DASHES[one.order % DASHES.length], spanGaps: true, ...(lined ? {} : { paths: () => null }),
    points: { show: true, size: lined ? 6 : 9, fill: chart.colour(one.order) },
  }))];
  const marks = data.series.flatMap((one) => one.points.map((point) => (
    { key: one.label, x: point.x, y: 100 * point.y, parts: [{ label: labelOf(data, one, point), point }] })));
  const [low, high] = [xs[0], xs[xs.length - 1]];
  const x = data.log
    ? { time: false, distr: 3, range: () => [low / 1.3, high * 1.3] }
    : { time: false, range: () => [low - 0.02 * (high - low || 1), high + 0.02 * (high - low || 1)] };
  const ticks = data.log ? { splits: () => (lined && xs.length < 9 ? xs : steps(low / 1.3, high * 1.3)), filter: (_, found) => found,
    values: (_, found) => found.map(short) } : {};
  const hooks = { drawAxes: [(u) => lined ? bands(u, chart) : whiskers(u, chart)] };
  if (!lined) hooks.draw = [(u) => numbers(u, chart)];
  const axes = [axis(chart, { label: data.x, size: 30, ...ticks }), axis(chart, { label: data.y, size: 44 })];
  const options = common(width < 480 ? 300 : 380, { x, y: percents }, axes, hooks, series);
  const legend = data.series.map((one, place) => (
    { key: one.label, label: lined ? one.label : `${place + 1} ${one.label}`, colour: chart.colour(one.order) }));
  return { options, values, marks, legend };
}

function bands(u, chart) {
  const pen = u.ctx;
  pen.save();
  pen.globalAlpha = 0.16;
  for (const one of chart.data.series) {
    if (chart.hidden.has(one.label)) continue;
    pen.fillStyle = chart.colour(one.order);
    pen.beginPath();
    for (const point of one.points) pen.lineTo(u.valToPos(point.x, "x", true), u.valToPos(100 * point.high, "y", true));
    for (const point of [...one.points].reverse()) pen.lineTo(u.valToPos(point.x, "x", true), u.valToPos(100 * point.low, "y", true));
    pen.fill();
  }
  pen.restore();
}

function stem(u, x, low, high, colour, width = 2) {
  const pen = u.ctx;
  const ratio = devicePixelRatio;
  const at = u.valToPos(x, "x", true);
  const [top, bottom] = [u.valToPos(high, "y", true), u.valToPos(low, "y", true)];
  pen.strokeStyle = colour;
  pen.lineWidth = width * ratio;
  pen.beginPath();
  pen.moveTo(at, top);
  pen.lineTo(at, bottom);
  for (const end of [top, bottom]) {
    pen.moveTo(at - 3 * ratio, end);
    pen.lineTo(at + 3 * ratio, end);
  }
  pen.stroke();
}

function whiskers(u, chart) {
  for (const one of chart.data.series)
    if (!chart.hidden.has(one.label))
      for (const point of one.points) stem(u, point.x, 100 * point.low, 100 * point.high, chart.colour(one.order));
}

function numbers(u, chart) {
  const pen = u.ctx;
  pen.save();
  pen.fillStyle = chart.colours.ink;
  pen.font = `${12 * devicePixelRatio}px sans-serif`;
  chart.data.series.forEach((one, place) => {
    if (chart.hidden.has(one.label)) return;
    const [point] = one.points;
    const [x, y] = [u.valToPos(point.x, "x", true), u.valToPos(100 * point.y, "y", true)];
    pen.fillText(String(place + 1), x + 8 * devicePixelRatio, y - 6 * devicePixelRatio);
  });
  pen.restore();
}

/** A cell a row and column, percent inside, blue above one half and red below. */
export function heat(chart, width) {
  const { rows, columns } = chart.data;
  const narrow = width < 560;
  const marks = rows.flatMap((row, y) => row.cells.map((cell, x) => ({ key: columns[x], x, y,
    parts: [{ label: `${columns[x]}, ${row.label}`, ...(cell.reason ? { reason: cell.reason } : { point: cell }) }] })));
  const draw = (u) => {
    const pen = u.ctx;
    const ratio = devicePixelRatio;
    pen.save();
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `${(narrow ? 10 : 12) * ratio}px sans-serif`;
    for (const { key, x, y, parts: [{ point }] } of marks) {
      if (chart.hidden.has(key)) continue;
      const [left, right] = [x - 0.48, x + 0.48].map((at) => u.valToPos(at, "x", true));
      const [top, bottom] = [y - 0.46, y + 0.46].map((at) => u.valToPos(at, "y", true));
      if (point) {
        pen.globalAlpha = 0.06 + 0.5 * Math.abs(2 * point.y - 1);
        pen.fillStyle = point.y >= 0.5 ? chart.colours.blue : chart.colours.red;
        pen.fillRect(left, top, right - left, bottom - top);
      }
      pen.globalAlpha = 1;
      pen.fillStyle = chart.colours.ink;
      pen.fillText(point ? (100 * point.y).toFixed(1) : "–", (left + right) / 2, (top + bottom) / 2);
    }
    pen.restore();
  };
  const bare = { grid: { show: false }, ticks: { show: false } };
  const axes = [
    axis(chart, { side: narrow ? 2 : 0, splits: () => columns.map((_, x) => x), values: () => columns, // µPlot turns words below only
      filter: (_, found) => found, ...bare, ...(narrow ? { rotate: 50, size: 74 } : { size: 30 }) }),
    axis(chart, { splits: () => rows.map((_, y) => y), values: () => rows.map((row) => row.label), ...bare,
      size: 14 + (narrow ? 5.3 : 6.6) * Math.max(...rows.map((row) => row.label.length)), filter: (_, found) => found, font: narrow ? FONT.replace("12px", "10px") : FONT }),
  ];
  const scales = { x: { time: false, range: () => [-0.5, columns.length - 0.5] },
    y: { dir: -1, range: () => [-0.5, rows.length - 0.5] } };
  const options = common(rows.length * (narrow ? 21 : 25) + 80, scales, axes, { draw: [draw] }, [{}, {}]);
  options.padding = [8, narrow ? 24 : 8, 8, 0];
  const legend = columns.map((label) => ({ key: label, label, colour: "transparent" }));
  return { options, values: [[0], [null]], marks, legend, note: "Blue: mostly right. Red: mostly wrong." };
}

/** A bar a size: full up to what is proved, hollow up to what no attack broke. */
export function bracket(chart, width) {
  const { bars } = chart.data;
  const groups = [...new Set(bars.map((bar) => bar.group))];
  const spots = bars.map((bar, place) => place + 1.2 * groups.indexOf(bar.group));
  const marks = bars.map((bar, place) => ({ key: bar.group, x: spots[place], y: 100 * bar.upper.y, parts: [
    { label: `${bar.group}, ε ${short(bar.x)}, proved`, point: bar.lower },
    { label: "not broken", point: bar.upper }] }));
  const draw = (u) => bars.forEach((bar, place) => {
    if (chart.hidden.has(bar.group)) return;
    const pen = u.ctx;
    const [left, right] = [-0.42, 0.42].map((shift) => u.valToPos(spots[place] + shift, "x", true));
    const [ground, lower, upper] = [0, bar.lower.y, bar.upper.y].map((y) => u.valToPos(100 * y, "y", true));
    pen.fillStyle = chart.colours.green;
    pen.fillRect(left, lower, right - left, ground - lower);
    pen.strokeStyle = chart.colours.blue;
    pen.lineWidth = 1.5 * devicePixelRatio;
    pen.strokeRect(left, upper, right - left, lower - upper);
    stem(u, spots[place] - 0.14, 100 * bar.lower.low, 100 * bar.lower.high, chart.colours.ink, 1);
    stem(u, spots[place] + 0.14, 100 * bar.upper.low, 100 * bar.upper.high, chart.colours.ink, 1);
  });
  const centres = groups.map((group) => {
    const inside = spots.filter((_, place) => bars[place].group === group);
    return inside.reduce((sum, at) => sum + at, 0) / inside.length;
  });
  const narrow = width < 620;
  const axes = [
    axis(chart, { splits: () => centres, values: () => groups, filter: (_, found) => found, grid: { show: false },
      ticks: { show: false }, ...(narrow ? { rotate: 40, size: 74 } : {}) }),
    axis(chart, { label: chart.data.y, size: 44 }),
  ];
  const scales = { x: { time: false, range: () => [-0.8, spots[spots.length - 1] + 0.8] }, y: percents };
  const options = common(narrow ? 320 : 400, scales, axes, { draw: [draw] }, [{}, {}]);
  return { options, values: [[0], [null]], marks, legend: groups.map((label) => ({ key: label, label, colour: chart.colours.green })),
    note: "Full: proved. Hollow: open. Above: broken." };
}
