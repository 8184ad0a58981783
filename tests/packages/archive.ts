/**
 * Reads the archive in which Deno sends a package to its registry: tar, compressed with gzip.
 *
 * @module
 */

/** A tar archive is made of these. */
const BLOCK = 512;

/**
 * The files in an archive, by their paths with a leading slash.
 *
 * @throws {Error} at an entry of a kind that no package has, a link for example
 */
export async function readArchive(
  compressed: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const stream = compressed.pipeThrough(new DecompressionStream("gzip"));
  const all = new Uint8Array(await new Response(stream).arrayBuffer());
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let at = 0; at + BLOCK <= all.length;) {
    const header = all.subarray(at, at + BLOCK);
    // Blocks of zeros are the end.
    if (header[0] === 0) break;
    const name = field(header, 0, 100);
    const size = parseInt(field(header, 124, 12), 8);
    const kind = field(header, 156, 1);
    if (kind !== "0" && kind !== "") throw new Error(`${name} is an entry of kind ${kind}`);
    at += BLOCK;
    files.set(`/${name.replace(/^(\.?\/)*/, "")}`, all.slice(at, at + size));
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A text in a header, which ends at its first zero. */
function field(header: Uint8Array, at: number, length: number): string {
  const bytes = header.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}
