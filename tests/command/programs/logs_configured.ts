/**
 * Configures LogTape by itself: in the program only, or in every process that imports this.
 *
 * @module
 */

import { configureSync } from "npm:@logtape/logtape@^2.4.0";
import { map, scoop } from "../../../mod.ts";

function configure(): void {
  configureSync({
    sinks: { own: ({ message, properties }) => console.log(`own: ${message} ${properties.task}`) },
    loggers: [
      { category: "scoop", sinks: ["own"], lowestLevel: "warning" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
    ],
  });
}

/** Two records, of which one is important. */
export async function logs(number: number): Promise<string> {
  scoop.logger.info("unimportant");
  scoop.logger.warning(`task ${number}`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return scoop.workerName;
}

const everywhere = Deno.args[0] === "everywhere";
if (everywhere) configure();

if (import.meta.main) {
  scoop.logger.warning("early");
  if (!everywhere) configure();
  const names = new Set(await map(logs, Array(20).keys()));
  scoop.logger.warning("late");
  console.log(`workers: ${[...names].sort().join(" ")}`);
}
