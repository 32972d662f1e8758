/** Who a request comes from. */
export interface Caller {
  readonly client: string;
  readonly role: string;
  /** Names of the servers this client may use. */
  readonly servers: readonly string[];
  readonly keyId: string;
  /** Of the token that was sent, if it was one that can be refreshed. */
  readonly family?: string;
  /** True when the database is away and this is what it said a few seconds ago. */
  readonly stale?: boolean;
}

/** Whom the database is asked about: a key, or what a verified token says. */
export type Question =
  { readonly keyHash: string } | { readonly keyId: string; readonly family: string | undefined };

export interface Answer {
  readonly caller: Caller;
  /** The earliest end of key or tokens that the database knows; milliseconds since 1970. */
  readonly validUntil?: number;
}

/** Asks the database; undefined means that key, account or token are not valid. */
export type Ask = (question: Question) => Promise<Answer | undefined>;

/** Undefined as of `Ask`. @throws when the database is away and no earlier answer may be used */
export interface CallerLookup {
  find(question: Question): Promise<Caller | undefined>;
  /** Access has changed: asks anew from now on. */
  forget(): void;
}

/** An answer is trusted for this long, so that a revoked key is refused within a second. */
const answerMilliseconds = 1000;
/** Questions kept at most; a flood of wrong keys cannot fill the memory. */
const capacity = 2000;

interface Kept {
  readonly asked: number;
  readonly answer: Promise<Caller | undefined>;
  /** The last good answer, when it was asked for, and until when it holds. */
  good?: { readonly caller: Caller; readonly asked: number; readonly until: number };
}

/**
 * Keeps each answer, good or bad, for a second from when the question was asked, and asks once for keys that
 * arrive together. A failed question is not kept: it says nothing about the key.
 *
 * @param staleSeconds how old a good answer may be that is used when a question fails; 0: none
 */
export function cachedLookup(
  ask: Ask,
  staleSeconds: () => number = () => 0,
  now: () => number = Date.now,
): CallerLookup {
  const answers = new Map<string, Kept>();

  const question = async (asked: Question, kept: Kept): Promise<Caller | undefined> => {
    try {
      const answer = await ask(asked);
      const until = answer?.validUntil ?? Infinity;
      if (answer) kept.good = { caller: answer.caller, asked: kept.asked, until };
      else delete kept.good;
      return answer?.caller;
    } catch (error) {
      const { good } = kept;
      const usable = good && now() - good.asked <= staleSeconds() * 1000 && now() < good.until;
      if (usable) return { ...good.caller, stale: true };
      throw error;
    }
  };

  return {
    find(asked) {
      const key = "keyHash" in asked ? asked.keyHash : `${asked.keyId} ${asked.family ?? ""}`;
      const known = answers.get(key);
      if (known && now() - known.asked < answerMilliseconds && now() < (known.good?.until ?? Infinity)) {
        return known.answer;
      }
      answers.delete(key);
      if (answers.size >= capacity) answers.delete(answers.keys().next().value!);
      const kept = { asked: now(), ...(known?.good && { good: known.good }) } as Kept & {
        answer: Kept["answer"];
      };
      kept.answer = question(asked, kept);
      answers.set(key, kept);
      kept.answer.catch(() => {
        if (answers.get(key) === kept) answers.delete(key);
      });
      return kept.answer;
    },
    forget: () => answers.clear(),
  };
}
