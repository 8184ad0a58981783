/**
 * Texts that are cut to the room there is for them.
 *
 * @module
 */

/** Made when it is needed: that takes milliseconds. */
let graphemes: Intl.Segmenter | undefined;

/**
 * As much of a text as there is room for, cut between what a reader takes for characters.
 *
 * @param room in columns of a terminal
 * @param widthOf how many of these a text takes
 */
export function fitting(text: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= room) return text;
  let cut = "";
  for (const { segment } of (graphemes ??= new Intl.Segmenter()).segment(text)) {
    if (widthOf(cut + segment) > room) break;
    cut += segment;
  }
  return cut;
}
