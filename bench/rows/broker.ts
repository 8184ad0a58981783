/**
 * Rows about the broker alone.
 *
 * @module
 */

import { rate, type Row, scaled } from "./row.ts";

/**
 * Bundles per second through one broker, with workers that only answer. These share the machine
 * with the broker; the processor time that the broker itself needs for a bundle tells the two apart.
 */
export function brokerRows(scale: number): Row[] {
  return [1, 8, 64].map((workers) => {
    const bundles = scaled(30_000, scale);
    return {
      name: `broker, ${workers} worker${workers === 1 ? "" : "s"}`,
      workload: { work: "dispatch", workers, bundles },
      lines: [
        { name: "", ...rate(bundles, "bundles/s") },
        {
          name: "processor time",
          unit: "µs/bundle",
          better: "lower",
          value: ({ brokerSeconds }) => brokerSeconds! / bundles * 1e6,
        },
      ],
    };
  });
}
