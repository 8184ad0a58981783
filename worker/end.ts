/**
 * The natural end of a program, and what is told then.
 *
 * @module
 */

import { lastWords } from "../futures/dropped.ts";
import { globalState } from "../futures/global_state.ts";
import { atEnd } from "../wire/at_end.ts";

/** What has spawned tasks, and has to give them up when the program ends. */
export interface Spawner {
  /** True when there is a broker, which should know that the end was no accident. */
  readonly isInRun: boolean;
  /** What is to be told where there should be one and none has answered. */
  readonly unanswered: string | undefined;
  /** Takes back what it can, to hear what has begun, and leaves its run. */
  leave(): Promise<void>;
  /** Gives everything up at once, and says goodbye: this process ends now. */
  exit(): void;
}

const state = globalState("end", () => ({
  prepared: false,
  spawners: new Set<Spawner>(),
  /** Told on stderr at the end. */
  tells: false,
}));

/**
 * Has the end of this process give up what was spawned and is not awaited, and tell of it.
 */
export function tellAtEnd(spawner: Spawner): void {
  state.spawners.add(spawner);
  if (state.tells) return;
  state.tells = true;
  let said = false;
  addEventListener("beforeunload", (event) => {
    if (said) return;
    said = true;
    for (const one of state.spawners) {
      if (!one.isInRun) continue;
      tellUnanswered(one);
      // The event loop goes on for as long as it takes to send it.
      event.preventDefault();
      one.leave().catch(() => {});
    }
  });
  atEnd(() => {
    for (const one of state.spawners) {
      tellUnanswered(one);
      one.exit();
    }
    for (const line of lastWords()) console.error(`scoop: ${line}`);
  });
}

function tellUnanswered({ unanswered }: Spawner): void {
  if (unanswered !== undefined) console.error(`scoop: ${unanswered}`);
}

/** It has left its run before the program has ended, and given everything up. */
export function tellNoMore(spawner: Spawner): void {
  state.spawners.delete(spawner);
}

/**
 * Has this process end without taking the JavaScript engine down. With zeromq's addon in it that
 * crashes now and then: of programs that had submitted 25,000 tasks one by one, one in four ended
 * with exit code 139 after all was done (Deno 2.9.6), none of those that called `Deno.exit`.
 */
export function endWithoutTeardown(): void {
  // In a test that would end the tests, and is told to whoever runs them.
  if (state.prepared || isInTest()) return;
  state.prepared = true;
  addEventListener("beforeunload", () => {
    // Behind whatever the program itself wants to do at that point.
    addEventListener("unload", () => Deno.exit(Deno.exitCode), { once: true });
  });
}

/** Whether this process runs tests: in a program that is none, `Deno.test` does nothing. */
export function isInTest(): boolean {
  return Deno.test !== undefined && Deno.test.name !== "noopTest";
}
