/**
 * Who may see the dashboard: whoever can reach loopback, where that is all that it listens on;
 * elsewhere those who have the token of the address that was printed.
 *
 * @module
 */

/** What is to become of a request. */
export type Admission =
  | { readonly kind: "admitted" }
  /** It had the token in its address: a cookie remembers that. */
  | { readonly kind: "greeted"; readonly cookie: string }
  | { readonly kind: "refused"; readonly why: string };

/** What matters of a request. */
export interface Visit {
  /** Its header of that name. */
  readonly host: string;
  readonly cookies: string;
  /** The token in its address. */
  readonly token: string | null;
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** A token that nobody can guess. */
export function makeToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * Decides.
 *
 * @param token undefined when none is wanted
 * @param port a browser sends its cookies to all ports of a host
 */
export function admit(visit: Visit, token: string | undefined, port: number): Admission {
  if (token === undefined) {
    // A page from elsewhere can have its own name lead to this machine.
    const name = visit.host.replace(/:\d+$/, "");
    if (isLoopback(name)) return { kind: "admitted" };
    const why =
      `this page is for this machine alone, as http://127.0.0.1:${port}/; you asked for ` +
      `it as ${JSON.stringify(name)}`;
    return { kind: "refused", why };
  }
  const name = `scoop-${port}`;
  if (visit.token !== null && isSame(visit.token, token)) {
    return {
      kind: "greeted",
      cookie: `${name}=${token}; Path=/; HttpOnly; SameSite=Strict`,
    };
  }
  const cookies = visit.cookies.split(/; */).map((each) => each.split("="));
  if (cookies.some(([key, value]) => key === name && isSame(value ?? "", token))) {
    return { kind: "admitted" };
  }
  const why = visit.token === null
    ? "the address lacks its token: open the whole address that the run printed, ?token=… included"
    : "this token is not that of this run: open the address that the run printed";
  return { kind: "refused", why };
}

/** Compares in a time that does not tell how much of it is right. */
function isSame(given: string, right: string): boolean {
  let different = given.length ^ right.length;
  for (let i = 0; i < right.length; i++) different |= given.charCodeAt(i) ^ right.charCodeAt(i);
  return different === 0;
}
