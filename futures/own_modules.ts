/**
 * Which modules are this library's.
 *
 * @module
 */

const LIBRARY = new URL("../", import.meta.url).href;
const OURS = /^(?:(?:broker|cli|futures|launch|telemetry|wire|worker)\/|(?:mod|cli)\.ts$)/;

/** Whether a module is one of this library: nothing of it is the user's, its names included. */
export function isOwnModule(url: string): boolean {
  return isModuleOf(LIBRARY, url);
}

/** The same of another copy of this library. @param library URL of its folder */
export function isModuleOf(library: string, url: string): boolean {
  return url.startsWith(library) && OURS.test(url.slice(library.length));
}
