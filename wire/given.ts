/**
 * Arrays whose owner gives them away: their memory leaves with the call, as what `postMessage`
 * transfers, and is not copied. The owner's arrays are empty from then on, however the memory
 * travels.
 *
 * @module
 */

/** Memory that is written meanwhile and given away; undefined while all is copied. */
let given: Set<ArrayBuffer> | undefined;

/** Notes that memory is written. Returns whether its owner gives it away. */
export function noteGiven(buffer: ArrayBuffer): boolean {
  given?.add(buffer);
  return given !== undefined;
}

/**
 * Has large binary data given away that `writes` writes: its frames are views of the memory itself.
 * What the engine does not let go, such as the memory of WebAssembly, is copied after all. When
 * `writes` throws, nothing has been given.
 */
export function giving<E extends { frames: Uint8Array[] }>(writes: () => E): E {
  const outer = given;
  const ours = given = new Set<ArrayBuffer>();
  let written: E;
  try {
    written = writes();
  } finally {
    given = outer;
  }
  // A view forgets where it was when its memory has gone.
  const places = written.frames.map(({ buffer, byteOffset, byteLength }) => ({
    buffer,
    byteOffset,
    byteLength,
  }));
  const moved = new Map<ArrayBufferLike, ArrayBuffer>();
  for (const buffer of ours) moved.set(buffer, take(buffer));
  written.frames = places.map(({ buffer, byteOffset, byteLength }, i) => {
    const now = moved.get(buffer);
    return now === undefined ? written.frames[i]! : new Uint8Array(now, byteOffset, byteLength);
  });
  return written;
}

function take(buffer: ArrayBuffer): ArrayBuffer {
  try {
    return buffer.transfer();
  } catch {
    return buffer.slice();
  }
}
