// @ts-check
/// <reference lib="dom" />
/**
 * The way to the server: it tells what it hears, and whether it hears anything.
 *
 * @module
 */

/** @import { PageMessage } from "../protocol.ts" */
/** @typedef {"connecting" | "open" | "lost" | "refused" | "closed"} Link */

/**
 * Listens until the run is over. The browser tries again by itself, once a second, when the
 * connection breaks; and then hears everything anew.
 *
 * @param {(message: PageMessage) => void} receive
 * @param {(link: Link) => void} changed
 */
export function connect(receive, changed) {
  const source = new EventSource("feed");
  changed("connecting");
  source.onmessage = ({ data }) => {
    /** @type {PageMessage} */
    const message = JSON.parse(data);
    receive(message);
    if (message.head.state.kind !== "ended") return changed("open");
    // There is nothing more to come, and soon nobody there.
    source.close();
    changed("closed");
  };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return changed("lost");
    // An answer that is none: too many pages, or a token that is not right any more.
    changed("refused");
    setTimeout(() => connect(receive, changed), 3_000);
  };
}
