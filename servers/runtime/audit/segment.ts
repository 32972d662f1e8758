import { crc32 } from "node:zlib";

/*
 * The form of a segment: records one after the other, each its length and CRC-32 (four bytes each, little endian)
 * and its text in UTF-8.
 */

const headBytes = 8;

export function encodeRecord(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const record = Buffer.allocUnsafe(headBytes + bytes);
  record.write(text, headBytes, "utf8");
  record.writeUInt32LE(bytes, 0);
  record.writeUInt32LE(crc32(record.subarray(headBytes)), 4);
  return record;
}

export interface DecodedRecords {
  readonly texts: readonly string[];
  /** Where the first record begins that is not among them. */
  readonly end: number;
  /** What is at `end`: nothing, a record cut short, as a killed process leaves it, or bytes that are no record. */
  readonly rest: "none" | "cut" | "damaged";
}

/** Reads `most` records at most from `start` on. */
export function decodeRecords(segment: Buffer, start: number, most: number): DecodedRecords {
  const texts: string[] = [];
  let at = start;
  const ended = (rest: DecodedRecords["rest"]): DecodedRecords => ({ texts, end: at, rest });
  while (at < segment.length && texts.length < most) {
    if (at + headBytes > segment.length) return ended("cut");
    const from = at + headBytes;
    const to = from + segment.readUInt32LE(at);
    if (to > segment.length) return ended("cut");
    const content = segment.subarray(from, to);
    if (content.length === 0 || crc32(content) !== segment.readUInt32LE(at + 4)) return ended("damaged");
    texts.push(content.toString("utf8"));
    at = to;
  }
  return ended("none");
}
