/**
 * A vector in pgvector's binary form, which the client sends and PostgreSQL reads in half the time of its text: the
 * number of dimensions, two bytes that are not used, and the numbers, big-endian, in single precision.
 */
export function vectorBytes(vector: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * vector.length);
  bytes.writeUInt16BE(vector.length);
  vector.forEach((each, at) => bytes.writeFloatBE(each, 4 + 4 * at));
  return bytes;
}

/** A vector as text, for arrays of them: the client sends the elements of an array as text only. */
export function vectorText(vector: readonly number[]): string {
  return `[${vector.join(",")}]`;
}
