// @ts-check
/// <reference lib="dom" />
/**
 * The page: puts its parts together and passes on what it hears.
 *
 * @module
 */

import { Charts } from "./charts.js";
import { connect } from "./connection.js";
import { showDetails, showEmpty, showLegend } from "./details.js";
import { byId } from "./dom.js";
import { startGestures } from "./gestures.js";
import { startKeys } from "./keys.js";
import { Overview } from "./overview.js";
import { Run } from "./run.js";
import { Stream } from "./stream.js";
import { makeTables } from "./tables.js";
import { startTheme } from "./theme.js";
import { showState, showTiles } from "./tiles.js";

/** @import { Link } from "./connection.js" */

/** Between two tellings of the time that has passed. */
const CLOCK_MS = 500;

const run = new Run();
/** @type {Link} */
let link = "connecting";
const stream = new Stream(run, () => showDetails(run, stream), () => overview.draw());
const overview = new Overview(run, stream);
const charts = new Charts(run);
const showTables = makeTables(run, stream);
const theme = startTheme(() => {
  charts.recolour(stream.recolour());
  showLegend(run, stream);
  showTables();
  showDetails(run, stream);
});
startGestures(stream);
startKeys(stream, { theme, find: () => byId("find").focus() });

function show() {
  showState(run, link);
  showTiles(run, Date.now());
  showLegend(run, stream);
  showEmpty(run);
  showTables();
  charts.show();
  stream.draw();
}

connect((message) => {
  // What was chosen is another object after the page has begun anew.
  const { chosen } = stream;
  const [worker, id] = chosen ? [run.workerOf(chosen), chosen.id] : ["", 0];
  run.receive(message, Date.now());
  if (message.whole && chosen) {
    stream.choose(run.stretches.find(run.workerNames.indexOf(worker), id));
  }
  show();
}, (next) => {
  if (next === link) return;
  link = next;
  run.connected = next === "open";
  document.documentElement.dataset.link = next;
  show();
});

setInterval(() => showTiles(run, Date.now()), CLOCK_MS);
document.addEventListener("visibilitychange", () => stream.draw());
