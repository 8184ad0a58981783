/**
 * The smallest program there is.
 *
 * @module
 */

import { submit } from "../../mod.ts";
import { answer } from "./report.ts";

export function hello(name: string): string {
  return `Hello ${name}`;
}

if (import.meta.main) answer({ right: await submit(hello, "world") === "Hello world" });
