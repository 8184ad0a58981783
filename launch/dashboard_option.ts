/**
 * The value of `--dashboard`.
 *
 * @module
 */

/** Where the dashboard is to be. */
export interface DashboardAddress {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** True when nobody named the port, so that another will do if it is taken. */
  readonly anyPort: boolean;
}

/** The port unless another is named: an address that people can keep open from run to run. */
const USUAL_PORT = 8_877;

const ADDRESS = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i;
const HOST = /^(?:\[[\da-f:.]+\]|[a-z\d][\w.-]*[.][\w.-]*|localhost)$/i;

/**
 * Reads `[host:]port`, or a host alone.
 *
 * @param text empty for the option alone
 * @returns undefined when it makes no sense
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readDashboard } from "./dashboard_option.ts";
 * assert.equal(readDashboard("0.0.0.0:9000")?.port, 9000);
 * assert.deepEqual(readDashboard("0"), { host: "127.0.0.1", port: 0, anyPort: false });
 * ```
 */
export function readDashboard(text: string): DashboardAddress | undefined {
  const usual = { host: "127.0.0.1", port: USUAL_PORT, anyPort: true };
  if (text === "") return usual;
  const [, host = usual.host, digits] = ADDRESS.exec(text) ?? [];
  if (digits !== undefined) {
    const port = Number(digits);
    return port > 65_535 ? undefined : { host, port, anyPort: false };
  }
  return HOST.test(text) ? { ...usual, host: text } : undefined;
}
