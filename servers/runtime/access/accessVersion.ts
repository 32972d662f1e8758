import type { AccessDatabase } from "./accessDatabase.ts";

/** With answers that are kept for a second at most, a change is in force within two. */
const pollMilliseconds = 1000;

/**
 * Asks each second whether keys or accounts have changed, and calls `changed` when they have. While the database is
 * away nothing is known and nothing is called.
 *
 * @returns ends the questions
 */
export function watchAccess(database: Pick<AccessDatabase, "version">, changed: () => void): () => void {
  let seen: string | undefined;
  let timer: NodeJS.Timeout;
  let ended = false;
  const look = async (): Promise<void> => {
    try {
      const version = await database.version();
      if (seen !== undefined && version !== seen) changed();
      seen = version;
    } catch {
      // Requests that need the database say so themselves.
    }
    if (!ended) timer = setTimeout(() => void look(), pollMilliseconds).unref();
  };
  timer = setTimeout(() => void look(), 0).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
