import type { ServiceDatabase } from "#servers/runtime/serviceDatabase.ts";

const keptMilliseconds = 2000;

/** Whether the database answers: asked at most every two seconds, however many want to know. */
export class DatabaseProbe {
  readonly #database: Pick<ServiceDatabase, "record">;
  readonly #now: () => number;
  #asked: { readonly at: number; readonly answer: Promise<string | undefined> } | undefined;
  #last: string | undefined;

  constructor(database: Pick<ServiceDatabase, "record">, now: () => number = () => performance.now()) {
    this.#database = database;
    this.#now = now;
  }

  /** What is wrong; undefined if it answers. */
  problem(): Promise<string | undefined> {
    if (this.#asked && this.#now() - this.#asked.at < keptMilliseconds) return this.#asked.answer;
    const answer = this.#database.record({ text: "SELECT 1" }).then(
      () => undefined,
      (error: unknown) => {
        const code = (error as { code?: unknown }).code;
        return `does not answer${typeof code === "string" ? ` (${code})` : ""}`;
      },
    );
    this.#asked = { at: this.#now(), answer };
    return answer.then((problem) => (this.#last = problem));
  }

  /** As it was found last. */
  get last(): string | undefined {
    return this.#last;
  }
}
