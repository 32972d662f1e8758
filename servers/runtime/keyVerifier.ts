/** Who a request comes from. */
export interface Caller {
  readonly client: string;
  readonly role: string;
  /** Names of the servers this client may use. */
  readonly servers: readonly string[];
  readonly keyId: string;
  /** True when the database is away and this is what it said a few seconds ago. */
  readonly stale?: boolean;
}

/** Asks the database for the client of a key; undefined means that the key is not valid. */
export type KeyLookup = (hash: string) => Promise<Caller | undefined>;

/** An answer is trusted for this long, so that a revoked key is refused within a second. */
const answerMilliseconds = 1000;
/** Hashes kept at most; a flood of wrong keys cannot fill the memory. */
const capacity = 2000;

/**
 * Keeps each answer, good or bad, for a second from when the question was asked, and asks once for keys that
 * arrive together. A failed question is not kept: it says nothing about the key.
 */
export function cachedLookup(lookup: KeyLookup, now: () => number = () => performance.now()): KeyLookup {
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<Caller | undefined> }>();
  return (hash) => {
    const known = answers.get(hash);
    if (known && known.until > now()) return known.answer;
    answers.delete(hash);
    if (answers.size >= capacity) answers.delete(answers.keys().next().value!);
    const answer = lookup(hash);
    const entry = { until: now() + answerMilliseconds, answer };
    answers.set(hash, entry);
    answer.catch(() => {
      if (answers.get(hash) === entry) answers.delete(hash);
    });
    return answer;
  };
}
