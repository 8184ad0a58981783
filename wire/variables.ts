/**
 * Environment variables, read without ever asking a person.
 *
 * @module
 */

/** Whether this process may read an environment variable. */
export function mayReadVariable(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/** What the environment says now; nothing where it is empty, or may not be read. */
export function readVariable(name: string): string | undefined {
  return mayReadVariable(name) ? Deno.env.get(name) || undefined : undefined;
}
