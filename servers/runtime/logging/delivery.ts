/** A way to a destination, open. It lives in a sink's worker. */
export interface Delivery {
  /**
   * Resolves with the number of lines that the destination refused for good, when the others are on their way.
   * @throws when the destination does not take them now; some may have arrived
   */
  send(lines: readonly string[]): Promise<number>;
  close(): void;
}

/** A destination that does not take anything for so long is given up and reached anew. */
export const stalledMilliseconds = 10_000;

export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error("too slow"), { code: "ETIMEDOUT" })),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
