/**
 * What a worker tells a broker that knows nothing of it, after its own was lost.
 *
 * @module
 */

import type { Message } from "../wire/messages.ts";
import type { Connection } from "./connection.ts";
import type { OwnWork } from "./own_work.ts";
import type { ReceivedTable } from "./received_table.ts";

/**
 * Tells of values first, since what follows may need them; then of outcomes, of what is here, and of
 * what was given away. What is asked for comes last: by then it is clear what it is for.
 *
 * @param untold what the old broker may not have had
 * @param more what is to be told of constants, and what is asked for
 */
export function sayAgain(
  connection: Connection,
  received: ReceivedTable,
  own: OwnWork,
  untold: readonly Message[],
  more: () => Iterable<Message> = () => [],
): void {
  const questions: Message[] = [];
  for (const message of more()) {
    if (message.type === "getConstant" || message.type === "askStats") questions.push(message);
    else connection.say(message);
  }
  for (const message of [...untold, ...received.again()]) connection.say(message);
  own.sayAgain();
  for (const message of questions) connection.say(message);
}
