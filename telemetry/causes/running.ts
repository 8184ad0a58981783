/**
 * Time in which tasks ran, and for which one worker alone would not have needed it.
 *
 * @module
 */

import type { WorkerFacts } from "../run_model.ts";
import type { Evidence, Found } from "./cause.ts";
import { count, counted, duration, listed, percent, taskName, times } from "./words.ts";

/** Of the time in which tasks held a processor, they had one in less than this. */
const SHORT_OF = 0.85;
/** A host that computes so much is short of processors; otherwise its tasks just wait. */
const LEAST_PROCESSORS = 0.85;

/** See the module's text. */
export function runningCauses(evidence: Evidence): Found[] {
  return [...inVain(evidence), ...slowPlace(evidence), ...noProcessor(evidence)];
}

/** Tasks that failed and were tried again. */
function inVain({ model }: Evidence): Found[] {
  const again = [...model.functions.values()].filter(({ retried }) => retried > 0);
  if (again.length === 0) return [];
  const labels = new Set(again.map(({ label }) => label));
  let [ms, attempts] = [0, 0];
  for (const block of model.blocks) {
    if (block.failed === 0 || !labels.has(block.label)) continue;
    ms += block.ms * block.failed / Math.max(1, block.tasks);
    attempts += block.failed;
  }
  if (attempts === 0) return [];
  const retried = again.reduce((sum, facts) => sum + facts.retried, 0);
  // The last attempt of one that fails for good is not made again.
  ms *= Math.min(1, retried / attempts);
  const names = listed(again.map(({ label }) => taskName({ label, inputs: "" })));
  return [{
    kind: "inVain",
    ms,
    text: `on attempts that failed and were made again: ${
      counted(retried, "attempt")
    } of ${names}.`,
    remedy:
      "Let what fails fail early, before its long part; or keep what it has reached and go on " +
      "from there.",
  }];
}

/** Tasks that take longer in some place; what everybody waited for at the end is added elsewhere. */
function slowPlace({ slow }: Evidence): Found[] {
  const worst = slow[0];
  if (worst === undefined) return [];
  const { name, isHost, label, hereMs, elsewhereMs } = worst;
  const others = slow.length > 1
    ? ` The same goes for ${listed(slow.slice(1).map((place) => place.name))}.`
    : "";
  return [{
    kind: "slowPlace",
    ms: slow.reduce((sum, { excessMs }) => sum + excessMs, 0),
    text: `on a slow ${isHost ? "host" : "worker"}: ${taskName({ label, inputs: "" })} took ` +
      `${duration(hereMs)} on ${name} and ${duration(elsewhereMs)} elsewhere, ` +
      `${times(worst.times)} times as long.${others}`,
    remedy: isHost
      ? `See what else runs on ${name}, or give it fewer workers; shorter tasks let the others take more.`
      : `See what ${name} does beside its tasks (memory, other programs on its processor); shorter ` +
        "tasks let the others take more.",
  }];
}

/** More workers than processors, as far as that shows. */
function noProcessor({ model, wallMs }: Evidence): Found[] {
  const found: { host: string; ms: number; workers: number; processors: number }[] = [];
  for (const [host, workers] of workersByHost(model.workers.values())) {
    const busy = workers.reduce((sum, { busyMs }) => sum + busyMs, 0);
    const cpu = workers.reduce(
      (sum, { cpuMs, startCpuMs }) => sum + Math.max(0, cpuMs - startCpuMs),
      0,
    );
    if (workers.length < 2 || cpu >= busy * SHORT_OF) continue;
    // While its workers are busy on average.
    const busyFor = Math.min(wallMs, Math.max(...workers.map(({ busyMs }) => busyMs)));
    const processors = cpu / Math.max(1, busyFor);
    if (processors < LEAST_PROCESSORS) continue;
    found.push({ host, ms: busy - cpu, workers: workers.length, processors });
  }
  const worst = found.sort((a, b) => b.ms - a.ms)[0];
  if (worst === undefined) return [];
  const { host, workers, processors } = worst;
  return [{
    kind: "noProcessor",
    ms: found.reduce((sum, { ms }) => sum + ms, 0),
    text:
      `waiting for a processor: the ${count(workers)} workers on ${host || "one host"} got no ` +
      `more than about ${
        times(processors)
      } processors between them, though their tasks were ready.`,
    remedy:
      `Use no more workers there than it has processors (-n), or more hosts; see whether other ` +
      "programs run beside them.",
  }];
}

function workersByHost(workers: Iterable<WorkerFacts>): Map<string, WorkerFacts[]> {
  return Map.groupBy(workers, ({ host }) => host);
}

/** Tasks that held their workers, and waited: no loss that we could tell, but a thing to know. */
export function waitingTasksNote({ model }: Evidence): string | undefined {
  const workers = [...model.workers.values()];
  const busy = workers.reduce((sum, { busyMs }) => sum + busyMs, 0);
  const cpu = workers.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  if (busy < 1_000 || cpu > busy * 0.3) return undefined;
  return `The tasks held their workers for ${duration(busy)} and used ${
    duration(cpu)
  } of processor ` +
    `time (${percent(cpu / busy)}): they wait, for files, the network or timers, rather than ` +
    "compute. More workers than processors (-n) make such a run faster.";
}
