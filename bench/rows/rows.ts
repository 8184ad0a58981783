/**
 * All rows, in the order of the table.
 *
 * @module
 */

import { brokerRows } from "./broker.ts";
import { efficiencyRows } from "./efficiency.ts";
import { latenessRows } from "./lateness.ts";
import { memoryRows } from "./memory.ts";
import { napRows } from "./naps.ts";
import type { Row } from "./row.ts";
import { singleRows } from "./single.ts";
import { taskRows } from "./tasks.ts";

/** @param scale 1 for the numbers of tasks that the project is measured by, less for a quick look. */
export function allRows(scale: number): Row[] {
  return [
    ...taskRows(scale),
    ...singleRows(scale),
    ...efficiencyRows(scale),
    ...napRows(scale),
    ...latenessRows(scale),
    ...memoryRows(scale),
    ...brokerRows(scale),
  ];
}
