/**
 * Removes what workers that are gone have left in the memory that processes share. Results lie there
 * until they are read; a run whose workers are replaced by and by would fill it otherwise (288 MB
 * after six rounds with `--max-tasks 2`, of 8 MB that were in use).
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { LEFT_HEAD_BYTES, leftFile } from "../wire/shared_memory.ts";
import { setTimeout } from "../wire/timers.ts";

/** See the module's text. */
export class SharedSweep {
  readonly #gone = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param folder in which every process has files of its own */
  constructor(private readonly folder: string) {}

  /** A process has ended: what it has left is looked at, until nothing is left. */
  ended(pid: number): void {
    this.#gone.add(pid);
    this.#later();
  }

  #later(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sweep();
      if (this.#gone.size > 0) this.#later();
    }, LIMITS.sharedSweepMs);
    Deno.unrefTimer(this.#timer);
  }

  #sweep(): void {
    const left = new Set<number>();
    try {
      for (const { name } of Deno.readDirSync(this.folder)) {
        const file = leftFile(name);
        if (file === undefined || !this.#gone.has(file.pid)) continue;
        const path = `${this.folder}/${name}`;
        if (file.isOver(headOf(path))) Deno.removeSync(path);
        else left.add(file.pid);
      }
    } catch {
      // The run is over, or this process may not look there.
    }
    for (const pid of this.#gone) if (!left.has(pid)) this.#gone.delete(pid);
  }
}

function headOf(path: string): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(LEFT_HEAD_BYTES);
  using file = Deno.openSync(path);
  file.readSync(head);
  return head;
}
