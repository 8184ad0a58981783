/**
 * Which modules are this library's.
 *
 * @module
 */

const LIBRARY = new URL("../", import.meta.url).href;
const OURS = /^(?:(?:broker|cli|futures|launch|telemetry|wire|worker)\/|(?:mod|cli)\.ts$)/;

/** Whether a module is one of this library: nothing of it is the user's, its names included. */
export function isOwnModule(url: string): boolean {
  return url.startsWith(LIBRARY) && OURS.test(url.slice(LIBRARY.length));
}
