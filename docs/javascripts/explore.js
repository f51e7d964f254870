// What readers can touch: charts, confusion matrices, the digit explorer, tables. Runs again after instant navigation.
import { scan as charts } from "./explore/chart.js";
import { scan as confusion } from "./explore/confusion.js";
import { scan as digits } from "./explore/digits.js";
import { scan as tables } from "./explore/tables.js";

function scan() {
  for (const part of [charts, confusion, digits, tables]) part();
}

if (window.document$) window.document$.subscribe(scan);
else scan();
